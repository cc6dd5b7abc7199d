"""Topics: where a message is sent, read from the call that sends it as it is in one context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from edanalyze.analyse.binding.address import is_setting
from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.incontext import InContext, Made
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.effects import Effects
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.entries.prefixes import Prefixes
from edanalyze.link.entries.strings import Strings, is_unknown, written
from edanalyze.link.entries.transports import Transports
from edanalyze.link.library import argument
from edanalyze.link.values import External, ExternalInstance, Frame, Function, Hole, Instance, String, Value, string

ROLES = ("topic", "queue", "stream", "list", "target", "topic_arn")
TASK_FORMS = frozenset({"task", "delayed"})
DECLARED = "publish_decorator"
DEEPEST = 4
_RESOURCE = re.compile(r"^(?:arn:[\w-]*:[^/]*:|https?://[^/]+/(?:.*/)?|projects/[^/]+/\w+/)(?=[^/:]+$)")


@dataclass(frozen=True, slots=True)
class Message:
    """Where a message goes.

    `exchange` is None where the transport has none; `task` is the function of a task that is `enqueued`; `bus` is where
    an event goes that is addressed by its type.
    """

    topic: String
    exchange: String | None = None
    task: Function | None = None
    transport: str = ""
    enqueued: bool = False
    bus: str = ""

    @property
    def name(self) -> String:
        """The name that producer and consumer share."""
        if self.exchange is None or not self.exchange.parts:
            return self.topic
        return string(*self.exchange.parts, "/", *self.topic.parts) if self.topic.parts else self.exchange


class Topics:
    """Reads messages from calls."""

    def __init__(self, effects: Effects, handing: Handing) -> None:
        self._in_context = InContext(effects, handing)
        self._evaluator = effects.evaluator
        self._library = effects.library
        self._strings = Strings(effects.evaluator)
        self._prefixes = Prefixes(effects.evaluator)
        self._transports = Transports(effects.library.models)

    def of(self, effect: Effect, call: ir.Call, frame: Frame) -> list[Message]:
        """The messages that a call sends in a frame."""
        found: list[Message] = []
        for made in self._in_context.of(effect, call, frame):
            transport = self._transports.of(made.effect.api)
            for each in self._receivers(made):
                found += self._messages(each, transport)
        return list(dict.fromkeys(found))

    def _receivers(self, made: Made) -> list[Made]:
        """The call for each object that may be the sender: which of several publishers is chosen, say."""
        values = self._evaluator.values(made.call.function, made.frame)
        senders = [each.receiver for each in values if isinstance(each, External) and each.name == made.effect.name]
        if len(senders) < 2:
            return [made]
        return [made._replace(effect=replace(made.effect, receiver=sender)) for sender in dict.fromkeys(senders)]

    def _messages(self, made: Made, transport: str) -> list[Message]:
        api = made.effect.api
        if api.data.get("form") in TASK_FORMS:
            return list(self._tasks(made, transport))
        if "event_type" in api.slots and (types := self._texts(self._in_context.values(made, "event_type"))):
            buses = [plain(text).literal or "" for text in self._named(made, ("topic",))] or [""]
            return [Message(text, transport=transport, bus=bus) for text in types for bus in buses]
        if "routing_key" in api.slots or "exchange" in api.slots:
            return self._addressed(made, transport)
        texts = self._prefixed(made, self._named(made, ROLES)) or self._enveloped(made)
        declared = self._declared(made) if not texts else None
        if declared is not None:
            return self._messages(declared, transport)
        texts = texts or self._of_receiver(made.effect.receiver)
        if not texts and api.data.get("form") in {"event", "command"}:
            texts = self._types(made)
        if not texts:
            texts = [self._unknown(made)]
        return [Message(plain(text), transport=transport) for text in written(texts)]

    # ------------------------------------------------------------------ topics

    def _texts(self, values: Iterable[Value]) -> list[String]:
        return [value for value in values if isinstance(value, String)]

    def _named(self, made: Made, roles: Iterable[str]) -> list[String]:
        """What is given in the first of the slots that is filled."""
        for role in roles:
            slot = made.effect.api.slots.get(role)
            if slot is not None and (slot.entry is not None or slot.field is not None):
                found = self._texts(self._in_context.values(made, role))
                if found:
                    return found
                continue
            if self._in_context.passes(made, role):
                given = self._in_context.argument(made, role)
                assert given is not None
                return self._strings.of([given[0]], given[1])
            if slot is not None and isinstance(slot.default, str):
                return [string(slot.default)]
        return []

    def _unknown(self, made: Made) -> String:
        for role in (*ROLES, "routing_key"):
            given = self._in_context.argument(made, role)
            if given is not None:
                return String((Hole("unknown", self._evaluator.texts.label(given[0])),))
        return String((Hole("unknown", "topic"),))

    def _enveloped(self, made: Made) -> list[String]:
        """The topic that a message object carries."""
        for value in self._in_context.values(made, "envelope"):
            if isinstance(value, ExternalInstance) and value.site is not None:
                for api in self._library.rows(value.name.removesuffix("()"), "envelope"):
                    for role in ("topic", "event_type", "queue"):
                        slot = api.slots.get(role)
                        expr = argument(slot, value.site.call) if slot is not None else None
                        if expr is not None and (slot is None or slot.entry is None):
                            return self._strings.of([expr], value.site.frame)
        return []

    def _prefixed(self, made: Made, texts: list[String]) -> list[String]:
        """The topics of a publisher that is declared on a router, with the router's prefix."""
        declared = made.effect.api.kind == DECLARED
        return self._prefixes.applied(texts, made.effect.receiver) if declared else texts

    def _declared(self, made: Made) -> Made | None:
        """The declaration of the publisher object that sends, seen as if it were the call."""
        receiver = made.effect.receiver
        site = receiver.site if isinstance(receiver, ExternalInstance) else None
        for callee in self._evaluator.values(site.call.function, site.frame) if site is not None else ():
            if isinstance(callee, External) and site is not None:
                for api in self._library.rows(callee.name, DECLARED):
                    return Made(
                        Effect(made.effect.kind, api, callee.name, site.call, callee.receiver), site.call, site.frame
                    )
        return None

    def _of_receiver(self, receiver: Value | None) -> list[String]:
        """The name that the sending object was made for."""
        if isinstance(receiver, External):
            return self._of_receiver(receiver.receiver)
        if receiver is None:
            return []
        texts = self._strings.of_value(receiver)
        return [text for text in texts if not is_unknown(text) or any(map(is_setting, _holes(text)))]

    def _types(self, made: Made) -> list[String]:
        """The class of the event, where the bus addresses by type."""
        for role in ("payload", "envelope"):
            classes = [value.id for value in self._in_context.values(made, role) if isinstance(value, Instance)]
            if classes:
                return [string(cls.rpartition(":")[2].rpartition(".")[2]) for cls in classes]
        return []

    def procedures(self, effect: Effect, call: ir.Call, frame: Frame) -> list[tuple[str, str]]:
        """For a remote call: whom the code names and which method it calls, "" for what it does not tell."""
        found: list[tuple[str, str]] = []
        for made in self._in_context.of(effect, call, frame):
            receiver = made.effect.receiver
            texts = self._named(made, ROLES)
            if texts:
                found += [("", plain(text).literal or "") for text in texts]
                continue
            targets = self._of_receiver(receiver)
            chain = [name for name in spelled(made.call.function).split(".") if name != "call_async"]
            found += [(target.literal or "", chain[-1]) for target in targets or [string(*chain[-2:-1])]]
        return list(dict.fromkeys(found))

    # -------------------------------------------------------------------- AMQP

    def _addressed(self, made: Made, transport: str) -> list[Message]:
        """A message with exchange and routing key; without an exchange the key is a queue."""
        keys = self._prefixed(made, self._named(made, ("routing_key", "topic", "queue")))
        keys = keys or self._of_call(made, "routing_key") or [string()]
        exchanges = self._exchanges(made)
        found: list[Message] = []
        for exchange in exchanges:
            for key in keys:
                known = exchange.parts or key.parts
                found.append(Message(key if known else self._unknown(made), exchange, transport=transport))
        return found

    def _exchanges(self, made: Made) -> list[String]:
        if "exchange" in made.effect.api.slots:
            if self._in_context.passes(made, "exchange"):
                return self._named(made, ("exchange",))
            return self._of_call(made, "exchange") or [string()]
        senders = self._alternatives(made)
        named = [text for each in senders for text in self._of_receiver(each)]
        if named:  # `declare_exchange(name) if name else default_exchange`: in each context it is one of them
            return list(dict.fromkeys(text for text in named if text.parts)) or [string()]
        made_here = any(isinstance(each, ExternalInstance) and each.site is not None for each in senders)
        if made_here or "default_exchange" in spelled(made.call.function):
            return [string()]
        return [String((Hole("unknown", "exchange"),))]

    def _alternatives(self, made: Made) -> list[Value]:
        """What the sending object may be: all that the name it goes by stands for."""
        receiver, function = made.effect.receiver, made.call.function
        if not isinstance(receiver, ExternalInstance) or not isinstance(function, ir.Attr):
            return [] if receiver is None else [receiver]
        values = self._evaluator.values(function.value, made.frame)
        same = [each for each in values if isinstance(each, ExternalInstance) and each.name == receiver.name]
        return [*same] or [receiver]

    def _of_call(self, made: Made, role: str) -> list[String]:
        """The same slot of the call that made the sending object."""
        receiver = made.effect.receiver
        if not isinstance(receiver, ExternalInstance) or receiver.site is None:
            return []
        for api in self._library.rows(receiver.name):
            slot = api.slots.get(role)
            expr = argument(slot, receiver.site.call) if slot is not None else None
            if expr is not None:
                return self._strings.of([expr], receiver.site.frame)
        return []

    # ------------------------------------------------------------------- tasks

    def _tasks(self, made: Made, transport: str) -> Iterator[Message]:
        given = [*self._in_context.values(made, "func"), *self._in_context.values(made, "topic")]
        found: list[Function | String] = []
        for value in (made.effect.receiver, *given):
            for task in self._run(value, 0):
                found.append(task)
        found = found or [*self._enveloped(made)]
        if not found and {"func", "topic"}.isdisjoint(made.effect.api.slots):
            found = list(self._of_expression(made))
        for task in found or [self._unknown(made)]:
            if isinstance(task, Function):
                yield Message(string(), task=task, transport=transport, enqueued=True)
            else:
                yield Message(task, transport=transport, enqueued=True)

    def _of_expression(self, made: Made) -> Iterator[Function | String]:
        """The task as the call spells it: `self.retry()` in a task, `wrapped(task).delay()`, or a mere name."""
        if not isinstance(made.call.function, ir.Attr):
            return
        expr, scope = made.call.function.value, made.frame.scope
        again = made.call.function.name in {"retry", "replace"}
        if again and isinstance(expr, ir.Name) and expr.id in {"self", "task"}:
            yield Function(scope.lexical.id)
            return
        values: list[Value] = list(self._evaluator.values(expr, made.frame))
        if isinstance(expr, ir.Call):
            values += [value for each in expr.arguments for value in self._evaluator.values(each, made.frame)]
        known = [value for value in values if isinstance(value, Function)]
        yield from known
        name = spelled(expr).removesuffix("()").rpartition(".")[2]
        if not known and name:
            yield String((Hole("unknown", name),))

    def _run(self, value: Value | None, depth: int) -> Iterator[Function | String]:
        """The functions (or names of tasks) that a task, signature, chain or job stands for."""
        match value:
            case Function():
                yield value
            case String() if value.parts:
                yield value
            case ExternalInstance(site=site, owner=owner) if depth < DEEPEST:
                found = list(self._run(owner, depth + 1))
                if site is not None:
                    for api in self._library.rows(self._maker(value), "signature"):
                        slot = api.slots.get("topic")
                        expr = argument(slot, site.call) if slot is not None else None
                        found += [text for text in self._strings.of([expr], site.frame) if expr is not None]
                    for expr in site.call.arguments:
                        for inner in self._evaluator.values(expr, site.frame):
                            if isinstance(inner, Function | ExternalInstance):
                                found += self._run(inner, depth + 1)
                yield from dict.fromkeys(found)
            case External(receiver=receiver) if depth < DEEPEST:
                yield from self._run(receiver, depth + 1)
            case _:
                return

    def _maker(self, value: ExternalInstance) -> str:
        site = value.site
        callees = self._evaluator.values(site.call.function, site.frame) if site is not None else ()
        return next((callee.name for callee in callees if isinstance(callee, External)), value.name)


def _holes(text: String) -> list[Hole]:
    return [part for part in text.parts if isinstance(part, Hole)]


def plain(text: String) -> String:
    """A topic without what says where it lives: of an ARN, a queue's URL or a resource path the last part."""
    *before, last = text.parts or ("",)
    if isinstance(last, str):
        whole = string(*before, last).text
        located = before and re.search(r"[:/][\w.-]+$", last) and whole.startswith(("arn:", "http"))
        if located or _RESOURCE.match(whole):
            return string(re.split(r"[:/]", last)[-1])
    return text
