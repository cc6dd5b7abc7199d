"""Matching: which routes of a service a method and a path reach."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from edanalyze.analyse.binding.address import Address, Part, Segment
from edanalyze.analyse.binding.templates import Pattern, Tree, pattern
from edanalyze.link.values import Hole

LITERAL, PLACED, FILLED, GUESSED, REST = 4, 3, 2, 1, 0
ANY = "*"


class Answering(Protocol):
    """What matching needs to know of an entry point, of this system or of another."""

    @property
    def kind(self) -> str:
        """Routes alone answer to requests."""

    @property
    def methods(self) -> tuple[str, ...]:
        """What it answers to; "*" for any method."""

    @property
    def path(self) -> str:
        """Its path, with `{name}` for a segment and `{name:path}` for the rest."""


T = TypeVar("T", bound=Answering)


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """The routes that fit best; `whole` when none of the path was left out to make them fit."""

    routes: tuple[T, ...] = ()
    whole: bool = True


class Routes(Generic[T]):
    """The routes of one service (or of all code that belongs to none)."""

    def __init__(self, entries: Iterable[T]) -> None:
        self.all = tuple(entry for entry in entries if entry.kind == "route")
        self._patterns = [(pattern(entry.path), entry) for entry in self.all]
        self._tree: Tree[int] = Tree()
        for position, (template, _) in enumerate(self._patterns):
            self._tree.add(template, position)

    def exact(self, methods: Iterable[str], address: Address) -> tuple[T, ...]:
        """The routes whose written segments are all written in the path too."""
        found = self._best(methods, address.segments, address.slash)
        return tuple(entry for entry in found if self._matches(pattern(entry.path), address.segments))

    @staticmethod
    def _matches(template: Pattern, segments: tuple[Segment, ...]) -> bool:
        pairs = zip(template.segments, segments, strict=False)
        return all(text is None or (text,) == given for text, given in pairs)

    def match(self, methods: Iterable[str], address: Address, wholesale: bool = False) -> Match[T]:
        """The routes that a request reaches; all below the path when `wholesale`."""
        segments = address.segments
        if wholesale:
            return Match(tuple(self._below(methods, segments[:-1])))
        if segments and not address.has_text:  # the path may be any, unless routes begin with a placeholder
            open_ = [entry for entry in self._best(methods, segments, address.slash) if not _is_written(entry)]
            return Match(tuple(open_ or self._below(methods, ())), bool(open_))
        for whole, given in self._readings(segments):
            best = self._best(methods, given, address.slash)
            if best:
                return Match(best, whole)
            tail = address.tail
            if tail is not None and len(given) > 1:
                below = tuple(self._below(methods, given[:-1]))
                if below:
                    return Match(below, whole)
        return Match()

    @staticmethod
    def _readings(segments: tuple[Segment, ...]) -> Iterable[tuple[bool, tuple[Segment, ...]]]:
        """The path as it is, then without what a gateway may strip from its beginning."""
        yield True, segments
        for start in range(1, len(segments)):
            rest = segments[start:]
            if any(isinstance(part, str) for part in rest[0]):
                yield False, rest

    def _best(self, methods: Iterable[str], segments: tuple[Segment, ...], slash: bool) -> tuple[T, ...]:
        found: dict[tuple[int, ...], list[T]] = defaultdict(list)
        for position in sorted(self._tree.fitting(segments)):
            template, entry = self._patterns[position]
            if serves(entry, methods):
                rank = fits(template, segments)
                if rank is not None:
                    key = (*rank, int(template.slash == slash))
                    found[key].append(entry)
        return tuple(found[max(found)]) if found else ()

    def _below(self, methods: Iterable[str], segments: tuple[Segment, ...]) -> list[T]:
        """All routes whose path begins like this."""
        found: list[T] = []
        for template, entry in self._patterns:
            if serves(entry, methods) and len(template.segments) >= len(segments):
                head = Pattern(template.segments[: len(segments)], False, False)
                if fits(head, segments) is not None:
                    found.append(entry)
        return found


def _is_written(entry: Answering) -> bool:
    return any(text is not None for text in pattern(entry.path).segments)


def serves(entry: Answering, methods: Iterable[str]) -> bool:
    """Whether a route answers to one of the methods."""
    wanted = {"GET" if method == "HEAD" and "HEAD" not in entry.methods else method for method in methods}
    return ANY in wanted or ANY in entry.methods or not wanted.isdisjoint(entry.methods)


def fits(template: Pattern, segments: tuple[Segment, ...]) -> tuple[int, ...] | None:
    """How well a path fits a route, segment by segment (compare as tuples); None when it does not."""
    if len(segments) < len(template.segments) or (len(segments) > len(template.segments) and not template.rest):
        return None
    rank: list[int] = []
    for wanted, given in zip(template.segments, segments, strict=False):
        score = _score(wanted, given)
        if score is None:
            return None
        rank.append(score)
    return (*rank, REST if template.rest else LITERAL)


def _score(wanted: str | None, given: Segment) -> int | None:
    literal = "".join(part for part in given if isinstance(part, str))
    open_ = any(isinstance(part, Hole) for part in given)
    if wanted is None:
        return PLACED if open_ else FILLED
    if "{" in wanted:
        pieces = re.split(r"(\{[^}]*\})", wanted)
        known = [Hole("unknown", piece) if piece.startswith("{") else piece for piece in pieces]
        return FILLED if _covers(known, _sample(given)) else None
    if not open_:
        return LITERAL if literal == wanted else None
    return GUESSED if _covers(given, wanted) else None


def _covers(parts: Iterable[Part], text: str) -> bool:
    """Whether a text may be these parts, each hole at least one character; takes time linear in the text per part."""
    *pieces, tail = re.split("(\0)", "".join("\0" if isinstance(part, Hole) else part for part in parts))
    start, end, gap = 0, len(text) - len(tail), 0
    if not text.endswith(tail) or end < 0:
        return False
    for piece in pieces:
        if piece == "\0":
            gap += 1
        elif piece:
            found = text.find(piece, start + gap, end)
            if found < 0 or (not gap and found != start):
                return False
            start, gap = found + len(piece), 0
    return end - start >= gap if gap else end == start


def _sample(given: Iterable[Part]) -> str:
    return "".join(part if isinstance(part, str) else "x" for part in given)
