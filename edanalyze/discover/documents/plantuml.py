"""Arrows of PlantUML diagrams: components, sequences and C4. Best effort: what is not understood is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from edanalyze.discover.documents import c4
from edanalyze.discover.documents.labels import label
from edanalyze.discover.documents.records import Arrow

_END = r"(\[[^\]]+\]|\"[^\"]+\"|\([^)]+\)|:[^:]+:|\w+(?:\.\w+)*)"
_LINK = r"(<{0,2})[-.=~]+(?:\[[^\]]*\])?(?:left|right|up|down|[lrud])?[-.=~]*([>|\\/ox]{0,2})"
_ARROW = re.compile(rf"^\s*{_END}\s*{_LINK}\s*{_END}\s*(?::\s*(.*))?$")
_DECLARED = re.compile(
    r"^\s*(?:component|participant|actor|queue|database|node|rectangle|interface|cloud|storage|boundary|control|entity"
    r"|collections|agent|artifact|package|frame|card|stack|hexagon)\s+(\"[^\"]+\"|\[[^\]]+\]|[\w.]+)(?:\s+as\s+([\w.]+))?",
    re.IGNORECASE,
)
_LONGEST = 2000


def arrows(lines: Sequence[str], first: int) -> Iterator[Arrow]:
    """The arrows of a diagram whose first line has the number `first`."""
    yield from c4.arrows(lines, first)
    names: dict[str, str] = {}
    for line in lines:
        declared = _DECLARED.match(line[:_LONGEST])
        if declared and declared[2]:
            names[declared[2]] = _plain(declared[1])
    for number, line in enumerate(lines, first):
        found = _ARROW.match(line[:_LONGEST])
        if found and (found[2] or found[3] or "-" in line):
            source, target = (names.get(end, end) for end in (_plain(found[1]), _plain(found[4])))
            reply = "--" in line and ".." not in line and _is_sequence(lines)
            text = label(found[5] or "")
            if found[2] and not found[3]:
                source, target = target, source
            yield Arrow(source, target, text, number, reply)


def _is_sequence(lines: Sequence[str]) -> bool:
    return any(line.strip().startswith(("participant", "actor")) for line in lines)


def _plain(text: str) -> str:
    return label(text.strip("[]():"))
