"""Stored events: rows of an outbox with the topic they name, and the relays that publish what such rows name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from edanalyze.analyse.binding.climbing import Climbing
from edanalyze.analyse.binding.publishes import Publishes
from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.binding.sites import Reading, Sites
from edanalyze.analyse.binding.topics import Message
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.outbox import is_outbox_write
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.values import Frame, Hole, Instance, String

# The columns in which rows name where they go, the telling ones first.
COLUMNS = ("topic", "destination", "routing_key", "queue", "channel", "subject", "stream", "event_type", "event_name")


class StoredEvents:
    """Finds them."""

    def __init__(self, contexts: Contexts, climbing: Climbing, publishes: Publishes) -> None:
        self._contexts = contexts
        self._evaluator = contexts.evaluator
        self._climbing = climbing
        self._publishes = publishes

    def find(self) -> Iterator[PublishCall]:
        """The writes of outbox rows whose topic is known, in a stable order."""
        for each in self._contexts.inventory.effects:
            if each.is_in_function and is_outbox_write(each.effect, each.step.scope, self._evaluator):
                yield from self._rows(*each)

    def _rows(self, function: str, step: Step, effect: Effect) -> Iterator[PublishCall]:
        last = Point(step.scope.module, function, step.call.place, "an event is stored", effect.likely)

        def read(frame: Frame) -> Iterable[Reading[Message]]:
            for text in self._topics(step.call, frame):
                yield self._publishes.reading(Message(text))

        for site in Sites(self._climbing, read, last).find(step.scope):
            call = self._publishes.bound(site, function, step, effect)
            if call.topic:
                yield call

    def _topics(self, call: ir.Call, frame: Frame) -> list[String]:
        """What a row that is written names as its topic, in the call or where the row was made."""
        made: list[tuple[ir.Call, Frame]] = [(node, frame) for node in walk(call) if isinstance(node, ir.Call)]
        for expr in call.arguments:
            for value in self._evaluator.values(expr, frame):
                if isinstance(value, Instance) and value.site is not None:
                    made.append((value.site.call, value.site.frame))
        for column in COLUMNS:
            found = [
                text
                for each, where in made
                for name, value in each.keywords
                if name == column
                for text in self._evaluator.texts.choices(value, where)
            ]
            if found:
                return found
        return []


def relayed(calls: Iterable[PublishCall], stored: Iterable[PublishCall], publishes: Publishes) -> Iterator[PublishCall]:
    """Publishes, those that send what a row names (`produce(row.topic, ...)`) once for each topic of stored rows."""
    rows = {row.destination: row for row in stored}
    for call in calls:
        hole = call.destination.parts[0] if len(call.destination.parts) == 1 else ""
        if call.topic or not rows or not isinstance(hole, Hole) or hole.name not in COLUMNS:
            yield call
            continue
        for destination in rows:
            message = Message(destination, transport=call.transport)
            yield replace(
                call,
                topic=destination.text,
                destination=destination,
                consumers=publishes.receivers(message),
                reason="",
                confidence="likely",
            )
