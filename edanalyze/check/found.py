"""What rules found in a project, whatever part of it is asked for, and what choosing among that needs to know.

These records outlive the run: from them a later one reports, without analysing anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from edanalyze.check.crash import Crash
from edanalyze.check.diagnostic import Diagnostic
from edanalyze.facts.module import Comment, ModuleFacts

if TYPE_CHECKING:
    from edanalyze.check.analysis import Analysis


class SeenModule(msgspec.Struct, frozen=True, array_like=True):
    """A module as far as the choice of findings goes: `functions` are the first and last lines of its functions."""

    name: str
    path: str
    service: str
    comments: tuple[Comment, ...]
    functions: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, name: str, facts: ModuleFacts, service: str) -> SeenModule:
        """What there is to know of a module."""
        spans = tuple((each.place.line, each.end_line) for each in facts.functions.values())
        return cls(name, facts.path, service, facts.comments, spans)


class Found(msgspec.Struct, frozen=True):
    """The findings of some rules, sorted, the rules that failed, and the modules they were looked for in.

    `unmatched` and `unresolved` are notes: models of the user's own that fit nothing, and calls that lead nowhere known
    (the first line counts them). `lines` are those of all modules, `tracebacks` the ends of those of all failures.
    """

    diagnostics: tuple[Diagnostic, ...]
    failed: tuple[Crash, ...]
    modules: tuple[SeenModule, ...]
    unmatched: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    lines: int = 0
    tracebacks: tuple[str, ...] = ()


def seen(modules: Mapping[str, ModuleFacts], service_of: Callable[[str], str]) -> tuple[SeenModule, ...]:
    """What there is to know of modules, by name; `service_of` gives the service that a path belongs to, or ""."""
    return tuple(SeenModule.of(name, facts, service_of(facts.path)) for name, facts in sorted(modules.items()))


def modules_of(analysis: Analysis) -> tuple[SeenModule, ...]:
    """The modules of an analysed system, by name."""
    return seen(analysis.system.program.modules, analysis.system.service_of)
