"""Tells when two states of a file differ in nothing but where things stand, and what moved where.

An analysis of facts compares places, it never measures them. Facts that are equal but for places, in the same order,
thus have results that are equal but for places: after an edit of comments or blank lines nothing need be analysed.
"""

from __future__ import annotations

import re

import msgspec

from edanalyze.facts.ir import Place
from edanalyze.facts.module import ModuleFacts

_LINES = frozenset({"line", "end_line"})
_SILENT = frozenset({"docstring", "lines"})
"""Fields that no analysis reads."""

Position = tuple[int, int]


class Ambiguous(Exception):
    """A position that cannot be said to have moved to one place."""


class Shift:
    """Where the positions of one file have gone, and by how many lines it has grown. `facts` are the new ones."""

    def __init__(
        self,
        facts: ModuleFacts,
        growth: int,
        starts: dict[Position, Position],
        ends: dict[Position, Position],
        lines: dict[int, int],
    ) -> None:
        self.facts = facts
        self.growth = growth
        self._starts = starts
        self._ends = ends
        self._lines = lines
        self._mention = re.compile(rf"(?<![\w./\\-]){re.escape(facts.path)}:(\d+)")

    def start(self, line: int, column: int) -> Position:
        """The new place of what started at a position. Raises Ambiguous."""
        return self._moved(self._starts, line, column)

    def end(self, line: int, column: int) -> Position:
        """The new place of what ended at a position. Raises Ambiguous."""
        return self._moved(self._ends, line, column)

    def text(self, text: str) -> str:
        """A text in which `path:line` stands for the new line. Raises Ambiguous."""
        return self._mention.sub(lambda found: found[0][: -len(found[1])] + str(self._line(int(found[1]))), text)

    def _moved(self, known: dict[Position, Position], line: int, column: int) -> Position:
        if column != 1:
            if (line, column) not in known:
                raise Ambiguous
            return known[line, column]
        # Column 1 may stand for the whole line, and line 1 for the whole file.
        moved = known.get((line, 1), (self._line(line), 1))
        if moved[1] != 1 or (line == 1 and moved != (1, 1)):
            raise Ambiguous
        return moved

    def _line(self, line: int) -> int:
        if line == 1:
            return 1 if self._lines.get(1, 1) == 1 else self._unknown()
        return self._lines[line] if line in self._lines else self._unknown()

    @staticmethod
    def _unknown() -> int:
        raise Ambiguous


def shift(old: ModuleFacts, new: ModuleFacts) -> Shift | None:
    """What moved where, None when the facts differ in anything else or in the order of places."""
    starts: dict[Position, Position] = {}
    ends: dict[Position, Position] = {}
    lines: dict[int, int] = {}
    pending: list[tuple[object, object]] = [(old, new)]
    while pending:
        before, after = pending.pop()
        if type(before) is not type(after):
            return None
        if isinstance(before, Place) and isinstance(after, Place):
            if not _same(starts, (before.line, before.column), (after.line, after.column)):
                return None
            if not _same(ends, (before.end_line, before.end_column), (after.end_line, after.end_column)):
                return None
        elif isinstance(before, msgspec.Struct):
            for name in before.__struct_fields__:
                one, other = getattr(before, name), getattr(after, name)
                if name in _LINES and isinstance(one, int) and isinstance(other, int):
                    if lines.setdefault(one, other) != other:
                        return None
                elif name not in _SILENT:
                    pending.append((one, other))
        elif isinstance(before, tuple) and isinstance(after, tuple):
            if len(before) != len(after):
                return None
            pending.extend(zip(before, after, strict=True))
        elif isinstance(before, dict) and isinstance(after, dict):
            if list(before) != list(after):
                return None
            pending.extend(zip(before.values(), after.values(), strict=True))
        elif before != after:
            return None
    return _ordered(new, new.lines - old.lines, starts, ends, lines)


def _same(known: dict[Position, Position], old: Position, new: Position) -> bool:
    return known.setdefault(old, new) == new


def _ordered(
    facts: ModuleFacts,
    growth: int,
    starts: dict[Position, Position],
    ends: dict[Position, Position],
    lines: dict[int, int],
) -> Shift | None:
    """The shift, if it leaves the order of lines, and of places in a line, as it was."""
    for old, new in (*starts.items(), *ends.items()):
        if lines.setdefault(old[0], new[0]) != new[0]:
            return None
    moved = [lines[line] for line in sorted(lines)]
    rows = [[known[old] for old in sorted(known)] for known in (starts, ends)]
    if moved != sorted(set(moved)) or any(row != sorted(set(row)) for row in rows):
        return None
    return Shift(facts, growth, starts, ends, lines)
