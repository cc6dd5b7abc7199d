"""Redelivery: what the broker's second delivery of a message repeats, and which entry points lead to a function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edanalyze.analyse.bearing import Bears
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.domain import Activation
from edanalyze.analyse.engine.engine import Engine
from edanalyze.analyse.handling.acknowledgement import LASTING, UNACKNOWLEDGED, Acknowledgement, Settled
from edanalyze.analyse.handling.asking import only_asks
from edanalyze.analyse.handling.guards import Guard
from edanalyze.analyse.handling.idempotency import ANY, FLUSH, Idempotency, Repetition
from edanalyze.analyse.handling.repetition import Repeating
from edanalyze.analyse.transactions.transaction import Found
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Exposure, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, statements
from edanalyze.facts.ir import Place
from edanalyze.link.values import Frame, Function

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint


class Redelivery:
    """Entry points by function, late effects and unguarded effects of message handlers."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._stops: dict[str, set[tuple[str, Place]]] = {}
        self._changing: dict[str, bool] = {}
        self._asked: list[str] = []

    @cached_property
    def entries_of(self) -> dict[str, list[EntryPoint]]:
        """The entry points that may run each function."""
        found: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in self._system.entries:
            if entry.value is not None:
                for function in self._system.reach.functions(entry.value):
                    found[function].append(entry)
        return found

    @cached_property
    def late(self) -> tuple[tuple[EntryPoint, Witness, Witness], ...]:
        """Handler, acknowledgement, and the effect that follows it."""
        found: dict[tuple[object, ...], tuple[EntryPoint, Witness, Witness]] = {}
        seen: set[tuple[Function, Frame]] = set()
        bearing = self._system.bearing
        for entry in self._system.message_handlers:

            def report(ack: Witness, effect: Witness, entry: EntryPoint = entry) -> None:
                found.setdefault(
                    (ack[-1].module, ack[-1].place, effect[-1].module, effect[-1].place), (entry, ack, effect)
                )

            for function, frame in self._runs(entry):
                if (function, frame) not in seen and bearing.may(function.id, Bears.SETTLES):
                    seen.add((function, frame))
                    Engine(Acknowledgement(bearing, report), self._system.contexts).run(function, frame, Settled())
        return tuple(found.values())

    def automatic(self) -> Iterator[tuple[EntryPoint, tuple[str, Place], Witness]]:
        """Handlers whose messages are acknowledged as they come in, the place that says so, and a lasting effect."""
        for entry in self._system.message_handlers:
            said = entry.delivery.automatic
            if said is None or entry.value is None or entry.kind != "handler" or entry.transport in UNACKNOWLEDGED:
                continue
            lasting = (item for item in self._system.reach.effects(entry.value) if item.effect.kind in LASTING)
            first = next(iter(lasting), None)
            if first is not None:
                yield entry, said, first.witness

    def _runs(self, entry: EntryPoint) -> Iterator[tuple[Function, Frame]]:
        """What runs when a message comes in: the loop or callback that hands it on, and the handler."""
        if entry.driver is not None:
            yield entry.driver, entry.frame or self._system.reach.frame(entry.driver)
        if entry.value is not None:
            yield entry.value, self._system.reach.frame(entry.value)

    @cached_property
    def _late_places(self) -> set[tuple[str, Place]]:
        return {(witness[-1].module, witness[-1].place) for _, _, witness in self.late}

    def unguarded(self, entry: EntryPoint) -> tuple[Exposure, ...]:
        """The effects of a handler that a redelivery repeats: what follows the acknowledgement is not repeated."""
        late = {
            (effect[-1].module, effect[-1].place)
            for _, _, effect in self.late
            if any(point.function == entry.function for point in effect)
        }
        found = self.repeated(entry)
        return tuple(item for item in found if (item.witness[-1].module, item.witness[-1].place) not in late)

    def repeated(self, entry: EntryPoint) -> tuple[Exposure, ...]:
        """The effects of a handler that no guard precedes, whether it has acknowledged by then or not."""
        if entry.value is None:
            return ()
        reading = self._reading(entry)
        exposures = self._exposures(entry.value, self._system.reach.frame(entry.value), reading)
        if not exposures or entry.driver is None:
            return exposures
        # The loop that hands the message on may hold the guard.
        frame = entry.frame or self._system.reach.frame(entry.driver)
        if entry.function not in self._system.reach.functions(entry.driver, frame):
            return exposures
        around = {(item.kind, item.witness[-1]): item for item in self._exposures(entry.driver, frame, reading)}
        through = {
            key: item for key, item in around.items() if any(point.function == entry.function for point in item.witness)
        }
        # Of several handlers that come to the same effect the loop shows one.
        also = {(item.kind, item.witness[-1]): item for item in exposures if (item.kind, item.witness[-1]) in around}
        return tuple({**also, **through}.values())

    def _reading(self, entry: EntryPoint) -> frozenset[int]:
        """The loops, by identity, in which the messages of a handler are read."""
        reader = entry.driver or entry.value
        scope = self._system.program.scopes.get(reader.id) if reader is not None else None
        module, place = entry.declared
        if scope is None or scope.function is None or scope.module != module:
            return frozenset()
        return frozenset(
            id(loop)
            for loop in statements(scope.function.body)
            if isinstance(loop, ir.Loop) and any(_reads(inner, place) for inner in (loop, *statements(loop.body)))
        )

    def _exposures(
        self, function: Function, frame: Frame, reading: frozenset[int] = frozenset()
    ) -> tuple[Exposure, ...]:
        changed = self._system.changes.of(self._system.reach.functions(function, frame))
        domain = Idempotency(self._system.evaluator, self._system.guards, self._repeating, changed, reading)
        summary = Engine(domain, self._system.contexts).run(function, frame, Repetition())
        found = [*summary.exposures, *domain.unflushed(summary.exits)]
        kept: dict[tuple[str, object], Exposure] = {}
        for item in found:
            if item.kind != FLUSH:
                kept.setdefault((item.kind, item.witness[-1]), item)
        return tuple(kept.values())

    @cached_property
    def _repeating(self) -> Repeating:
        return Repeating(self._system.evaluator, self._system.guards, self._is_harmless)

    def _is_harmless(self, effect: Effect, step: Step) -> bool:
        """A POST that only asks, as its route or its URL says, or one that carries an idempotency key."""
        from edanalyze.analyse.handling.keys import has_key

        if has_key(effect, step, self._system.evaluator):
            return True
        calls = self._system.binding.of_physical(step.scope.module, step.call.place)
        if calls and all(map(only_asks, calls)):
            return True
        targets = [target for call in calls for target in call.targets]
        return bool(targets) and self.repeats_nothing(targets)

    def repeats_nothing(self, targets: Iterable[EntryPoint]) -> bool:
        """Whether a second request to any of some routes changes nothing more."""
        return all(not self._changes(target) for target in targets)

    def _changes(self, route: EntryPoint) -> bool:
        """Whether a second request changes something more."""
        if route.value is None or route.function in self._asked:
            return True
        if route.function not in self._changing:
            self._asked.append(route.function)
            effects = self._system.reach.effects(route.value)
            self._changing[route.function] = any(item.effect.kind == "publish" for item in effects) or bool(
                self._exposures(route.value, self._system.reach.frame(route.value))
            )
            self._asked.pop()
        return self._changing[route.function]

    def heals(self, found: Found) -> bool:
        """Whether every way to a finding is a handler that settles later and whose repeat publishes again."""
        entries = self.entries_of.get(found.witness[0].function, [])
        if not entries:
            return False
        last = found.witness[-1]
        if (last.module, last.place) in self._late_places:
            return False
        for entry in entries:
            if entry.kind not in {"handler", "task"} or not entry.delivery.at_least_once:
                return False
            if entry.delivery.ack not in {"after", "manual"}:
                return False
            if (last.module, last.place) in self._stopped(entry):
                return False
        return True

    def _stopped(self, entry: EntryPoint) -> set[tuple[str, Place]]:
        """The publishes of a handler that a repeated message does not reach."""
        if entry.function not in self._stops:
            domain = _Stops(self._system, self._repeating)
            if entry.value is not None:
                Engine(domain, self._system.contexts).run(
                    entry.value, self._system.reach.frame(entry.value), Repetition()
                )
            self._stops[entry.function] = domain.stopped - domain.repeated
        return self._stops[entry.function]


class _Stops(Idempotency):
    """Publishes behind a guard, or behind an insert that a unique key refuses the second time."""

    def __init__(self, system: System, repeating: Repeating) -> None:
        super().__init__(system.evaluator, system.guards, repeating, ANY)
        self.stopped: set[tuple[str, Place]] = set()
        self.repeated: set[tuple[str, Place]] = set()

    def effect(self, effect: Effect, step: Step, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """A publish under a guard is not repeated; an insert into a table with a unique key is a guard."""
        if effect.kind in {"publish", "deferred_publish"}:
            places = self.stopped if state.guard is not None else self.repeated
            places.add((step.scope.module, step.call.place))
        after = super().effect(effect, step, state, run)
        if (
            effect.kind == "write"
            and effect.verb in {"insert", "write"}
            and after.guard is None
            and self._is_unique(effect, step)
        ):
            return replace(after, guard=Guard.STATE)
        return after


def _reads(statement: ir.Stmt, place: Place) -> bool:
    """Whether a statement is the loop over a consumer, or holds the call that reads, which stands at a place."""
    if isinstance(statement, ir.Loop) and place == Place(statement.line, 1, statement.line, 1):
        return True
    return any(call.place == place for expr in expressions(statement) for call in calls(expr))
