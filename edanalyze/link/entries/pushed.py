"""Routes that a broker's sidecar posts messages to: subscriptions of Dapr, in manifests or told by the application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from edanalyze.discover.deployed import Deployment
from edanalyze.facts import ir
from edanalyze.facts.children import expressions, statements, walk
from edanalyze.link.entries.records import Delivery, EntryPoint
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import string

TOLD = "/dapr/subscribe"
TRANSPORT = "dapr"


class Subscription(NamedTuple):
    """A topic that is posted to a path; `module` is that of the application which says so, "" for a manifest."""

    topic: str
    path: str
    module: str


class Pushed:
    """Finds such routes."""

    def __init__(self, evaluator: Evaluator, deployment: Deployment) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._deployment = deployment

    def apply(self, routes: Iterable[EntryPoint]) -> list[EntryPoint]:
        """The routes, with message handlers in the place of those that messages are posted to."""
        routes = list(routes)
        subscriptions = [*self._declared(), *self._told(routes)]
        return [self._handler(route, subscriptions) for route in routes] if subscriptions else routes

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

    @staticmethod
    def _handler(route: EntryPoint, subscriptions: Iterable[Subscription]) -> EntryPoint:
        for each in subscriptions:
            if route.path.strip("/") == each.path.strip("/") and _same_folder(route.module, each.module):
                if not {"*", "POST"}.intersection(route.methods):
                    continue
                return replace(
                    route,
                    kind="handler",
                    name=each.topic,
                    topics=(string(each.topic),),
                    transport=TRANSPORT,
                    methods=(),
                    delivery=Delivery(at_least_once=True, ack="after", retries=True),
                )
        return route


def _same_folder(module: str, told: str) -> bool:
    return not told or module.rpartition(".")[0] == told.rpartition(".")[0]
