"""Templates of routes: their paths as patterns, and a tree of many, so that no path is compared with each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from edanalyze.analyse.binding.address import Segment

V = TypeVar("V")


class Pattern(NamedTuple):
    """A route's path: segments (None for a placeholder, text otherwise) and whether it takes the rest of the path."""

    segments: tuple[str | None, ...]
    rest: bool
    slash: bool


def pattern(path: str) -> Pattern:
    """A route's path as a pattern."""
    texts = [text for text in path.split("/") if text]
    rest = bool(texts) and re.fullmatch(r"\{\w*:path\}", texts[-1]) is not None
    if rest:
        texts.pop()
    segments = tuple(None if text.startswith("{") and text.endswith("}") else text for text in texts)
    return Pattern(segments, rest, path.endswith("/"))


class Tree(Generic[V]):
    """Values by the pattern of a route."""

    def __init__(self) -> None:
        self._root: _Node[V] = _Node()

    def add(self, template: Pattern, value: V) -> None:
        """Put a value under a pattern."""
        node = self._root
        for text in template.segments:
            if text is not None and "{" in text:
                node.mixed.add(text)
            node = node.following.setdefault(text, _Node())
        (node.rest if template.rest else node.ending).append(value)

    def fitting(self, segments: Sequence[Segment]) -> list[V]:
        """The values of all patterns that a path may fit; some of them may not, after all."""
        return self._find(segments, written=False)

    def written(self, segments: Sequence[Segment]) -> list[V]:
        """The values of the patterns whose written segments are all written in a path too."""
        return self._find(segments, written=True)

    def _find(self, segments: Sequence[Segment], written: bool) -> list[V]:
        found: list[V] = []
        nodes = [self._root]
        for segment in segments:
            following: list[_Node[V]] = []
            text = segment[0] if len(segment) == 1 and isinstance(segment[0], str) else None
            for node in nodes:
                found += node.rest
                if text is None and not written:
                    following += node.following.values()
                    continue
                following += [node.following[key] for key in {text, None} if key in node.following]
                if not written:
                    following += [node.following[key] for key in node.mixed if key != text]
            nodes = following
        for node in nodes:
            found += node.ending
            found += node.rest
        return found


class _Node(Generic[V]):
    """A segment: what may follow (None for a placeholder, `mixed` those with a placeholder inside), what ends here."""

    __slots__ = ("ending", "following", "mixed", "rest")

    def __init__(self) -> None:
        self.following: dict[str | None, _Node[V]] = {}
        self.mixed: set[str] = set()
        self.ending: list[V] = []
        self.rest: list[V] = []
