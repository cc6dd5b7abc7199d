"""What was found before an edit, carried over to after it: the edit has moved places, and changed nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edanalyze.cache.shift import Ambiguous, Shift
from edanalyze.check.diagnostic import Diagnostic, TraceStep
from edanalyze.check.found import Found, SeenModule
from edanalyze.project import Project
from edanalyze.remembered import Remembered

_OWN_CHECKS = "edanalyze_checks"
_MOST_EDITS = 50


def carried(project: Project, about: bytes) -> Found | None:
    """What was found latest with its places moved, where edits since then have changed nothing else.

    `about` says which rules looked for it.
    """
    if project.memory is None or set(project.catalogue.packages) != {_OWN_CHECKS}:
        return None  # rules of others may look at what is taken for nothing here
    nearest = project.memory.nearest("found", about)
    if nearest is None or len(nearest.changed) > _MOST_EDITS or nearest.note != project.deployment_digest:
        return None
    shifts = project.shifts(nearest.changed)
    if shifts is None:
        return None
    found = msgspec.msgpack.decode(nearest.result, type=Remembered)
    if any(each.crash for each in found.not_analysed):
        return None
    moved = carry(msgspec.msgpack.decode(found.result, type=Found), shifts)
    if moved is not None:
        project.not_analysed[:] = found.not_analysed
    return moved


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
