"""Published messages of a program, each with its topic, the place that fixes it, and who receives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from edanalyze.analyse.binding.address import is_setting
from edanalyze.analyse.binding.climbing import Climbing
from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.binding.sites import Reading, Site, Sites
from edanalyze.analyse.binding.subscriptions import Received, Subscriptions
from edanalyze.analyse.binding.tasks import Tasks
from edanalyze.analyse.binding.topics import Message, Topics
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.link.entries import EntryPoint
from edanalyze.link.entries.names import import_path
from edanalyze.link.values import External, Frame, Hole, String, string

SENDING = frozenset({"publish", "deferred_publish"})


class Publishes:
    """Finds and binds them."""

    def __init__(
        self,
        contexts: Contexts,
        climbing: Climbing,
        handing: Handing,
        subscriptions: Subscriptions[EntryPoint],
        tasks: Tasks,
    ) -> None:
        self._contexts = contexts
        self._program = contexts.program
        self._climbing = climbing
        self._topics = Topics(contexts.effects, handing)
        self._subscriptions = subscriptions
        self._tasks = tasks

    def find(self) -> Iterator[PublishCall]:
        """All publishing calls, in a stable order; rows of an outbox count when their API names a topic."""
        for _, sending in groupby(self._contexts.inventory.of_kinds({*SENDING, "outbox"}), lambda each: id(each.step)):
            found: dict[tuple[object, ...], PublishCall] = {}
            for function, step, effect in sending:
                if effect.kind in SENDING or "topic" in effect.api.slots:
                    for call in self._calls(function, step, effect):
                        found.setdefault((call.site.module, call.site.place, call.destination), call)
            yield from found.values()
        for function in sorted(self._program.functions):
            yield from self._returned(function)

    def _returned(self, function: str) -> Iterator[PublishCall]:
        """What decorators publish of what a function returns."""
        scope = self._program.scopes[function]
        outer = scope.parent or scope
        evaluator = self._contexts.evaluator
        for decorator in self._program.functions[function].decorators:
            if isinstance(decorator, ir.Call):
                for value in evaluator.values(decorator.function, evaluator.root(outer)):
                    if isinstance(value, External):
                        for api in evaluator.models.rows(value.name, "publish_decorator"):
                            effect = Effect("publish", api, value.name, decorator, value.receiver)
                            yield from self._calls(function, Step(decorator, outer, (effect,), ()), effect)

    def _calls(self, function: str, step: Step, effect: Effect) -> list[PublishCall]:
        name = effect.name.rpartition(".")[2] or effect.name
        last = Point(step.scope.module, function, step.call.place, f"`{name}` publishes a message", effect.likely)

        def read(frame: Frame) -> Iterable[Reading[Message]]:
            for message in self._topics.of(effect, step.call, frame):
                yield self.reading(message)

        found: dict[tuple[object, ...], PublishCall] = {}
        for site in Sites(self._climbing, read, last).find(step.scope):
            call = self.bound(site, function, step, effect)
            found.setdefault((call.site.module, call.site.place, call.topic or call.destination), call)
        known = {(call.site.module, call.site.place) for call in found.values() if call.destination.literal is not None}
        return [
            call
            for call in found.values()
            if call.destination.literal is not None or (call.site.module, call.site.place) not in known
        ]

    @staticmethod
    def reading(message: Message) -> Reading[Message]:
        """How much is known of where a message goes."""
        if message.task is not None:
            return Reading(message, 2, 1, 1)
        name = message.name
        holes = tuple(part for part in name.parts if isinstance(part, Hole) and not is_setting(part))
        written = any(isinstance(part, str) and part.strip("/") for part in name.parts)
        open_ = any(hole.kind in {"parameter", "unknown"} for hole in holes)
        path = 2 if not open_ else 1 if written else 0
        return Reading(message, path, int(path == 2), int(len(name.parts) > 1), holes)

    def bound(self, site: Site[Message], function: str, step: Step, effect: Effect) -> PublishCall:
        """The record of a call whose message is read at a site."""
        message = site.reading.value
        received = self._received(message)
        name = self._name(message)
        if message.enqueued and message.task is None and name.literal is None and received:
            name = received[0].entry.topics[0]
        unknown = _unknown(name)
        certain = not effect.likely and name.literal is not None and all(each.certain for each in received)
        return PublishCall(
            effect=effect,
            step=step,
            module=step.scope.module,
            function=function,
            place=step.call.place,
            site=site.path[0],
            path=site.path,
            topic="" if unknown else name.text,
            destination=name,
            transport=message.transport,
            exchange=message.exchange.text if message.exchange is not None else "",
            key=message.topic.text if message.exchange is not None else "",
            bus=message.bus,
            task=message.task,
            consumers=tuple(each.entry for each in received),
            reason=f"the topic comes from `{unknown}`, which could not be resolved" if unknown else "",
            confidence="certain" if certain else "likely",
        )

    def receivers(self, message: Message) -> tuple[EntryPoint, ...]:
        """The entry points that receive a message."""
        return tuple(each.entry for each in self._received(message))

    def _received(self, message: Message) -> list[Received[EntryPoint]]:
        if message.task is not None:
            return [Received(entry, True) for entry in self._tasks.of(message.task)]
        return self._subscriptions.receivers(message)

    def _name(self, message: Message) -> String:
        task = message.task
        if task is None:
            return message.name
        known = self._tasks.name(task)
        if known is not None:
            return known
        module, _, qualname = task.id.partition(":")
        return string(f"{import_path(self._program, module)}.{qualname}")

    def message(self, call: PublishCall) -> Message:
        """The message of a call, for matching it once more."""
        exchange = string(call.exchange) if call.exchange or call.key else None
        topic = string(call.key) if exchange is not None else call.destination
        return Message(topic, exchange, call.task, call.transport, call.task is not None, call.bus)


def _unknown(name: String) -> str:
    """What a name consists of when nothing of it is known."""
    holes = [part for part in name.parts if isinstance(part, Hole)]
    if any(isinstance(part, str) and part.strip("/") for part in name.parts) or not name.parts:
        return "" if name.parts else "topic"
    return "" if any(map(is_setting, holes)) else holes[0].name or "topic"
