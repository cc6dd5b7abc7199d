"""Events and commands: what a message is by declaration, and whether its name says the opposite."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.payloads.records import Payload
from edanalyze.analyse.payloads.shapes import alternatives
from edanalyze.analyse.payloads.wording import is_imperative, is_past
from edanalyze.analyse.witness import Witness

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

_EVENT = re.compile(r"(^|[a-z])Events?$|^Event(Base)?$")
_COMMAND = re.compile(r"(^|[a-z])(Commands?|Cmd)$|^CommandBase$")


class Kind(NamedTuple):
    """What a message is: `word` "event", "command" or "" when nothing tells, and `why`."""

    word: str
    why: str = ""


class Misnamed(NamedTuple):
    """A message whose name says the opposite of what it is."""

    name: str
    kind: Kind
    witness: Witness
    likely: bool


class Kinds:
    """Tells events from commands. `commands` and `events` are patterns of names that the configuration declares."""

    def __init__(self, system: System, commands: Iterable[str] = (), events: Iterable[str] = ()) -> None:
        self._system = system
        self.commands = tuple(commands)
        self.events = tuple(events)

    def of(self, call: PublishCall, payloads: Iterable[Payload] = ()) -> Kind:
        """What a published message is, by configuration, class, API, and the place it is sent to."""
        found = list(payloads)
        configured = self.configured([call.topic, *(name.text for payload in found for name in payload.names)])
        if configured is not None:
            return configured
        for payload in found:
            for shape in alternatives(payload.type):
                declared = self.declared(shape.cls)
                if declared.word:
                    return declared
        form = str(call.effect.api.data.get("form", ""))
        if form == "command":
            return Kind("command", f"`{_last(call.effect.name)}` sends commands")
        if form == "event":
            return Kind("event", f"`{_last(call.effect.name)}` sends events")
        if call.effect.api.data.get("broadcast"):
            return Kind("event", f"`{_last(call.effect.name)}` reaches whoever listens")
        if call.exchange and self._system.binding.exchange_types.get(call.exchange) == "fanout":
            return Kind("event", f"the exchange `{call.exchange}` fans out")
        return Kind("")

    def configured(self, names: Iterable[str]) -> Kind | None:
        """What the configuration says that a message of these names is; None where it says nothing."""
        known = [name for name in names if name]
        for patterns, word in ((self.commands, "command"), (self.events, "event")):
            if any(fnmatch.fnmatchcase(name, pattern) for name in known for pattern in patterns):
                return Kind(word, "the configuration says so")
        return None

    def settled(self, name: str, sent: Iterable[tuple[PublishCall, Payload | None]]) -> Kind:
        """What a message of a name is that is sent by some calls, at last by the wording of the name."""
        found = list(sent)
        for call, payload in found:
            kind = self.of(call, [payload] if payload is not None else [])
            if kind.word:
                return kind
        if any(call.task is not None or call.effect.flag == "task" for call, _ in found):
            return Kind("command", "it starts a task")
        return self.worded(name)

    @staticmethod
    def worded(name: str) -> Kind:
        """What the wording of a name tells; the word is "message" when it tells nothing."""
        own = _own(name)
        if is_past(own):
            return Kind("event", "its name says what has happened")
        if is_imperative(own):
            return Kind("command", "its name says what to do")
        return Kind("message", "nothing tells whether it is an event or a command")

    def name(self, call: PublishCall, payload: Payload | None) -> str:
        """The name of a message: the event type that is told, the class of a declared event, else the topic."""
        if call.topic and is_addressed_by_type(call):
            return call.topic
        told = {each.source: each.text for each in reversed(payload.names)} if payload is not None else {}
        name = told.get("type") or told.get("header") or told.get("field")
        if not name and payload is not None:
            cls = next((shape.cls for shape in alternatives(payload.type) if shape.cls), "")
            if cls and (self.declared(cls).word or not call.topic):
                name = told.get("class")
        return name or call.topic or call.destination.text or "unknown"

    def declared(self, cls: str) -> Kind:
        """What a class is by its own name or that of a base."""
        if not cls:
            return Kind("")
        inner, outer = self._system.evaluator.classes.order(cls)
        for each in (*inner, *outer):
            name = each.rpartition(":")[2].rpartition(".")[2]
            if _COMMAND.search(name):
                return Kind("command", f"its class is a `{name}`")
            if _EVENT.search(name):
                return Kind("event", f"its class is an `{name}`")
        return Kind("")

    def is_declared(self, name: str) -> bool:
        """Whether the configuration says what a message of that name is."""
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in (*self.commands, *self.events))

    def misnamed(self) -> Iterator[Misnamed]:
        """Messages whose kind is known and whose name says the opposite, once for each place."""
        seen: set[tuple[object, ...]] = set()
        for call in self._system.binding.publishes:
            payloads = self._system.payloads.of(call)
            kind = self.of(call, payloads)
            if not kind.word or call.effect.kind not in {"publish", "deferred_publish"}:
                continue
            wrong = is_imperative if kind.word == "event" else is_past
            for name, witness in self._names(call, payloads):
                if self.is_declared(name):
                    continue
                key = (witness[0].module, witness[0].place)
                if wrong(_own(name)) and key not in seen:
                    seen.add(key)
                    yield Misnamed(name, kind, witness, call.effect.likely)

    @staticmethod
    def _names(call: PublishCall, payloads: Iterable[Payload]) -> Iterator[tuple[str, Witness]]:
        """The name that says what a message is: its type, else its class, else its topic; and where it is given."""
        told = False
        for payload in payloads:
            for source in ("type", "header", "field", "class"):
                names = [name.text for name in payload.names if name.source == source]
                if names:
                    told = True
                    yield names[0], payload.built_path
                    break
        if not told and call.topic and call.destination.literal is not None and call.task is None:
            yield call.topic, call.path


def is_addressed_by_type(call: PublishCall) -> bool:
    """Whether the topic of a message is its type, as a bus has it that routes by types."""
    return "event_type" in call.effect.api.slots


def _own(name: str) -> str:
    """The part of a dotted or slashed name that says what the message is."""
    return re.split(r"[/:]", name)[-1]


def _last(name: str) -> str:
    return name.rpartition(".")[2]
