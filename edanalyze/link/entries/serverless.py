"""Serverless functions: handlers and routes that templates, decorators or the code itself connect to events."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.discover.deployed import Deployment, FunctionEvent
from edanalyze.link.entries.callables import Callables, Target
from edanalyze.link.entries.declarations import Declarations
from edanalyze.link.entries.events import Events
from edanalyze.link.entries.paths import methods, normalised
from edanalyze.link.entries.records import Delivery, EntryPoint
from edanalyze.link.entries.routes import Routes, route_name
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Class, External, Function, String, string

CARRIERS = {"dynamodb": "dynamodb-stream", "mq": "amqp", "subscription": "dapr"}
REPEATED = frozenset(
    {"sqs", "sns", "eventbridge", "kinesis", "dynamodb-stream", "kafka", "s3", "amqp", "dapr", "logs"}
    | {"google-cloud-pubsub", "gcs"}
)
LIBRARY = "aws-lambda"


class Serverless:
    """Finds them."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        callables: Callables,
        routes: Routes,
        deployment: Deployment,
    ) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._declarations = declarations
        self._callables = callables
        self._routes = routes
        self._deployment = deployment
        self._events = Events(evaluator)
        self._modules = {path: module for module, path in self._program.paths.items()}

    def find(self) -> Iterator[EntryPoint]:
        """All of them: declared in templates first, the others by decorator or by shape."""
        declared: set[str] = set()
        for event in self._deployment.events:
            for target in self._targets(event):
                declared.add(target.function)
                yield from self._declared(event, target)
        known = {function for each in self._deployment.functions for function in self._named(each.module, each.handler)}
        for decoration in self._declarations.decorated():
            declaration = decoration.declaration
            if declaration.api.kind == "handler" and "event_class" in declaration.api.slots:
                for target in self._routes.subject(decoration.subject, decoration.frame):
                    if target.function not in declared:
                        declared.add(target.function)
                        expr = declaration.argument("event_class")
                        values = self._evaluator.values(expr, declaration.frame) if expr is not None else ()
                        names = [value.name for value in values if isinstance(value, External)]
                        carrier = next(filter(None, map(self._events.source, names)), "")
                        yield from self._shaped(target, carrier)
        yield from self._resolvers()
        for identifier in sorted(self._program.functions):
            scope = self._program.scopes[identifier]
            if identifier in declared or not self._events.is_handler(scope) or self._events.dispatches(scope):
                continue
            carrier = self._events.transport(scope)
            if carrier or identifier in known:
                for target in self._routes.subject(identifier, self._evaluator.root(scope.parent or scope)):
                    yield from self._shaped(target, carrier)

    # --------------------------------------------------------------- templates

    def _targets(self, event: FunctionEvent) -> list[Target]:
        """The function that a template names; none when its file is not analysed or it only dispatches."""
        found: list[Target] = []
        for function in self._named(event.module, event.handler):
            scope = self._program.scopes[function]
            if not self._events.dispatches(scope):
                found += self._routes.subject(function, self._evaluator.root(scope.parent or scope))
        return found

    def _named(self, path: str | None, name: str) -> Iterator[str]:
        module = self._modules.get(path or "")
        if module is None or not name:
            return
        if f"{module}:{name}" in self._program.functions:
            yield f"{module}:{name}"
            return
        scope = self._program.scopes[f"{module}:"]
        for value in self._evaluator.name(name, self._evaluator.root(scope)) if name in scope.bindings else ():
            if isinstance(value, Function):
                yield self._callables.defined(value).id
            elif not isinstance(value, Class):
                yield from (target.function for target in self._callables.of_value(value) if target.value is not None)

    def _declared(self, event: FunctionEvent, target: Target) -> Iterator[EntryPoint]:
        if event.kind in {"api", "websocket", "graphql"}:
            verbs = ("WEBSOCKET",) if event.kind == "websocket" else methods([event.method or "ANY"])
            path = normalised(string(event.path), "aws").replace("+}", ":path}") if event.path else f"/{event.name}"
            yield self._route(target, verbs, path if path.startswith("/") else f"/{path}", event.function)
        elif event.kind == "schedule":
            yield self._entry("job", target, event.name or event.properties.get("Schedule", ""), (), "")
        else:
            carrier = CARRIERS.get(event.kind, event.kind)
            names = event.types or ((event.name,) if event.name else ())
            topics = tuple(string(name) for name in names)
            dead = event.dead_letter or any(
                queue.name == event.name and queue.dead_letter for queue in self._deployment.queues
            )
            yield self._entry("handler", target, ", ".join(names) or event.function, topics, carrier, dead)

    def _resolvers(self) -> Iterator[EntryPoint]:
        """Fields of a GraphQL API that a function resolves: requests like those of a path."""
        for decoration in self._declarations.decorated():
            declaration = decoration.declaration
            if declaration.api.kind == "event" and declaration.text("form") == "graphql":
                names = [
                    next(iter(self._evaluator.literals(declaration.argument(role), declaration.frame)), "")
                    for role in ("type_name", "field_name")
                ]
                for target in self._routes.subject(decoration.subject, decoration.frame):
                    yield self._route(target, ("*",), "", ".".join(filter(None, names)))

    # ------------------------------------------------------------------- shape

    def _shaped(self, target: Target, carrier: str) -> Iterator[EntryPoint]:
        name = self._program.functions[target.function].name
        if carrier == "request":
            yield self._route(target, ("*",), "", name)
        elif carrier:
            yield self._entry("handler", target, name, (), carrier)

    # ----------------------------------------------------------------- records

    def _route(self, target: Target, verbs: tuple[str, ...], path: str, name: str) -> EntryPoint:
        facts = self._program.functions[target.function]
        module = target.function.partition(":")[0]
        return EntryPoint(
            kind="route",
            function=target.function,
            value=target.value,
            name=route_name(verbs, path) if path else name,
            module=module,
            place=facts.place,
            declared=(module, facts.place),
            library=LIBRARY,
            methods=verbs,
            path=path,
        )

    def _entry(
        self,
        kind: str,
        target: Target,
        name: str,
        topics: tuple[String, ...],
        carrier: str,
        dead_letter: bool = False,
    ) -> EntryPoint:
        facts = self._program.functions[target.function]
        module = target.function.partition(":")[0]
        repeated = True if carrier in REPEATED else None
        delivery = Delivery()
        if kind == "handler":
            message = tuple(parameter.name for parameter in facts.parameters[:1])
            delivery = Delivery(repeated, "after", None, carrier in REPEATED, dead_letter or None, message)
        return EntryPoint(
            kind=kind,
            function=target.function,
            value=target.value,
            name=name or facts.name,
            module=module,
            place=facts.place,
            declared=(module, facts.place),
            library=LIBRARY,
            topics=topics,
            transport=carrier,
            delivery=delivery,
        )
