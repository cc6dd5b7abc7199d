"""Overridden methods: listener and consumer classes, task classes, servants of remote procedures."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts.names import dotted
from edanalyze.link.entries.callables import Callables
from edanalyze.link.entries.lineage import Lineage
from edanalyze.link.entries.names import import_path
from edanalyze.link.entries.records import Delivery, EntryPoint
from edanalyze.link.entries.tasks import Tasks
from edanalyze.link.entries.transports import Transports
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Function, Instance, String, string
from edanalyze.models import Api

LIFECYCLE = frozenset({"connect", "disconnect", "close", "send", "accept", "receive", "receive_json", "dispatch"})
CONFIGURING = "get_consumers"  # its consumers' callbacks are the handlers


class Overrides:
    """Finds entry points that are methods of classes a library instantiates or calls."""

    def __init__(
        self,
        evaluator: Evaluator,
        callables: Callables,
        lineage: Lineage,
        tasks: Tasks,
    ) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._callables = callables
        self._lineage = lineage
        self._tasks = tasks
        self._transports = Transports(evaluator.models.models)

    def find(self) -> Iterator[EntryPoint]:
        """All of them."""
        for api in self._evaluator.models.models.of_kind("handler_class"):
            names = api.data.get("override")
            for cls in self._lineage.descendants(api.call):
                for name in names if isinstance(names, list) else ():
                    if name != CONFIGURING:
                        yield from self._method(api, cls, str(name))
        yield from self._servants()

    def _method(self, api: Api, cls: str, name: str) -> Iterator[EntryPoint]:
        for method in self._own_methods(cls) if name == "*" else (name,):
            identifier = f"{cls}.{method}"
            if identifier in self._program.functions:
                for value in self._callables.method(cls, method)[:1]:
                    task = api.library == "celery"
                    topics = self._topics(api, cls, method if name == "*" else "")
                    yield self._entry("task" if task else "handler", api, identifier, value, topics)

    def _own_methods(self, cls: str) -> Iterator[str]:
        for name, bindings in self._program.scopes[cls].bindings.items():
            functions = [self._program.functions.get(f"{cls}.{name}") for each in bindings if each.kind == "function"]
            if not name.startswith("_") and name not in LIFECYCLE:
                if any(facts is not None and len(facts.parameters) == 2 for facts in functions):
                    yield name

    def _topics(self, api: Api, cls: str, method: str) -> tuple[String, ...]:
        """The name a task class declares, else its import path; the message type a method stands for."""
        if method:
            return (string(method.replace("_", ".")),)
        for value in self._evaluator.attributes.of(Instance(cls), "name"):
            if isinstance(value, String):
                return (value,)
        module, _, name = cls.partition(":")
        return (string(f"{import_path(self._program, module)}.{name}"),) if api.library == "celery" else ()

    def _entry(self, kind: str, api: Api, function: str, value: Function, topics: tuple[String, ...]) -> EntryPoint:
        facts = self._program.functions[function]
        names = tuple(p.name for p in facts.parameters if p.kind in {"positional", "normal"})[1:]
        delivery = Delivery(message=names)
        if kind == "task":
            delivery = self._tasks.of_class(function.rpartition(".")[0], function, names)
        module = function.partition(":")[0]
        return EntryPoint(
            kind=kind,
            function=function,
            value=value,
            name=", ".join(topic.text for topic in topics) or facts.name,
            module=module,
            place=facts.place,
            declared=(module, facts.place),
            library=api.library,
            topics=topics,
            transport=self._transports.of(api),
            delivery=delivery,
        )

    # --------------------------------------------------------------- procedures

    def _servants(self) -> Iterator[EntryPoint]:
        """Methods of classes that implement a generated service: `class Stock(stock_pb2_grpc.StockServicer)`."""
        for cls in sorted(self._program.classes):
            module = cls.partition(":")[0]
            service = "" if _is_generated(module) else self._service(cls)
            for name in self._program.scopes[cls].bindings if service else ():
                facts = self._program.functions.get(f"{cls}.{name}")
                if facts is None or name.startswith("_") or len(facts.parameters) not in {2, 3}:
                    continue
                for value in self._callables.method(cls, name)[:1]:
                    topic = string(f"{service}/{name}")
                    yield EntryPoint(
                        kind="rpc",
                        function=f"{cls}.{name}",
                        value=value,
                        name=topic.text,
                        module=module,
                        place=facts.place,
                        declared=(module, facts.place),
                        library="grpc",
                        topics=(topic,),
                        transport="grpc",
                        delivery=Delivery(message=(facts.parameters[1].name,)),
                    )

    def _service(self, cls: str) -> str:
        """The service that a class implements, by the generated base class."""
        inner, outer = self._evaluator.classes.order(cls)
        for name in (*(dotted(each) for each in inner[1:]), *outer):
            module, _, last = name.rpartition(".")
            if last.endswith("Servicer") and last != "Servicer":
                return last.removesuffix("Servicer")
            if last.endswith("Base") and module.endswith("_grpc"):
                return last.removesuffix("Base")
        return ""


def _is_generated(module: str) -> bool:
    return module.endswith(("_pb2_grpc", "_pb2", "_grpc"))
