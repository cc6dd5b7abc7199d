"""What rules found in a project: by an analysis, or carried over from a result before an edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from edanalyze.cache.shift import Ambiguous, Shift
from edanalyze.check.diagnostic import Diagnostic, TraceStep
from edanalyze.check.found import Found, SeenModule
from edanalyze.processes import deep

if TYPE_CHECKING:
    from edanalyze.project import Project

_WORTH_TWO = 5_000
"""Lines of a project from which on a second process is worth its start."""


def find(project: Project, codes: frozenset[str]) -> Found:
    """Analyse a project by the rules with some codes."""
    from edanalyze.check import registry
    from edanalyze.check.analysis import Analysis
    from edanalyze.check.runner import run

    analysis = Analysis(deep(lambda: project.system), project.config, project.contracts)
    rules = [rule for rule in registry.rules() if rule.code in codes]
    return run(analysis, rules, project.processes if project.lines > _WORTH_TWO else 1)


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
