"""Event rings: messages whose handling leads, over other handlers or a change stream, to the same message again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edanalyze.analyse.flows.changestreams import ChangeStreams, Watcher
from edanalyze.analyse.flows.passage import KINDS
from edanalyze.analyse.flows.sending import Sending, Sent
from edanalyze.analyse.rings import components, way
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.values import Display, Frame, Function

if TYPE_CHECKING:
    from edanalyze.analyse.binding.records import PublishCall
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

_ASIDE = re.compile(r"retr(y|ies)|re-?queue|dlq|dlx|dead[-_.]?letter|parking|park(ed)?([-_.]|$)|redrive|replay", re.I)
_STATEFUL = re.compile(r"saga|orchestrat|state_?machine|workflow", re.I)
_LATER = ("eta", "countdown", "delay", "schedule", "not_before", "scheduled_for")
DEEPEST = 4


@dataclass(frozen=True, slots=True, eq=False)
class Passing:
    """A handler that passes a message on: it sends one, or writes what a change stream turns into one.

    `start` is the function whose message it is, `name` the topic (or what is written), `kinds` the types of message
    that it sends, where they are known; `witness` begins at the place that fixes the topic, `before` leads there.
    """

    start: str
    sent: Sent
    name: str
    kinds: frozenset[str]
    witness: Witness
    before: Witness
    receivers: frozenset[str]
    certain: bool


@dataclass(frozen=True, slots=True, eq=False)
class EventRing:
    """A message on a circle: `first` sends it, and each of `further` is what the handling of the one before sends."""

    first: Passing
    further: tuple[Passing, ...]


class EventRings:
    """Finds them."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._sending = Sending(system)
        self._streams = ChangeStreams(system)

    def find(self) -> Iterator[EventRing]:
        """For each publish that lies on a circle the shortest one that it lies on."""
        passings = self._passings()
        by_start: dict[str, list[int]] = defaultdict(list)
        for number, passing in enumerate(passings):
            by_start[passing.start].append(number)
        graph: dict[int, list[int]] = {
            number: [
                follower
                for start in sorted(passing.receivers)
                for follower in by_start.get(start, ())
                if passings[follower].sent.passage.lets_through(passing.kinds)
            ]
            for number, passing in enumerate(passings)
        }
        parts = components(graph)
        sizes: dict[int, int] = defaultdict(int)
        for number in graph:
            sizes[parts[number]] += 1
        for number, passing in enumerate(passings):
            if passing.sent.effect.kind in {"write", "dedupe"}:
                continue
            if sizes[parts[number]] < 2 and number not in graph[number]:
                continue
            round_trips = [way(graph, follower, number) for follower in graph[number]]
            shortest = min((each for each in round_trips if each), key=len)
            yield EventRing(passing, tuple(passings[each] for each in shortest[:-1]))

    # ----------------------------------------------------------------- passings

    def _passings(self) -> list[Passing]:
        found: list[Passing] = []
        seen: set[tuple[str, object, str]] = set()
        for entry in self._system.message_handlers:
            if entry.value is not None:
                self._of(entry.function, entry.value, entry, found, seen)
        for watcher in self._streams.watchers:
            function = Function(watcher.function)
            self._of(watcher.function, function, None, found, seen)
        return found

    def _of(
        self,
        start: str,
        function: Function,
        entry: EntryPoint | None,
        found: list[Passing],
        seen: set[tuple[str, object, str]],
    ) -> None:
        for sent in self._sending.of(function):
            if sent.passage.guarded:
                continue
            for passing in self._passed_on(start, entry, sent):
                key = (start, (passing.witness[0].module, passing.witness[0].place), passing.name)
                if key not in seen:
                    seen.add(key)
                    found.append(passing)

    def _passed_on(self, start: str, entry: EntryPoint | None, sent: Sent) -> Iterator[Passing]:
        if sent.effect.kind in {"write", "dedupe"} and not self._is_stored(sent):
            for watcher in self._streams.of(sent.effect, sent.frame):
                yield self._written(start, sent, watcher)
            return
        if self._comes_later(sent) or any(_STATEFUL.search(point.function.partition(":")[2]) for point in sent.witness):
            return
        for call in self._calls(sent):
            if not call.topic or _ASIDE.search(call.topic) or _ASIDE.search(call.site.function.rpartition(":")[2]):
                continue
            if entry is not None and _ASIDE.search(" ".join(topic.text for topic in entry.topics)):
                continue
            receivers = frozenset(
                receiver.function
                for receiver in call.consumers
                if receiver.kind in {"handler", "task"}
                and _is_same(call, receiver)
                and not (receiver.function == start and self._comes_back_otherwise(call, sent, start))
            )
            if receivers:
                before = _way_to(sent.witness, call)
                kinds = self._kinds(sent)
                certain = call.confidence == "certain"
                yield Passing(start, sent, call.topic, kinds, (*call.path,), before, receivers, certain)

    def _written(self, start: str, sent: Sent, watcher: Watcher) -> Passing:
        kinds = self._streams.kinds(sent.effect)
        receivers = frozenset({watcher.function})
        return Passing(start, sent, watcher.name, kinds, sent.witness, (), receivers, not sent.effect.likely)

    def _is_stored(self, sent: Sent) -> bool:
        place = (sent.step.scope.module, sent.step.call.place)
        return any((row.module, row.place) == place for row in self._system.binding.stored)

    def _calls(self, sent: Sent) -> list[PublishCall]:
        """The bound publishes whose topic is fixed on the way to a call."""
        last = sent.witness[-1]
        binding = self._system.binding
        calls = [
            *binding.publish_of_physical(last.module, last.place),
            *(row for row in binding.stored if (row.module, row.place) == (last.module, last.place)),
        ]
        places = {(point.module, point.place) for point in sent.witness}
        fixed = [call for call in calls if (call.site.module, call.site.place) in places]
        return fixed or [call for call in calls if (call.site.module, call.site.place) == (last.module, last.place)]

    # --------------------------------------------------------------- exceptions

    @staticmethod
    def _comes_later(sent: Sent) -> bool:
        """Whether a message is sent with a delay: what comes back later on purpose polls or tries again."""
        return any(sent.effect.argument(role) is not None for role in _LATER) or any(
            name in _LATER for name, _ in sent.step.call.keywords
        )

    def _comes_back_otherwise(self, call: PublishCall, sent: Sent, start: str) -> bool:
        """Whether a task that enqueues itself gives itself something else: it turns pages, or visits neighbours."""
        if call.task is None or self._is_told_of_writes(sent):
            return False
        if any(entry.kind == "job" and entry.function == start for entry in self._system.entries):
            return True  # a schedule starts it anyway
        facts = self._system.program.functions.get(start)
        own = {parameter.name for parameter in facts.parameters} if facts is not None else set()
        given = [*sent.step.call.arguments, *(value for _, value in sent.step.call.keywords)]
        names = {node.id for value in given for node in walk(value) if isinstance(node, ir.Name)}
        changed = any(isinstance(node, ir.Operation | ir.Call | ir.Attr) for value in given for node in walk(value))
        return changed or not names <= own or len(sent.witness) > 1

    def _is_told_of_writes(self, sent: Sent) -> bool:
        """Whether what sends is a receiver that the framework calls when something is stored."""
        return any(self._system.effects.signals.is_receiver(point.function) for point in sent.witness)

    # -------------------------------------------------------------------- types

    def _kinds(self, sent: Sent) -> frozenset[str]:
        """The types that the payload of a message names."""
        given = sent.effect.argument("payload")
        exprs = [given] if given is not None else list(sent.step.call.arguments)
        found: set[str] = set()
        for expr in exprs:
            self._named(expr, sent.frame, found, 0)
        return frozenset(found)

    def _named(self, expr: ir.Expr, frame: Frame, found: set[str], depth: int) -> None:
        evaluator = self._system.evaluator
        for node in walk(expr):
            if isinstance(node, ir.Mapping):
                for key, value in node.items:
                    if isinstance(key, ir.Const) and key.value in KINDS:
                        found.update(evaluator.literals(value, frame))
            elif isinstance(node, ir.Name) and depth < DEEPEST:
                for given in evaluator.values(node, frame):
                    if isinstance(given, Display) and isinstance(given.expr, ir.Mapping):
                        self._named(given.expr, given.frame, found, depth + 1)
            elif isinstance(node, ir.Call):
                for name, value in node.keywords:
                    if name in KINDS:
                        found.update(evaluator.literals(value, frame))


def _is_same(call: PublishCall, receiver: EntryPoint) -> bool:
    """Whether a handler certainly receives what is sent, rather than a message whose name could be the same."""
    if call.task is not None or call.confidence == "certain":
        return True
    return any(topic.text == call.destination.text for topic in receiver.topics) or call.effect.likely


def _way_to(witness: Witness, call: PublishCall) -> tuple[Point, ...]:
    found: list[Point] = []
    for point in witness:
        if (point.module, point.place) == (call.site.module, call.site.place):
            return tuple(found)
        found.append(point)
    return ()
