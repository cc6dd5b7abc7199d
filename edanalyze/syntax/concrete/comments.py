"""Comments that speak to the tool: `# noqa` and `# edanalyze: ...`."""

from __future__ import annotations

import re
from bisect import bisect_right

from edanalyze.facts.module import Comment
from edanalyze.syntax.spoken import SPEAKS

_LINE_END = re.compile(r"[\r\n]|\Z")


def comments(text: str, strings: list[tuple[int, int]], starts: list[int]) -> tuple[Comment, ...]:
    """The comments of `text` that speak to the tool.

    `strings` are the spans of string text in order, `starts` the offsets at which lines start.
    """
    found: list[Comment] = []
    position = 0
    openings = [start for start, _ in strings]
    while True:
        spoken = SPEAKS.search(text, position)
        if spoken is None:
            return tuple(found)
        line = bisect_right(starts, spoken.start())
        end_match = _LINE_END.search(text, spoken.end())
        end = len(text) if end_match is None else end_match.start()
        mark = _mark(text, starts[line - 1], spoken.start(), openings, strings)
        if mark is not None:
            found.append(Comment(line, text[mark + 1 : end].strip()))
        position = end


def _mark(text: str, start: int, stop: int, openings: list[int], strings: list[tuple[int, int]]) -> int | None:
    """The offset of the first `#` between `start` and `stop` that stands outside strings."""
    mark = text.find("#", start, stop)
    while mark >= 0:
        index = bisect_right(openings, mark) - 1
        if index < 0 or mark >= strings[index][1]:
            return mark
        mark = text.find("#", max(mark + 1, strings[index][1]), stop)
    return None
