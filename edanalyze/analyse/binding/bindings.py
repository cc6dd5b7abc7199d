"""Bindings of a broker: which queues an exchange or topic feeds, as code and deployment files declare it."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.analyse.binding.feeds import Feed, Feeds
from edanalyze.analyse.binding.topics import plain
from edanalyze.discover.deployed import Deployment
from edanalyze.facts import ir
from edanalyze.facts.children import bodies, calls, expressions, statements
from edanalyze.link.entries.activations import Activations
from edanalyze.link.entries.prefixes import Prefixes
from edanalyze.link.entries.strings import Strings, is_unknown
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import Display, External, ExternalInstance, Frame, String, Value, string
from edanalyze.models import Api

BINDING = frozenset({"binding", "queue", "exchange", "subscription"})


class Bindings:
    """Reads them; `feeds` holds them all."""

    def __init__(self, evaluator: Evaluator, deployment: Deployment) -> None:
        self._evaluator = evaluator
        self._strings = Strings(evaluator)
        self._prefixes = Prefixes(evaluator)
        self._activations = Activations(evaluator)
        self.feeds = Feeds()
        for relay in deployment.relays:
            self.feeds.add(relay.target, "", Feed(relay.source, relay.pattern))
        for api, receiver, frame, call in self._declarations():
            self._declared(api, receiver, frame, call)

    # ------------------------------------------------------------ declarations

    def _declarations(self) -> Iterator[tuple[Api, Value | None, Frame, ir.Call]]:
        models = self._evaluator.models.models
        known = {api.call for kind in ("declare", "handler", "consumer") for api in models.of_kind(kind)}
        wanted = {call for call in known if any(self._binds(api) for api in models.find(call))}
        for name in sorted(models.spelled(wanted)):
            for call, scope in self._evaluator.program.calls.get(name, ()):
                for frame in self._activations.inner(scope):
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

    def _declared(self, api: Api, receiver: Value | None, frame: Frame, call: ir.Call) -> None:
        def texts(role: str) -> list[String]:
            slot = api.slots.get(role)
            expr = argument(slot, call) if slot is not None else None
            return self._enclosing(expr, call, frame) if expr is not None else []

        def requested(field: str) -> list[String]:
            slot = api.slots.get("request")
            expr = argument(slot, call) if slot is not None else None
            shown = self._evaluator.values(expr, frame) if expr is not None else ()
            members = [
                member
                for value in shown
                if isinstance(value, Display)
                for member in self._evaluator.items.member(value, string(field))
            ]
            return [text for member in members for text in self._strings.of_value(member)]

        if api.data.get("entity") == "exchange":
            for name in texts("topic"):
                for kind in texts("exchange_type") or [string("direct")]:
                    self.feeds.types[name.text] = kind.text.rpartition(".")[2].strip("{}").lower()
            return
        if api.data.get("entity") == "subscription":
            sources = texts("topic") or requested("topic")
            queues = texts("endpoint") or texts("label") or requested("name")
        else:
            sources, queues = texts("exchange"), self._prefixes.applied(texts("queue") + texts("topic"), receiver)
        if not queues and receiver is not None:
            queues = self._strings.of_value(receiver)
        keys = texts("routing_key")
        if api.kind == "handler" and not keys:  # a subscriber binds its queue by the key that the queue was made with
            keys = self._prefixes.applied(self._keys(api, call, frame), receiver) or queues
        for queue in queues:
            for source in sources:
                for key in keys or [string()]:
                    if not is_unknown(source):
                        own = plain(queue)
                        self.feeds.add(own.text, _scope(own, frame), Feed(plain(source).text, key.text))

    def _keys(self, api: Api, call: ir.Call, frame: Frame) -> list[String]:
        """The routing keys that the queue objects given to a call were made with."""
        found: list[String] = []
        for role in ("queue", "topic"):
            slot = api.slots.get(role)
            expr = argument(slot, call) if slot is not None else None
            for value in self._evaluator.values(expr, frame) if expr is not None else ():
                if isinstance(value, ExternalInstance) and value.site is not None:
                    for row in self._evaluator.models.rows(value.name, "declare"):
                        key = row.slots.get("routing_key")
                        given = argument(key, value.site.call) if key is not None else None
                        found += self._strings.of([given], value.site.frame)
        return found

    def _enclosing(self, expr: ir.Expr, call: ir.Call, frame: Frame) -> list[String]:
        """The strings of an argument; of a loop's variable those of the loop around the call."""
        scope = frame.scope
        if isinstance(expr, ir.Name) and scope.kind in {"function", "module"}:
            body = scope.function.body if scope.function is not None else self._body(scope.module)
            loop = _loop(body, expr.id, call)
            if loop is not None:
                items = self._evaluator.iteration.items(loop.source, frame)
                found = [value for value in items if isinstance(value, String)]
                if found:
                    return found
        return self._strings.of([expr], frame)

    def _body(self, module: str) -> tuple[ir.Stmt, ...]:
        return self._evaluator.program.modules[module].body


def _loop(body: tuple[ir.Stmt, ...], name: str, call: ir.Call) -> ir.Loop | None:
    """The innermost loop around a call that binds a name."""
    for statement in body:
        inside = (statement, *(inner for block in bodies(statement) for inner in statements(block)))
        if any(made is call for each in inside for expr in expressions(each) for made in calls(expr)):
            for block in bodies(statement):
                found = _loop(block, name, call)
                if found is not None:
                    return found
            if isinstance(statement, ir.Loop) and statement.target == ir.Name(name):
                return statement
    return None


def _scope(queue: String, frame: Frame) -> str:
    """The module in which the name of a queue holds; "" for a name that is literal."""
    return "" if queue.literal is not None else frame.scope.module
