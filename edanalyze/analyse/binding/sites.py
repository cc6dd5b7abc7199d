"""Sites: for a library call, the contexts that decide where it goes, and the call in each that fixes the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from edanalyze.analyse.binding.climbing import Climbing, Context, named
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, Hole

T = TypeVar("T")
MOST_VISITED = 240


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What one context says: the address, how far its path and its host are known, and the holes that are in the way.

    `path` is 0 when nothing of it is written out, 1 when its end is open, 2 when it is fixed; `host` is 1 when known;
    `shape` is 1 when the address is at least put together there.
    """

    value: T
    path: int
    host: int
    shape: int = 0
    holes: tuple[Hole, ...] = ()

    @property
    def rank(self) -> tuple[int, int, int]:
        """The better, the more is known."""
        return (self.path, self.host, self.shape)

    @property
    def closed(self) -> bool:
        """Whether nothing can be gained by asking the callers."""
        return self.path == 2 and self.host == 1


@dataclass(frozen=True, slots=True)
class Site(Generic[T]):
    """An address with the way from the call that fixes it down to the library call; `made`: it constructs an object."""

    reading: Reading[T]
    path: tuple[Point, ...]
    frame: Frame
    made: bool = False


class Sites(Generic[T]):
    """Finds the sites of library calls. `read(frame)` says what a call's address is in a frame of its function."""

    def __init__(self, climbing: Climbing, read: Callable[[Frame], Iterable[Reading[T]]], last: Point) -> None:
        self._climbing = climbing
        self._read = read
        self._last = last
        self._left = MOST_VISITED

    def find(self, scope: Scope) -> list[Site[T]]:
        """The sites of a call that stands in `scope`."""
        kept: dict[tuple[object, ...], Site[T]] = {}
        for site in self._sites(Context(scope), None, frozenset()):
            kept.setdefault((site.path[0].module, site.path[0].place, site.reading.value), site)
        return list(kept.values())

    def _sites(self, context: Context, fixed: int | None, seen: frozenset[T]) -> list[Site[T]]:
        """The sites in a context and further out; `fixed` is the number of links up to where the path got fixed."""
        self._left -= 1
        found: list[Site[T]] = []
        every = self._readings(context)
        readings = [(reading, frame) for reading, frame in every if reading.value not in seen]
        if not readings and every and self._left > 0 and _is_own(context):  # the object, and who has it, is the same
            return self._further(context, every[0][0], fixed, seen)
        seen = seen | {reading.value for reading, _ in readings}
        here = len(context.links) if fixed is None else fixed
        for reading, frame in readings:
            if not reading.closed and self._left > 0:
                further = self._further(context, reading, fixed if reading.path < 2 else here, seen)
                if further:
                    found += further
                    continue
            made = here > 0 and context.links[here - 1].kind == "construct"
            found.append(Site(reading, self._climbing.path(context, here, self._last), frame, made))
        return found

    def _readings(self, context: Context) -> list[tuple[Reading[T], Frame]]:
        found: dict[T, tuple[Reading[T], Frame]] = {}
        for frame in self._climbing.frames(context):
            for reading in self._read(frame):
                found.setdefault(reading.value, (reading, frame))
        return list(found.values())

    def _further(self, context: Context, reading: Reading[T], fixed: int | None, seen: frozenset[T]) -> list[Site[T]]:
        """What the contexts further out know more; empty when none of them does."""
        for kind in self._order(context, reading):
            sites: list[Site[T]] = []
            for outer in self._climbing.outwards(context, kind):
                sites += self._sites(outer, fixed, seen)
            if any(site.reading.rank > reading.rank for site in sites):
                if fixed is not None or kind in {"subclass", "construct"}:
                    return [site for site in sites if site.reading.rank > reading.rank]
                return sites
        return []

    def _order(self, context: Context, reading: Reading[T]) -> tuple[str, ...]:
        """Whom to ask first: the callers for a parameter of the function, else who made the object."""
        own = set(named(context.top))
        if any(hole.kind == "parameter" and hole.name in own for hole in reading.holes):
            return ("call", "enclose", "subclass", "construct")
        return ("subclass", "construct", "call", "enclose")


def _is_own(context: Context) -> bool:
    """Whether a method was entered from another one of its object: `self._send(...)`."""
    if not context.links or context.top.function is None or not context.top.function.parameters:
        return False
    link = context.links[-1]
    match link.call.function if link.kind == "call" and link.call is not None else None:
        case ir.Attr(value=ir.Name(id=name)):
            return name == context.top.function.parameters[0].name and context.top.function.owner is not None
        case _:
            return False
