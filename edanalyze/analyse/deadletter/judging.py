"""Which declared queues and subscriptions keep no dead letters, all that the project says taken together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.deadletter.declarations import DeclaredInCode
from edanalyze.analyse.deadletter.records import Declared, Undelivered
from edanalyze.facts import ir
from edanalyze.link.values import string

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

PARKING = re.compile(
    r"dead[-_. ]?letter|(?:^|[^a-z])(?:dlq|dlx|dead|parking[-_. ]?lot|parked|poison|quarantine|graveyard|errors?)"
    r"(?:[^a-z]|$)|(?:dlq|deadletters?)$|[._-]parking$",
    re.IGNORECASE,
)
"""Names of queues that hold what failed already: nothing comes after them."""


class DeadLetters:
    """Judges the declarations of a system."""

    def __init__(self, system: System) -> None:
        self._system = system

    @cached_property
    def declared(self) -> tuple[Declared, ...]:
        """All declarations in code, in the order of the text."""
        found = DeclaredInCode(self._system.evaluator).find()
        return tuple(sorted(set(found), key=lambda each: (each.module, each.place.line, each.place.column, each.names)))

    def missing(self) -> Iterator[Undelivered]:
        """Declarations after which a message that is refused has nowhere to go."""
        for each in self.declared:
            if each.routed is False and each.names and not all(self._is_safe(name, each) for name in each.names):
                path = self._system.program.paths[each.module]
                name = next(name for name in each.names if not self._is_safe(name, each))
                yield Undelivered(each.entity, name, path, each.place, each.module, each.function, each.likely)
        yield from self._in_templates()

    def keeps(self, queue: str) -> bool | None:
        """Whether what is refused of a queue or subscription is kept aside; None where nothing declares it."""
        declared = [each for each in self.declared if queue in each.names]
        if queue in self._routed or any(self._is_safe(queue, each) for each in declared):
            return True
        return False if any(each.routed is False for each in declared) else None

    def parks(self, entry: EntryPoint) -> bool:
        """Whether the code of a handler itself sends messages to a place for dead letters."""
        if entry.value is None:
            return False
        runs = {*self._system.reach.functions(entry.value), *([entry.driver.id] if entry.driver is not None else ())}
        return not runs.isdisjoint(self._parking)

    @cached_property
    def _parking(self) -> frozenset[str]:
        """The functions that send to a place for dead letters."""
        calls = self._system.binding.publishes
        return frozenset(call.site.function for call in calls if call.topic and PARKING.search(call.topic))

    @cached_property
    def _parked(self) -> frozenset[str]:
        """Where failed messages go: exchanges, and queues by their names."""
        return frozenset(name for each in self.declared for name in each.parked)

    @cached_property
    def _routed(self) -> frozenset[str]:
        """Queues that some declaration, in code or at the broker, gives dead letters."""
        in_code = {name for each in self.declared if each.routed for name in each.names}
        return frozenset(in_code | {queue.name for queue in self._system.deployment.queues if queue.dead_letter})

    def _is_safe(self, name: str, declared: Declared) -> bool:
        """Whether a queue is a place for dead letters itself, or is routed elsewhere."""
        if PARKING.search(name) or name in self._parked or name in self._routed:
            return True
        if any(policy.matches(name) for policy in self._system.deployment.policies):
            return True
        feeds = self._system.binding.feeds.of(string(name), declared.module)
        return any(feed.source in self._parked for feed in feeds)

    # --------------------------------------------------------------- templates

    def _in_templates(self) -> Iterator[Undelivered]:
        deployment = self._system.deployment
        for queue in deployment.queues:
            if queue.kind == "sqs" and not queue.dead_letter and not queue.parking and not PARKING.search(queue.name):
                yield _at("queue", queue.name, queue.file, queue.line)
        for event in deployment.events:
            if event.kind in {"sns", "kinesis", "dynamodb"} and not event.dead_letter:
                entity = "subscription" if event.kind == "sns" else "event-source-mapping"
                yield _at(entity, event.name or event.function, event.file, event.line)


def _at(entity: str, name: str, file: str, line: int) -> Undelivered:
    return Undelivered(entity, name, file, ir.Place(line, 1, line, 1))
