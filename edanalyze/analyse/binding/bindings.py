"""Bindings of a broker: which queues an exchange or topic feeds, as code and deployment files declare it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edanalyze.discover.deployed import Deployment
from edanalyze.link.entries.strings import Strings
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import External, Frame, String, Value, string
from edanalyze.models import Api

BINDING = frozenset({"binding", "queue", "exchange", "subscription"})


class Feed(NamedTuple):
    """One way into a queue: from an exchange (or topic), for messages whose key fits the pattern ("" for all)."""

    source: str
    pattern: str


class Bindings:
    """All of them. Names are texts of templates; those that are not literal hold within one module only."""

    def __init__(self, evaluator: Evaluator, deployment: Deployment) -> None:
        self._evaluator = evaluator
        self._strings = Strings(evaluator)
        self._feeds: dict[str, list[Feed]] = defaultdict(list)
        self.types: dict[str, str] = {}
        for relay in deployment.relays:
            self._add(string(relay.target), "", Feed(relay.source, relay.pattern))
        for api, receiver, frame, call in self._declarations():
            self._declared(api, receiver, frame, call)

    def feeds(self, queue: String, module: str) -> tuple[Feed, ...]:
        """What feeds a queue that code of a module names."""
        return tuple(dict.fromkeys(self._feeds.get(_key(queue, module), ())))

    def _add(self, queue: String, module: str, feed: Feed) -> None:
        self._feeds[_key(queue, module)].append(feed)

    # ------------------------------------------------------------ declarations

    def _declarations(self) -> Iterator[tuple[Api, Value | None, Frame, object]]:
        models = self._evaluator.models.models
        wanted = {api.call for kind in ("declare", "handler", "consumer") for api in models.of_kind(kind)}
        for name in sorted(models.spellings(("declare", "handler", "consumer"))):
            for call, scope in self._evaluator.program.calls.get(name, ()):
                frame = self._evaluator.root(scope)
                for value in self._evaluator.values(call.function, frame):
                    if isinstance(value, External):
                        for api in self._evaluator.models.rows(value.name):
                            if api.call in wanted and self._binds(api):
                                yield api, value.receiver, frame, call

    @staticmethod
    def _binds(api: Api) -> bool:
        if api.kind == "declare":
            return api.data.get("entity") in BINDING
        return "exchange" in api.slots

    def _declared(self, api: Api, receiver: Value | None, frame: Frame, call: object) -> None:
        from edanalyze.facts import ir

        assert isinstance(call, ir.Call)
        module = frame.scope.module

        def texts(role: str) -> list[String]:
            slot = api.slots.get(role)
            expr = argument(slot, call) if slot is not None else None
            return self._strings.known([expr], frame) if expr is not None else []

        if api.data.get("entity") == "exchange":
            for name in texts("topic"):
                for kind in texts("exchange_type") or [string("direct")]:
                    self.types[name.text] = kind.text.rpartition(".")[2].lower()
            return
        queues = [text for role in ("queue", "topic") for text in self._all(role, api, call, frame)]
        if not queues and receiver is not None:
            queues = self._strings.of_value(receiver)
        sources = texts("exchange")
        if api.data.get("entity") == "subscription":
            sources, queues = texts("topic"), texts("endpoint")
        for queue in queues:
            for source in sources:
                for key in texts("routing_key") or [string()]:
                    self._add(queue, module, Feed(source.text, key.text))

    def _all(self, role: str, api: Api, call: object, frame: Frame) -> list[String]:
        from edanalyze.facts import ir

        assert isinstance(call, ir.Call)
        slot = api.slots.get(role)
        expr = argument(slot, call) if slot is not None else None
        return self._strings.of([expr], frame) if expr is not None else []


def _key(queue: String, module: str) -> str:
    return queue.text if queue.literal is not None else f"{module}:{queue.text}"


def fits(pattern: str, key: str, transport: str) -> bool:
    """Whether a key matches a pattern in the wildcards of its transport."""
    if pattern == key:
        return True
    expression = _expression(pattern, transport)
    return expression is not None and re.fullmatch(expression, key) is not None


def is_pattern(text: str, transport: str) -> bool:
    """Whether a topic stands for several."""
    return _expression(text, transport) is not None


def _expression(pattern: str, transport: str) -> str | None:
    words: Iterable[str]
    if transport in {"amqp", ""} and re.search(r"(^|\.)[*#](\.|$)", pattern):
        words = ("(?:[^.]+(?:\\.|$))*" if w == "#" else "[^.]+" if w == "*" else re.escape(w) for w in pattern.split("."))
        return r"\.".join(words).replace(r"\.(?:[^.]+(?:\.|$))*", r"(?:\.[^.]+)*")
    if transport == "nats" and re.search(r"(^|\.)[*>](\.|$)", pattern):
        words = (".+" if w == ">" else "[^.]+" if w == "*" else re.escape(w) for w in pattern.split("."))
        return r"\.".join(words)
    if transport == "mqtt" and re.search(r"(^|/)[+#](/|$)", pattern):
        words = (".*" if w == "#" else "[^/]+" if w == "+" else re.escape(w) for w in pattern.split("/"))
        return "/".join(words)
    if transport.startswith("redis") and re.search(r"[*?\[]", pattern):
        return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    if transport in {"kafka", "pulsar"} and pattern.startswith("^"):
        return pattern
    return None
