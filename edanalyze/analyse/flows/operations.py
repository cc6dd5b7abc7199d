"""Operations in code: metrics of lag and dead letters, and what brings messages back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.discover.operation import PARKING, Means, signs
from edanalyze.facts import ir
from edanalyze.link.entries import EntryPoint
from edanalyze.link.library import argument
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External
from edanalyze.models import Api

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

_STARTED = frozenset({"command", "job", "route", "task"})
_SENDING = frozenset({"publish", "deferred_publish", "outbox"})


class Operations:
    """Finds them."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._program = system.program
        self._evaluator = system.evaluator

    def find(self) -> Iterator[Means]:
        """All of them, each place once."""
        for call, scope, api in self._called("metric"):
            yield from self._metric(call, scope, api)
        for call, scope, api in self._called("redrive"):
            yield self._means("replay", f"`{api.call.rpartition('.')[2]}`", scope.module, call.place)
        for entry in self._system.entries:
            if self._brings_back(entry):
                yield self._means("replay", f"`{entry.function.partition(':')[2]}`", entry.module, entry.place)

    def _means(self, kind: str, name: str, module: str, place: ir.Place) -> Means:
        return Means(kind, name, (), self._program.paths[module], place.line)

    def _called(self, kind: str) -> Iterator[tuple[ir.Call, Scope, Api]]:
        """The calls of a kind of API."""
        for name in sorted(self._evaluator.models.models.spellings((kind,))):
            for call, scope in self._program.calls.get(name, ()):
                for value in self._evaluator.values(call.function, self._evaluator.root(scope)):
                    for api in self._evaluator.models.rows(value.name, kind) if isinstance(value, External) else ():
                        yield call, scope, api

    def _metric(self, call: ir.Call, scope: Scope, api: Api) -> Iterator[Means]:
        expr = argument(api.slots["label"], call)
        names = self._evaluator.literals(expr, self._evaluator.root(scope)) if expr is not None else ()
        for name in names:
            shown = signs().metrics.shows(name)
            if shown:
                yield self._means(shown, f"the metric `{name}`", scope.module, call.place)

    def _brings_back(self, entry: EntryPoint) -> bool:
        """Whether an entry point sends dead letters again, or is called after sending something again."""
        if entry.value is None or not self._sends(entry):
            return False
        if entry.kind == "handler":
            return any(PARKING.search(topic.text) for topic in entry.topics)
        name = f"{entry.name} {entry.function.partition(':')[2]} {entry.module.rpartition('.')[2]}"
        return entry.kind in _STARTED and re.search(signs().replay.names, name, re.IGNORECASE) is not None

    def _sends(self, entry: EntryPoint) -> bool:
        assert entry.value is not None
        return any(item.effect.kind in _SENDING for item in self._system.reach.effects(entry.value))
