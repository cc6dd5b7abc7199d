"""Broken traces: publishes and HTTP calls, reached from an entry point, that carry no identifier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.flows.passing import passes_on
from edanalyze.analyse.reach import Reached
from edanalyze.analyse.tracing.evidence import Evidence
from edanalyze.analyse.tracing.identifiers import names_id
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Scope

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

_CARRIER = re.compile(r"header|metadata|propert|attributes|correlation|trace|context|extra|envelope", re.I)
_ENVELOPE = re.compile(r"propert|header|metadata|envelope|^props$|attributes", re.I)
KINDS = {"publish": frozenset({"publish", "deferred_publish"}), "http": frozenset({"http"})}
DEEPEST = 4


class Tracing:
    """Finds the calls."""

    def __init__(self, system: System) -> None:
        self._system = system

    def missing(self, kind: str) -> Iterator[Witness]:
        """One witness per physical call (or per caller that leaves the identifier out), nearest entry point first."""
        seen: set[tuple[str, ir.Place]] = set()
        reached = self._reached(kind)
        for key in sorted(reached, key=lambda key: (key[0], key[1].line, key[1].column)):
            for witness in self._judge(kind, reached[key]):
                place = (witness[0].module, witness[0].place)
                if place not in seen:
                    seen.add(place)
                    yield witness

    def _reached(self, kind: str) -> dict[tuple[str, ir.Place], Reached]:
        """The effects of a kind that entry points reach, by physical place; the shortest way to each."""
        found: dict[tuple[str, ir.Place], Reached] = {}
        for entry in self._system.entries:
            if entry.value is None:
                continue
            for item in self._system.reach.effects(entry.value):
                if item.effect.kind in KINDS[kind]:
                    known = found.get(item.place)
                    if known is None or len(item.witness) < len(known.witness):
                        found[item.place] = item
        return found

    def _judge(self, kind: str, item: Reached) -> Iterator[Witness]:
        system = self._system
        module, place = item.place
        path = system.program.paths[module]
        if system.instrumentation.covers(path, item.effect.name, item.effect.likely) or system.injection.adds(
            path, item.effect.name
        ):
            return
        if kind == "http":
            calls = system.binding.of_physical(module, place)
            if not any(system.hops.is_internal(call) for call in calls):
                return
            found = system.correlation.of_http(item.effect, item.step.scope)
        else:
            found = system.correlation.of_publish(item.effect, item.step.scope)
        physical = item.witness[-1:]
        if found.evidence is Evidence.NO:
            yield physical
        elif found.evidence is Evidence.OPEN:
            function = item.witness[-1].function
            lacking, handed = self._callers(function, found.parameters, physical, 0)
            if handed or any(_CARRIER.search(name) for name in found.parameters):
                yield from lacking
            elif lacking:
                yield physical

    def _callers(
        self, function: str, parameters: tuple[str, ...], below: Witness, depth: int
    ) -> tuple[list[Witness], bool]:
        """The callers that leave an identifier out of some parameters, and whether any caller hands one over."""
        scope = self._system.program.scopes.get(function)
        own: tuple[str, ...] = ()
        while scope is not None and scope.function is not None:  # of the function itself, or of one around it
            own = tuple(item.name for item in scope.function.parameters if item.name in parameters)
            if own:
                break
            scope = scope.parent
        if scope is None or scope.function is None or depth > DEEPEST:
            return [below], False
        if any(self._is_envelope(scope.id, name) for name in own):
            return [], True
        callers = self._system.binding.climbing.callers(scope.id)
        if not callers:
            return ([], True) if any(map(names_id, own)) else ([below], False)
        lacking: list[Witness] = []
        handed = False
        for call, where in callers:
            owner = where.lexical
            if owner.function is not None and owner.id not in self._functions:
                continue
            given = [self._given(scope, name, call) for name in own]
            arguments = [value for values in given if values is not None for value in values]
            found = self._system.correlation.carriers.of_all(arguments, where)
            point = Point(owner.module, owner.id, call.place, f"`{scope.name}` is called")
            if found.evidence is Evidence.YES:
                handed = True
            elif found.evidence is Evidence.OPEN:
                more, passed = self._callers(owner.id, found.parameters, (point, *below), depth + 1)
                lacking += more
                handed = handed or passed
            elif None not in given or not any(names_id(name) or _CARRIER.search(name) for name in own):
                lacking.append((point, *below))
        return lacking, handed

    def _given(self, scope: Scope, parameter: str, call: ir.Call) -> list[ir.Expr] | None:
        """What a call passes for a parameter; empty when it leaves it out, None when that cannot be told."""
        function = scope.function
        assert function is not None
        bound = self._system.evaluator.parameters.of_call(scope, call, is_bound(function))
        kind = next(item.kind for item in function.parameters if item.name == parameter)
        if kind == "kwargs":
            named = {item.name for item in function.parameters}
            return [
                ir.Mapping(((ir.Const(name), value),)) if name else value
                for name, value in call.keywords
                if name not in named
            ]
        if kind == "args":
            return list(call.arguments)
        if parameter in bound:
            return [bound[parameter]]
        return None if any(not name for name, _ in call.keywords) else []

    @cached_property
    def _functions(self) -> frozenset[str]:
        """The functions that entry points run."""
        return frozenset(self._system.redelivery.entries_of)

    def _is_envelope(self, function: str, parameter: str) -> bool:
        """Whether a handler's parameter is the envelope of what it received: forwarding it hands on what it carries."""
        return _ENVELOPE.search(parameter) is not None and any(
            entry.function == function and parameter in entry.delivery.message
            for entry in self._system.message_handlers
        )

    # -------------------------------------------------------------- extraction

    def identified_producer(self, entry: EntryPoint) -> Point | None:
        """The publish of a known producer that hands an identifier to a handler, if there is one."""
        for publish in self._system.binding.producers(entry):
            if self._system.occasional.is_run_by_hand(publish.site):
                continue
            scope = publish.step.scope
            found = self._system.correlation.of_publish(publish.effect, scope)
            handed = found.evidence is Evidence.YES
            if found.evidence is Evidence.OPEN:
                physical = (Point(scope.module, publish.function, publish.place, ""),)
                lacking, handed = self._callers(publish.function, found.parameters, physical, 0)
                handed = handed and all(witness[0].place != publish.site.place for witness in lacking)
            if handed:
                return Point(
                    publish.site.module, publish.site.function, publish.site.place, "the message is sent with an id"
                )
        return None

    def drops(self, entry: EntryPoint) -> Reached | None:
        """What a handler sends on although it reads no identifier, and nothing reads one for it."""
        system = self._system
        if entry.value is None:
            return None
        onward = [
            item
            for item in system.reach.effects(entry.value)
            if item.effect.kind in KINDS["publish"] or (item.effect.kind == "http" and self._stays_inside(item))
        ]
        path = system.program.paths[entry.module]
        if not onward or system.injection.extracts(path, entry.library):
            return None
        if system.instrumentation.covers(path, entry.library) or any(
            system.instrumentation.covers(system.program.paths[item.place[0]], item.effect.name) for item in onward
        ):
            return None
        received = frozenset(entry.delivery.message) if entry.kind == "handler" else frozenset()
        if any(passes_on(item.effect, item.step.scope, received) for item in onward):
            return None
        functions = [*system.reach.functions(entry.value)]
        if entry.driver is not None:
            functions.append(entry.driver.id)
        return None if any(system.correlation.carriers.reads(name) for name in functions) else onward[0]

    def _stays_inside(self, item: Reached) -> bool:
        return any(self._system.hops.is_internal(call) for call in self._system.hops.on_path(item.witness))
