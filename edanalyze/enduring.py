"""Going on after a mistake of edanalyze: what the analysis fails on is left out, and the work is begun anew without it.

A failure in the middle leaves half an analysis behind, which nothing may build upon. So each attempt has a system of
its own. What a failure is blamed on is a guess from its traceback (`edanalyze.check.culprits`), and an omission is kept
only when the analysis does not fail in the same way in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Generic, TypeVar

from edanalyze.check import crash
from edanalyze.check.crash import Crash
from edanalyze.check.culprits import facts_of
from edanalyze.facts.module import Unanalysed
from edanalyze.facts.names import dotted
from edanalyze.models import ModelError
from edanalyze.processes import deep

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.project import Project

T = TypeVar("T")
_ATTEMPTS = 8
"""How often suspects are looked for, at most."""


def enduring(
    project: Project,
    work: Callable[[System], T],
    failures: Callable[[T], Sequence[Crash]] = lambda _: (),
    *,
    forks: bool = False,
) -> T:
    """Do `work` with the system of a project, if need be without the functions or files that it fails on.

    `failures` are those that the work itself has caught and tells in its result. Work that `forks` does so from here,
    without another thread about, and sees to its own stack. What is left out for good is noted in
    `project.not_analysed`. Raises what the work raises in the end, and mistakes of the user at once.
    """
    left_out = dict(project.left_out)
    refuted: set[str] = set()
    for attempt in count():
        project.leave_out(left_out)
        done = _attempt(project, work, failures, forks)
        further = _suspected(project, done.failed, {*refuted, *left_out}) if attempt < _ATTEMPTS else {}
        useless = {each for each, cause in left_out.items() if _fails_alike(cause, done.failed, not further)}
        if not further and not useless:
            break
        refuted |= useless
        left_out = {each: cause for each, cause in left_out.items() if each not in useless} | further
    project.note_unanalysed(_told(project))
    if done.raised is not None:
        raise done.raised
    return done.results[0]


@dataclass(frozen=True)
class _Done(Generic[T]):
    """What came of an attempt: the one result, or what was raised, and all that failed."""

    results: tuple[T, ...]
    raised: Exception | None
    failed: Sequence[Crash]


def _attempt(
    project: Project, work: Callable[[System], T], failures: Callable[[T], Sequence[Crash]], forks: bool
) -> _Done[T]:
    try:
        system = deep(lambda: project.system)
        result = work(system) if forks else deep(lambda: work(system))
    except (ModelError, MemoryError):
        raise
    except Exception as error:
        return _Done((), error, (crash.of("", error),))
    return _Done((result,), None, failures(result))


def _fails_alike(cause: Crash, failed: Sequence[Crash], last: bool) -> bool:
    """Whether a failure remains without what it was blamed on; at the `last` attempt, be it about other code."""
    alike = [each for each in failed if each.reason == cause.reason]
    return any(last or not each.suspects or each.suspects[0] in cause.suspects for each in alike)


def _suspected(project: Project, failed: Sequence[Crash], judged: set[str]) -> dict[str, Crash]:
    """The likeliest suspect of each failure among those that are not judged yet."""
    found: dict[str, Crash] = {}
    for each in failed:
        suspects = (suspect for suspect in each.suspects if suspect not in judged and project.holds(suspect))
        found.update(dict.fromkeys(islice(suspects, 1), each))
    return found


def _told(project: Project) -> Iterator[Unanalysed]:
    """What the analysis does without, and why."""
    for culprit, cause in project.left_out.items():
        module, function = facts_of(culprit, project.parse()) or (None, None)
        if module is not None and function is not None:
            reason = f"`{function.qualname}` was left out of the analysis: {cause.reason}"
            yield Unanalysed(module.path, reason, True, dotted(culprit), function.place.line)
        elif module is not None:
            yield Unanalysed(module.path, f"internal error: {cause.reason}", crash=True)
