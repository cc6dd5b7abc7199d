"""Forwarding of paths: routes that ask another service for (the rest of) the path they were asked for themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from edanalyze.analyse.binding.address import TAILS, Address, Segment
from edanalyze.analyse.binding.routing import Way
from edanalyze.analyse.binding.templates import pattern
from edanalyze.analyse.witness import Point
from edanalyze.facts.ir import Call, Place
from edanalyze.link.entries import EntryPoint
from edanalyze.link.values import Frame, Hole

# How the path of an incoming request is called: `request.url.path`, `request.path`, `request.full_path`.
INCOMING = frozenset({"path", "full_path", "url_path", "raw_path", "path_info"})


class Forwarders:
    """The routes of a program as the origin of paths."""

    def __init__(self, entries: Iterable[EntryPoint]) -> None:
        self._by_function: dict[str, list[EntryPoint]] = defaultdict(list)
        self._by_place: dict[tuple[str, Place], list[EntryPoint]] = defaultdict(list)
        for entry in entries:
            if entry.kind == "route":
                self._by_function[entry.function].append(entry)
                for place in _applied(entry):
                    self._by_place[place].append(entry)

    def of(self, point: Point, address: Address, methods: tuple[str, ...]) -> list[Way]:
        """What the routes at a site pass on; empty when the path is fixed there."""
        last = address.segments[-1][-1] if address.segments else ""
        if not isinstance(last, Hole) and (address.segments or address.host):
            return []
        entries = [*self._by_function.get(point.function, ()), *self._by_place.get((point.module, point.place), ())]
        found = [self._passed(entry, address, last, methods) for entry in entries]
        return [each for each in found if each is not None]

    @staticmethod
    def _passed(entry: EntryPoint, address: Address, last: Hole | str, methods: tuple[str, ...]) -> Way | None:
        own = pattern(entry.path)
        served = entry.methods if methods == ("*",) else methods
        name = last.name if isinstance(last, Hole) else ""
        before = _without_last(address)
        if own.rest:
            if f"{{{name}:path}}" in entry.path or (name in TAILS and address.has_text):
                return Way(address, served, True, True)
            if not address.has_text or name in TAILS:
                literal = [(text,) for text in own.segments if text is not None] if not address.has_text else []
                return Way(address._replace(segments=(*literal, *address.segments)), served, True, True)
            return None
        if name not in INCOMING or f"{{{name}}}" in entry.path:
            return None
        path: tuple[Segment, ...] = tuple((text,) if text else (Hole("parameter", "id"),) for text in own.segments)
        return Way(address._replace(segments=(*before, *path), slash=own.slash), served, True)


def _without_last(address: Address) -> tuple[Segment, ...]:
    """The segments without the hole at the end."""
    if not address.segments:
        return ()
    *before, last = address.segments
    return (*before, last[:-1]) if last[:-1] else tuple(before)


def _applied(entry: EntryPoint) -> Iterator[tuple[str, Place]]:
    """Where the project's own decorators were applied that made the function of a route, and who called them."""
    closure: Frame | None = entry.value.closure if entry.value is not None else None
    while closure is not None:
        frame: Frame | None = closure
        while frame is not None and frame.call is not None and frame.caller is not None:
            made = frame.call.function
            place = made.place if not frame.call.place.line and isinstance(made, Call) else frame.call.place
            yield frame.caller.scope.module, place
            frame = frame.caller
        closure = closure.closure
