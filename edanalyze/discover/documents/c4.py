"""Arrows of C4 diagrams, which Mermaid and PlantUML write alike: `Container(a, "A")`, `Rel(a, b, "uses")`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from edanalyze.discover.documents.labels import label
from edanalyze.discover.documents.records import Arrow

_NODE = re.compile(
    r"\s*(?:Person|System|Container|Component|Deployment_Node|Node)\w*\s*\(\s*([\w.]+)\s*,\s*\"([^\"]*)\""
)
_ARROW = re.compile(r"\s*(Bi)?Rel(?:_\w+)?\s*\(\s*([\w.]+)\s*,\s*([\w.]+)\s*(?:,\s*\"([^\"]*)\")?")


def arrows(lines: Sequence[str], first: int) -> Iterator[Arrow]:
    """The arrows of a diagram whose first line has the number `first`."""
    names = {found[1]: label(found[2]) for line in lines if (found := _NODE.match(line))}
    for number, line in enumerate(lines, first):
        found = _ARROW.match(line)
        if found:
            source, target = names.get(found[2], found[2]), names.get(found[3], found[3])
            yield Arrow(source, target, label(found[4] or ""), number)
            if found[1]:
                yield Arrow(target, source, label(found[4] or ""), number)
