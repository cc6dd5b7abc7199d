"""Routes that messages are posted to: by a broker's sidecar (Dapr), or by the broker itself (Pub/Sub, SNS).

The subscriptions stand in manifests, are told by the application, or are made by a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from edanalyze.discover.deployed import Deployment
from edanalyze.facts import ir
from edanalyze.facts.children import expressions, statements, walk
from edanalyze.link.entries.envelopes import TRANSPORT as ENVELOPED
from edanalyze.link.entries.envelopes import Envelopes
from edanalyze.link.entries.records import Delivery, EntryPoint
from edanalyze.link.entries.strings import Strings
from edanalyze.link.entries.transports import Transports
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import External, Frame, String, string
from edanalyze.models import Api

TOLD = "/dapr/subscribe"
TRANSPORT = "dapr"
_ADDRESS = re.compile(r"(?:https?://[^/?#]*|\{[^{}]*\})(/[^?#]+)")


class Subscription(NamedTuple):
    """A topic that is posted to a path; `module` is that of the application which says so, "" where any is meant."""

    topic: str
    path: str
    module: str
    transport: str = TRANSPORT


class Pushed:
    """Finds such routes."""

    def __init__(self, evaluator: Evaluator, deployment: Deployment) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._deployment = deployment
        self._strings = Strings(evaluator)
        self._transports = Transports(evaluator.models.models)
        self._envelopes = Envelopes(evaluator)

    def apply(self, routes: Iterable[EntryPoint]) -> list[EntryPoint]:
        """The routes, with message handlers in the place of those that messages are posted to."""
        routes = list(routes)
        subscriptions = [*self._declared(), *self._told(routes), *self._made()]
        if subscriptions:
            routes = [self._handler(route, subscriptions) for route in routes]
        return [self._unpacking(route) if route.kind == "route" else route for route in routes]

    def _unpacking(self, route: EntryPoint) -> EntryPoint:
        """A route that unpacks the envelope of a pushed message handles messages of a topic that is not known."""
        if not {"*", "POST"}.intersection(route.methods) or not self._envelopes.reach(route.function):
            return route
        return _handling(route, route.name, (), ENVELOPED)

    def _declared(self) -> Iterator[Subscription]:
        for event in self._deployment.events:
            if event.kind == "subscription" and event.path and event.module is None:
                yield Subscription(event.name, event.path, "")

    def _told(self, routes: Iterable[EntryPoint]) -> Iterator[Subscription]:
        """What the application answers when the sidecar asks: a list of dicts with `topic` and `route`."""
        for route in routes:
            facts = self._program.functions.get(route.function) if route.path == TOLD else None
            if facts is None:
                continue
            frame = self._evaluator.root(self._program.scopes[route.function])
            for statement in statements(facts.body):
                for expr in expressions(statement):
                    for node in walk(expr):
                        if isinstance(node, ir.Mapping):
                            fields = {
                                key.value: value
                                for key, value in node.items
                                if isinstance(key, ir.Const) and isinstance(key.value, str)
                            }
                            for topic in self._evaluator.literals(fields.get("topic"), frame):
                                for path in self._evaluator.literals(fields.get("route"), frame):
                                    yield Subscription(topic, path, route.module)

    def _made(self) -> Iterator[Subscription]:
        """What calls subscribe to a topic with the address of a route."""
        models = self._evaluator.models
        for name in sorted(models.models.spellings(("declare",))):
            for call, scope in self._program.calls.get(name, ()):
                frame = self._evaluator.root(scope)
                for value in self._evaluator.values(call.function, frame):
                    for api in models.rows(value.name, "declare") if isinstance(value, External) else ():
                        if api.data.get("entity") == "subscription":
                            yield from self._posted(api, call, frame)

    def _posted(self, api: Api, call: ir.Call, frame: Frame) -> Iterator[Subscription]:
        given = {role: argument(slot, call) for role, slot in api.slots.items()}
        topics = [given.get("topic"), *_fields(given.get("request"), "topic")]
        endpoints = [given.get("endpoint"), *_fields(given.get("push") or given.get("request"), "push_endpoint")]
        for topic in self._strings.known(topics, frame):
            for endpoint in endpoints:
                for text in self._evaluator.texts.choices(endpoint, frame) if endpoint is not None else ():
                    address = _ADDRESS.match(text.text)
                    if address is not None and topic.literal:
                        name = re.split(r"[:/]", topic.literal)[-1]
                        yield Subscription(name, address[1], "", self._transports.of(api))

    @staticmethod
    def _handler(route: EntryPoint, subscriptions: Iterable[Subscription]) -> EntryPoint:
        for each in subscriptions:
            if route.path.strip("/") == each.path.strip("/") and _same_folder(route.module, each.module):
                if not {"*", "POST"}.intersection(route.methods):
                    continue
                return _handling(route, each.topic, (string(each.topic),), each.transport)
        return route


def _handling(route: EntryPoint, name: str, topics: tuple[String, ...], transport: str) -> EntryPoint:
    """A route as the handler of the messages that are posted to it."""
    delivery = Delivery(at_least_once=True, ack="after", retries=True)
    return replace(route, kind="handler", name=name, topics=topics, transport=transport, methods=(), delivery=delivery)


def _fields(expr: ir.Expr | None, name: str) -> Iterator[ir.Expr]:
    """What a field is given in an expression: as a keyword of a call in it, or as an entry of a dict."""
    for node in walk(expr) if expr is not None else ():
        if isinstance(node, ir.Call):
            yield from (value for keyword, value in node.keywords if keyword == name)
        elif isinstance(node, ir.Mapping):
            yield from (value for key, value in node.items if isinstance(key, ir.Const) and key.value == name)


def _same_folder(module: str, told: str) -> bool:
    return not told or module.rpartition(".")[0] == told.rpartition(".")[0]
