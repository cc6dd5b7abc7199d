"""Finds poison-message loops: everything that makes a failed message come again without an end, put together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.bearing import Bears
from edanalyze.analyse.engine.engine import Engine
from edanalyze.analyse.poison.batches import Batches
from edanalyze.analyse.poison.limits import Limits
from edanalyze.analyse.poison.records import Endless, named
from edanalyze.analyse.poison.requeue import Caught, Requeues
from edanalyze.analyse.poison.settings import Settings
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Witness
from edanalyze.facts.ir import Place

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint


class PoisonLoops:
    """All of them, each place once, with a handler that it concerns."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._limits = Limits(system)
        self._settings = Settings(system)
        self._batches = Batches(system)

    def found(self) -> Iterator[Endless]:
        """In the order of the handlers."""
        seen: set[tuple[str, Place]] = set()
        for entry in self._system.message_handlers:
            if self._limits.at_broker(entry):
                continue
            for endless in self._of(entry):
                point = endless.witness[0]
                if (point.module, point.place) not in seen:
                    seen.add((point.module, point.place))
                    yield endless

    def _of(self, entry: EntryPoint) -> Iterator[Endless]:
        functions = self._functions(entry)
        yield from (each for each in self._settings.of(entry) if not self._limits.in_code((entry.function,)))
        for endless in self._requeued(entry):
            on_the_way = {point.function for point in (*endless.before, *endless.witness)}
            drivers = {entry.driver.id} if entry.driver is not None else set()
            if not self._limits.in_code({entry.function, *drivers, *on_the_way}):
                yield endless
        for function in functions:
            yield from self._settings.retried(entry, function)
            yield from self._batches.of(entry, function)

    def _functions(self, entry: EntryPoint) -> list[str]:
        """The functions that a message may run: the handler's, and those of the loop around it."""
        found: dict[str, None] = {}
        if entry.value is not None:
            found.update(dict.fromkeys(self._system.reach.functions(entry.value)))
        if entry.driver is not None:
            found.setdefault(entry.driver.id)
        return list(found)

    def _requeued(self, entry: EntryPoint) -> list[Endless]:
        found: list[Endless] = []

        def report(clause: Witness, witness: Witness) -> None:
            subject = f"{named(witness[0])} has" if clause else "any failure has"
            after = " after any failure" if clause else ""
            how = f"{subject} the message delivered again{after}, so that one which always fails comes again for ever"
            likely = any(point.likely for point in witness)
            found.append(Endless(entry, how, witness, clause, likely))

        def republished(step: Step) -> bool:
            return self._goes_back(entry, step)

        domain = Requeues(self._system, report, republished)
        for function, frame in self._system.swallowing.roots(entry):
            if self._may_put_back(entry, function.id):
                Engine(domain, self._system.contexts).run(function, frame, Caught())
        return found

    def _may_put_back(self, entry: EntryPoint, function: str) -> bool:
        """Whether a function may come to settle a message, or to publish to a topic that the handler receives."""
        bearing = self._system.bearing
        if bearing.may(function, Bears.SETTLES):
            return True
        publishing = (self._publishing.get(topic.literal, ()) for topic in entry.topics if topic.literal)
        return bearing.leads_to(function, frozenset(name for names in publishing for name in names))

    @cached_property
    def _publishing(self) -> dict[str, set[str]]:
        """The functions that publish to each topic."""
        found: dict[str, set[str]] = defaultdict(set)
        for call in self._system.binding.publishes:
            found[call.topic].add(call.function)
        return found

    def _goes_back(self, entry: EntryPoint, step: Step) -> bool:
        """Whether a call publishes to a topic that the handler receives, by a literal name."""
        topics = {topic.literal for topic in entry.topics if topic.literal}
        sent = self._system.binding.publish_of_physical(step.scope.module, step.call.place)
        return bool(sent) and all(call.topic in topics for call in sent)
