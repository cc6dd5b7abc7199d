"""What rules found in a project: by an analysis, or carried over from a result before an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from edanalyze.cache.shift import Ambiguous, Shift
from edanalyze.check import crash
from edanalyze.check.crash import Crash
from edanalyze.check.diagnostic import Confidence, Diagnostic, TraceStep
from edanalyze.check.found import Found, SeenModule, seen
from edanalyze.discover.service import Services
from edanalyze.enduring import enduring
from edanalyze.link.program import dotted, module_id
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


def carry(before: Found, shifts: Mapping[str, Shift]) -> Found | None:
    """What was found, after edits that moved places in some files and changed nothing else.

    `shifts` are by path. None where it is not sure what has become of a finding.
    """
    if before.failed:
        return None
    try:
        moved = tuple(_moved(item, shifts) for item in before.diagnostics)
        unresolved = [_text(line, shifts) for line in before.unresolved]
    except Ambiguous:
        return None
    if [item.sort_key for item in moved] != sorted(item.sort_key for item in moved):
        return None
    return msgspec.structs.replace(
        before,
        diagnostics=moved,
        modules=tuple(_module(module, shifts) for module in before.modules),
        unresolved=(*unresolved[:1], *sorted(unresolved[1:])),
        lines=before.lines + sum(own.growth for own in shifts.values()),
    )


def _module(module: SeenModule, shifts: Mapping[str, Shift]) -> SeenModule:
    own = shifts.get(module.path)
    return SeenModule.of(module.name, own.facts, module.service) if own is not None else module


def _moved(item: Diagnostic, shifts: Mapping[str, Shift]) -> Diagnostic:
    """A diagnostic in its new place. Raises Ambiguous, also where its fingerprint would be another one."""
    trace = tuple(_step(step, shifts) for step in item.trace)
    if trace and trace[-1].message != item.trace[-1].message:
        raise Ambiguous
    own = shifts.get(item.path)
    line, column, end_line, end_column = item.line, item.column, item.end_line, item.end_column
    if own is not None:
        line, column = own.start(line, column)
        end_line, end_column = own.end(end_line, end_column)
    message = _text(item.message, shifts)
    return msgspec.structs.replace(
        item, line=line, column=column, end_line=end_line, end_column=end_column, message=message, trace=trace
    )


def _step(step: TraceStep, shifts: Mapping[str, Shift]) -> TraceStep:
    own = shifts.get(step.path)
    line, column = own.start(step.line, step.column) if own is not None else (step.line, step.column)
    return TraceStep(step.path, line, column, _text(step.message, shifts))


def _text(text: str, shifts: Mapping[str, Shift]) -> str:
    for own in shifts.values():
        text = own.text(text)
    return text
