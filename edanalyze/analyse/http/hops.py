"""Synchronous hops: HTTP calls that an entry point waits for, chains of them, and how many run in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.reach import Reached
from edanalyze.analyse.trees.trees import Step, steps
from edanalyze.analyse.witness import Point, Witness
from edanalyze.exchange import records
from edanalyze.facts.ir import Place
from edanalyze.link.values import Instance, String

if TYPE_CHECKING:
    from edanalyze.analyse.binding.binding import HttpCall
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

LONGEST = 8
PRIVATE = (".internal", ".local", ".svc", ".lan", ".intranet", ".corp", ".consul", ".private", ".cluster", ".home.arpa")
"""Endings of host names that are not public."""
_HOST = re.compile(r"^\w+://(?:[^@/]*@)?([\w.-]+|\{[^}]*\})")


class Hops:
    """Hops of a system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._calls: dict[str, list[tuple[HttpCall, Reached]]] = {}

    def of(self, entry: EntryPoint) -> list[tuple[HttpCall, Reached]]:
        """The bound HTTP calls that an entry point waits for, with how each is reached."""
        function = entry.value
        if function is None:
            return []
        if function.id not in self._calls:
            found: list[tuple[HttpCall, Reached]] = []
            for item in self._system.reach.effects(function):
                if item.effect.kind == "http" and not item.deferred:
                    found += [(call, item) for call in self.on_path(item.witness)]
            self._calls[function.id] = found
        return self._calls[function.id]

    def on_path(self, witness: Witness) -> list[HttpCall]:
        """The calls bound for the physical call at the end of a path whose URL is fixed on that path."""
        last = witness[-1]
        calls = self._system.binding.of_physical(last.module, last.place)
        places = {(point.module, point.place) for point in witness}
        found = [call for call in calls if (call.site.module, call.site.place) in places and not call.made]
        here = [call for call in calls if call.site.place == last.place and call.site.module == last.module]
        return found or here or self._of_objects([call for call in calls if call.made], witness)

    def _of_objects(self, calls: list[HttpCall], witness: Witness) -> list[HttpCall]:
        """The calls of objects whose constructors fix the URL, each from where the object is used on a path."""
        if not calls:
            return []
        for level, point in enumerate(witness[:-1]):
            made = self._objects(point)
            used = [call for call in calls if (call.site.module, call.site.place) in made]
            used = [call for call in calls if call.site.function == point.function] or used
            if used:
                return [replace(call, site=point, path=witness[level:]) for call in used]
        if len(calls) > 1 or len(witness) < 2:
            return []
        return [replace(calls[0], site=witness[-2], path=witness[-2:])]

    def _objects(self, point: Point) -> set[tuple[str, Place]]:
        """Where the objects were made whose methods a step of a path may call."""
        if point.function not in self._system.program.scopes:
            return set()
        return {
            (target.receiver.site.frame.scope.module, target.receiver.site.call.place)
            for step in steps(self._system.contexts.tree(point.function).body)
            if step.call.place == point.place
            for target in step.targets
            if isinstance(target.receiver, Instance) and target.receiver.site is not None
        }

    # ---------------------------------------------------------------- targets

    def is_internal(self, call: HttpCall) -> bool:
        """Whether a call goes to another service of the system, known or by a host that is not public."""
        if call.elsewhere is not None:
            return True
        own = self._system.service_of(self._system.program.paths[call.site.module])
        if call.service:
            return call.service != own
        if call.targets:
            return True
        return is_private(call.external or host_of(call.url))

    # ----------------------------------------------------------------- chains

    def chains(self) -> Iterator[tuple[EntryPoint, HttpCall, Reached, HttpCall | RemoteHop]]:
        """Entry point, its call, how it is reached, and a call that the called route waits for in turn."""
        for entry in self._system.entries:
            for call, item in self.of(entry):
                if not self.is_internal(call):
                    continue
                further = self._further(call)
                if further is not None:
                    yield entry, call, item, further

    def _further(self, call: HttpCall) -> HttpCall | RemoteHop | None:
        for route in call.targets:
            for next_call, _ in self.of(route):
                if not self.is_internal(next_call) or not self._is_known(next_call):
                    continue
                if self._is_optional(call) and self._is_optional(next_call):
                    continue
                return next_call
        return next(iter(self._beyond(call)), None)

    def _beyond(self, call: HttpCall) -> list[RemoteHop]:
        """The calls to further services that the routes of another system wait for."""
        landscape = self._system.others
        if landscape is None or call.elsewhere is None:
            return []
        return [
            RemoteHop(request)
            for route in call.elsewhere.entries
            for request in landscape.waited_for(route)
            if landscape.is_internal(request)
        ]

    def _is_known(self, call: HttpCall) -> bool:
        """Whether the code of the called service is part of the analysis."""
        if call.targets or call.elsewhere is not None:
            return True
        service = self._system.services.named(call.service) if call.service else None
        return service is not None and service.kind == "python"

    def _is_optional(self, call: HttpCall) -> bool:
        facts = self._system.program.modules[call.site.module]
        return any(
            comment.line == call.site.place.line and "edanalyze: optional" in comment.text for comment in facts.comments
        )

    def length(self, call: HttpCall | RemoteHop, seen: frozenset[str] = frozenset()) -> int:
        """How many hops follow one after the other from the entry point whose first hop leads to `call`."""
        if isinstance(call, RemoteHop):
            return 2
        longest = 1 if self._beyond(call) else 0
        for route in call.targets:
            if route.function in seen or len(seen) > LONGEST:
                continue
            for further, _ in self.of(route):
                if self.is_internal(further) and self._is_known(further):
                    longest = max(longest, self.length(further, seen | {route.function}) - 1)
        return 2 + longest

    # --------------------------------------------------------------- sequence

    def sequence(self, entry: EntryPoint) -> list[Witness]:
        """The most HTTP calls to other services that one run of an entry point makes one after the other."""
        if entry.value is None:
            return []

        def counts(step: Step, witness: Witness, effect: Effect) -> bool:
            return any(self.is_internal(call) for call in self.on_path(witness))

        return self._system.reach.longest(entry.value, counts)


@dataclass(frozen=True, slots=True)
class RemoteHop:
    """A hop within another system, known from its facts alone."""

    request: records.Request

    @property
    def path(self) -> Witness:
        """The way to it lies in code that is not analysed."""
        return ()

    @property
    def confidence(self) -> str:
        """How sure it is where the hop leads."""
        return self.request.confidence


def is_private(host: str) -> bool:
    """Whether a host name is one that only an internal network knows."""
    name = host.partition(":")[0].lower()
    if not name or "{" in name or name in {"localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal"}:
        return False
    return "." not in name or name.endswith(PRIVATE)


def host_of(url: String) -> str:
    """The host of a URL template; "" when it has none."""
    match = _HOST.match(url.text)
    return match.group(1) if match else ""


def way_to(item: Reached, call: HttpCall) -> tuple[Point, ...]:
    """The steps of a path that precede the call that fixes the URL."""
    found: list[Point] = []
    for point in item.witness:
        if (point.module, point.place) == (call.site.module, call.site.place):
            break
        found.append(point)
    return tuple(found) if len(found) < len(item.witness) else ()
