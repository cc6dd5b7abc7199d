"""What rules find in a project, whatever the analysis fails on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from edanalyze.check import crash
from edanalyze.check.crash import Crash
from edanalyze.check.diagnostic import Confidence
from edanalyze.check.found import Found, seen
from edanalyze.discover.service import Services
from edanalyze.enduring import enduring
from edanalyze.facts.names import dotted, module_id
from edanalyze.models import ModelError
from edanalyze.processes import deep

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.project import Project

_WORTH_TWO = 5_000
"""Lines of a project from which on a second process is worth its start."""


def find(project: Project, codes: frozenset[str]) -> Found:
    """Analyse a project by the rules with some codes, without what the analysis fails on; raises nothing for that."""
    found = _found(project, codes)
    if any(crash.suspects for crash in found.failed):  # what else was found may rest on half an analysis
        sound = _found(project, codes - {crash.code for crash in found.failed})
        found = msgspec.structs.replace(sound, failed=(*sound.failed, *found.failed))
    found = _less_sure(project, found)
    causes = (*project.left_out.values(), *found.failed)
    return msgspec.structs.replace(found, tracebacks=tuple(dict.fromkeys(crash.details for crash in causes)))


def _found(project: Project, codes: frozenset[str]) -> Found:
    from edanalyze.check import registry
    from edanalyze.check.analysis import Analysis
    from edanalyze.check.rule import CommentRule
    from edanalyze.check.runner import run

    rules = [rule for rule in registry.rules() if rule.code in codes]
    processes = project.processes if project.lines > _WORTH_TWO else 1

    def work(system: System) -> Found:
        return run(Analysis(system, project.config, project.contracts, project.today), rules, processes)

    try:
        return enduring(project, work, lambda found: found.failed, forks=True)
    except ModelError:
        raise
    except Exception as error:
        asked = [rule for rule in rules if not isinstance(rule, CommentRule)]
        return _nothing(project, [crash.of(rule.code, error) for rule in asked])


def _less_sure(project: Project, found: Found) -> Found:
    """The same with nothing certain in functions that lead to one left out: it may be what prevents a mistake."""
    from edanalyze.analyse.systemgraph import callgraph

    unsure = {dotted(culprit) for culprit in project.left_out if not culprit.endswith(":")}
    if not unsure:
        return found
    calls: dict[str, list[str]] = {}
    with suppress(Exception):  # fails as the rules do that ask who is called
        calls = deep(lambda: callgraph(project.system))
    callers: dict[str, list[str]] = {}
    for caller, callees in calls.items():
        for callee in callees:
            callers.setdefault(callee, []).append(caller)
    waiting = list(unsure)
    while waiting:
        further = [each for each in callers.get(waiting.pop(), ()) if each not in unsure]
        unsure.update(further)
        waiting += further
    lowered = [
        msgspec.structs.replace(each, confidence=Confidence.LIKELY)
        if each.function in unsure and each.confidence is Confidence.CERTAIN
        else each
        for each in found.diagnostics
    ]
    return msgspec.structs.replace(found, diagnostics=tuple(lowered))


def _nothing(project: Project, failed: Sequence[Crash]) -> Found:
    """What is left when there is no analysis at all."""
    try:
        services = project.services
    except Exception:  # what is wrong with them is among what failed
        services = Services(())
    modules = {module_id(facts.path): facts for facts in project.parse()}
    return Found((), tuple(failed), seen(modules, services.name_of), lines=project.lines)
