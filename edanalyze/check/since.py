"""Findings that a change is about: those whose place, or whose path through the code, it has touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edanalyze.check.diagnostic import Diagnostic
from edanalyze.discover.git import Change

_UNCHANGED = Change()

Spans = Sequence[tuple[int, int]]


class Touched:
    """Which places of a program a change has touched.

    A change in one file may cause a finding in another, so every step of a finding's path counts. Where lines were
    taken away, there is no line left to point at: then the whole function around them counts as touched.
    """

    def __init__(self, changes: Mapping[str, Change], functions: Mapping[str, Spans]) -> None:
        """`functions` are the first and last lines of the functions in each file."""
        self._changes = changes
        self._lines = {path: _lines(change, functions.get(path, ())) for path, change in changes.items()}

    def concerns(self, diagnostic: Diagnostic) -> bool:
        """Whether the finding, or a step that leads to it or on from it, lies in what was changed."""
        places = [(diagnostic.path, diagnostic.line), *((step.path, step.line) for step in diagnostic.trace)]
        return any(
            self._changes.get(path, _UNCHANGED).whole or line in self._lines.get(path, ()) for path, line in places
        )


def _lines(change: Change, spans: Spans) -> frozenset[int]:
    around: set[int] = set()
    for line in change.beside:
        inside = [span for span in spans if span[0] <= line <= span[1]]
        if inside:
            first, last = max(inside)
            around.update(range(first, last + 1))
    return change.lines | change.beside | around
