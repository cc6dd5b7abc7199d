"""Redelivery: what the broker's second delivery of a message repeats, and which entry points lead to a function."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.acknowledgement import Acknowledgement, Settled
from edanalyze.analyse.effects import Effect
from edanalyze.analyse.engine import Activation, Engine
from edanalyze.analyse.guards import Guard
from edanalyze.analyse.idempotency import Idempotency, Repetition
from edanalyze.analyse.transactions import Found
from edanalyze.analyse.trees import Step
from edanalyze.analyse.unique import has_unique_key
from edanalyze.analyse.witness import Exposure, Witness
from edanalyze.facts.ir import Place
from edanalyze.link.values import Instance

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint


class Redelivery:
    """Entry points by function, late effects and unguarded effects of message handlers."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._stops: dict[str, set[tuple[str, Place]]] = {}

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
        found: list[tuple[EntryPoint, Witness, Witness]] = []
        for entry in self._system.message_handlers:
            assert entry.value is not None

            def report(ack: Witness, effect: Witness, entry: EntryPoint = entry) -> None:
                found.append((entry, ack, effect))

            engine = Engine(Acknowledgement(report), self._system.contexts)
            engine.run(entry.value, self._system.reach.frame(entry.value), Settled())
        return tuple(found)

    @cached_property
    def _late_places(self) -> set[tuple[str, Place]]:
        return {(witness[-1].module, witness[-1].place) for _, _, witness in self.late}

    def unguarded(self, entry: EntryPoint) -> tuple[Exposure, ...]:
        """The effects of a handler that a redelivery repeats."""
        if entry.value is None:
            return ()
        domain = Idempotency(self._system.evaluator, self._system.guards, self._is_harmless)
        engine = Engine(domain, self._system.contexts)
        return engine.run(entry.value, self._system.reach.frame(entry.value), Repetition()).exposures

    def _is_harmless(self, effect: Effect, step: Step) -> bool:
        """A POST to a route of the system that only reads, or one that carries an idempotency key."""
        from edanalyze.analyse.keys import has_key

        if has_key(effect, step, self._system.evaluator):
            return True
        calls = self._system.binding.of_physical(step.scope.module, step.call.place)
        targets = [target for call in calls for target in call.targets]
        return bool(targets) and all(not self._changes(target) for target in targets)

    def _changes(self, route: EntryPoint) -> bool:
        if route.value is None:
            return True
        return any(
            item.effect.kind in {"mail", "payment", "publish"}
            or (item.effect.kind == "write" and item.effect.verb in {"insert", "increment", "write", "copy"})
            for item in self._system.reach.effects(route.value)
        )

    def heals(self, found: Found) -> bool:
        """Whether every way to a finding is a handler that settles its message later and whose repeat publishes again."""
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
            domain = _Stops(self._system)
            engine = Engine(domain, self._system.contexts)
            if entry.value is not None:
                engine.run(entry.value, self._system.reach.frame(entry.value), Repetition())
            self._stops[entry.function] = domain.stopped
        return self._stops[entry.function]


class _Stops(Idempotency):
    """Publishes behind a guard, or behind an insert that a unique key refuses the second time."""

    def __init__(self, system: System) -> None:
        super().__init__(system.evaluator, system.guards, lambda effect, step: False)
        self.stopped: set[tuple[str, Place]] = set()

    def effect(self, effect: Effect, step: Step, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """A publish under a guard is not repeated; an insert into a table with a unique key is a guard."""
        if effect.kind in {"publish", "deferred_publish"} and state.guard is not None:
            self.stopped.add((step.scope.module, step.call.place))
        after = super().effect(effect, step, state, run)
        if effect.kind == "write" and effect.verb in {"insert", "write"} and after.guard is None:
            entity = effect.argument("entity")
            frame = self._evaluator.root(step.scope)
            values = self._evaluator.values(entity, frame) if entity is not None else ()
            if any(isinstance(value, Instance) and has_unique_key(value.id, self._evaluator) for value in values):
                return Repetition(Guard.STATE, after.marked, after.caught)
        return after
