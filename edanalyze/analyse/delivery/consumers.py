"""The consumer's side of delivery: when it settles a message, and what a second delivery repeats."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.delivery.records import Reason
from edanalyze.analyse.handling.acknowledgement import LASTING, UNACKNOWLEDGED
from edanalyze.analyse.handling.clauses import first_work
from edanalyze.analyse.handling.swallowing import Clause
from edanalyze.analyse.witness import Point
from edanalyze.facts.ir import Place
from edanalyze.link.entries import EntryPoint

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

LATE = "acknowledge after the work"


class Consumers:
    """Finds the reasons of one handler."""

    def __init__(self, system: System) -> None:
        self._system = system

    def reasons(self, entry: EntryPoint) -> Iterator[Reason]:
        """Why a message may be lost, handled twice, or why that is not known."""
        if entry.value is None:
            yield self._unknown(entry, "its code is not part of the project")
            return
        losses = [*self._early(entry), *self._swallowed(entry)]
        yield from losses
        yield from self._repeated(entry)
        if losses:
            return
        if entry.delivery.at_least_once is None:
            yield self._unknown(entry, "nothing says how its messages are delivered")
        elif not self._works(entry) and self._may_work(entry):
            yield self._unknown(entry, "nothing is known of what its calls do")

    def _reason(self, effect: str, code: str, message: str, point: tuple[str, Place], change: str, cost: int) -> Reason:
        module, place = point
        path = self._system.program.paths[module]
        return Reason(effect, "consumer", code, message, path, place.line, change, cost)

    def _unknown(self, entry: EntryPoint, why: str) -> Reason:
        return self._reason("unknown", "", why, (entry.module, entry.place), "", 0)

    def _at(self, point: Point) -> str:
        return f"{self._system.program.paths[point.module]}:{point.place.line}"

    def _works(self, entry: EntryPoint) -> bool:
        """Whether a handler has effects that outlive it."""
        assert entry.value is not None
        return any(item.effect.kind in LASTING for item in self._system.reach.effects(entry.value))

    def _may_work(self, entry: EntryPoint) -> bool:
        facts = self._system.program.functions.get(entry.function)
        return facts is not None and first_work(facts.body, lambda call: False) is not None

    # -------------------------------------------------------------------- loss

    def _early(self, entry: EntryPoint) -> Iterator[Reason]:
        """The message is settled before its work is done."""
        runs = entry.driver or entry.value
        for other, ack, effect in self._system.redelivery.late:
            if (other.driver or other.value) == runs:
                message = f"{ack[-1].message} before {effect[-1].message}"
                change = f"{LATE}: move {_name(ack[-1])} ({self._at(ack[-1])}) behind {self._at(effect[0])}"
                yield self._reason("loss", "EDA302", message, (ack[-1].module, ack[-1].place), change, 1)
        if entry.transport in UNACKNOWLEDGED or (entry.kind == "handler" and self._is_sent_once(entry)):
            message = f"{entry.transport or 'the broker'} delivers a message once at most, to whom is there"
            change = "use a queue or a stream that keeps messages until they are acknowledged"
            yield self._reason("loss", "", message, entry.declared, change, 5)
        elif entry.delivery.automatic is not None and entry.kind == "handler" and self._works(entry):
            message = "messages are acknowledged automatically, before the handler is done"
            where = f"{self._system.program.paths[entry.delivery.automatic[0]]}:{entry.delivery.automatic[1].line}"
            change = f"{LATE}: switch automatic acknowledgement off ({where}) and acknowledge by hand"
            yield self._reason("loss", "EDA302", message, entry.delivery.automatic, change, 1)
        elif entry.kind == "task" and entry.delivery.ack == "before" and self._works(entry):
            message = "the task queue acknowledges a task before it runs"
            where = f"{self._system.program.paths[entry.declared[0]]}:{entry.declared[1].line}"
            yield self._reason(
                "loss", "", message, entry.declared, f"{LATE}: let the task acknowledge late ({where})", 1
            )

    @staticmethod
    def _is_sent_once(entry: EntryPoint) -> bool:
        """Whether the subscription itself is one without acknowledgement."""
        delivery = entry.delivery
        return delivery.at_least_once is False and delivery.ack == "before" and delivery.automatic is None

    def _swallowed(self, entry: EntryPoint) -> Iterator[Reason]:
        """A failure counts as success."""
        assert entry.value is not None
        runs = {*self._system.reach.functions(entry.value), *([entry.driver.id] if entry.driver is not None else [])}
        for other, clause in self._clauses:
            if other is entry or (clause.function in runs and other.delivery.ack == entry.delivery.ack):
                message = "any failure is caught and at most logged, and the message counts as done"
                where = f"{self._system.program.paths[clause.module]}:{clause.place.line}"
                change = f"raise the failure again at {where}, or park the message in a dead-letter queue"
                yield self._reason("loss", "EDA601", message, (clause.module, clause.place), change, 2)

    @cached_property
    def _clauses(self) -> list[tuple[EntryPoint, Clause]]:
        return list(self._system.swallowing.clauses())

    # -------------------------------------------------------------- repetition

    def _repeated(self, entry: EntryPoint) -> Iterator[Reason]:
        """The message comes again, and the work is done again."""
        if not entry.delivery.at_least_once:
            return
        seen: set[Point] = set()
        for exposure in self._system.redelivery.unguarded(entry):
            last = exposure.witness[-1]
            if last not in seen:
                seen.add(last)
                message = f"a repeated delivery runs it again, and {last.message}: no guard comes first"
                yield self._reason("repetition", "EDA301", message, (last.module, last.place), self.guard(last), 3)

    def guard(self, point: Point) -> str:
        """The change that makes an effect idempotent."""
        return f"guard {_name(point)} ({self._at(point)}) by the message's id, or make it an upsert"

    def later(self, entry: EntryPoint) -> Iterator[str]:
        """What must be guarded as well once a message that is settled early now is settled late."""
        for exposure in self._system.redelivery.repeated(entry):
            yield self.guard(exposure.witness[-1])


def _name(point: Point) -> str:
    return f"`{point.message.partition('`')[2].partition('`')[0]}`"
