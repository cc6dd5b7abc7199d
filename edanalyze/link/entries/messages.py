"""Message handlers: decorated functions, callbacks given to a consumer, overridden methods of listener classes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from edanalyze.facts import ir
from edanalyze.facts.module import FunctionFacts
from edanalyze.link.entries.callables import Callables, Target
from edanalyze.link.entries.declarations import Declaration, Declarations, Decoration
from edanalyze.link.entries.forwarding import Driver, Forwarding, is_lambda
from edanalyze.link.entries.lineage import Lineage
from edanalyze.link.entries.listed import Lists
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import Routes
from edanalyze.link.entries.sources import Source, Sources, Use
from edanalyze.link.entries.transports import Transports
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import ExternalInstance, Frame, Function, String
from edanalyze.models import Api

MESSAGE_FORMS = frozenset({"message", "event", "stream", "rpc", "binding", "command"})
CALLBACK_FORMS = frozenset({"register_callback", "construct", "subscribe"})
KEPT = frozenset({"message", "messages", "payload", "delivery", "properties"})


class Messages:
    """Finds the message handlers that are registered."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        callables: Callables,
        routes: Routes,
        sources: Sources,
        forwarding: Forwarding,
        lists: Lists,
        lineage: Lineage,
    ) -> None:
        self._evaluator = evaluator
        self._declarations = declarations
        self._callables = callables
        self._routes = routes
        self._sources = sources
        self._forwarding = forwarding
        self._lists = lists
        self._lineage = lineage
        self._transports = Transports(evaluator.models.models)
        self._bound: dict[int, ir.Call] = {}  # evaluation is remembered by identity: they must stay the same objects

    def find(self) -> Iterator[EntryPoint]:
        """All of them."""
        for decoration in self._declarations.decorated():
            if self._is_subscription(decoration.declaration.api):
                yield from self._decorated(decoration)
        for declaration in self._declarations.of("consumer"):
            if declaration.text("form") in CALLBACK_FORMS and not declaration.api.data.get("in_process"):
                yield from self._callbacks(declaration)
        yield from self._assigned()
        for declaration in self._handed_consumers():
            yield from self._callbacks(declaration)

    @staticmethod
    def _is_subscription(api: Api) -> bool:
        """Whether a decorator makes a message handler by itself (a serverless event is told apart elsewhere)."""
        if api.data.get("in_process") or "event_class" in api.slots or "processor" in api.slots:
            return False
        forms = {"handler": MESSAGE_FORMS, "event": {"message"}, "consumer": {"decorator"}}
        return api.data.get("form") in forms.get(api.kind, ())

    def _assigned(self) -> Iterator[EntryPoint]:
        """Callbacks that are assigned to an attribute of a client: `client.on_message = handle`."""
        models = self._evaluator.models.models
        rows = {api.call: api for api in models.of_kind("consumer") if api.data.get("form") == "assign_callback"}
        names = {call.rpartition(".")[2] for call in rows}
        scopes = self._evaluator.program.scopes
        for identifier in sorted(scopes) if rows else ():
            for store in scopes[identifier].stores:
                if store.key not in names or store.binding.expr is None:
                    continue
                frame = self._evaluator.root(store.scope)
                for value in self._evaluator.values(store.base, frame):
                    if isinstance(value, ExternalInstance):
                        for api in models.method(value.name, str(store.key), "consumer"):
                            source = self._sources.of(api, None, value)
                            for target in self._callables.of(store.binding.expr, frame):
                                if target.value is not None:
                                    facts = self._evaluator.program.functions[target.function]
                                    message = self.parameters(api, facts)
                                    declaration = Declaration(api, api.call, None, frame, value, store.scope)
                                    yield self.entry("handler", declaration, target, source, source.topics, message)

    def _handed_consumers(self) -> Iterator[Declaration]:
        """Consumers that an overridden method makes of the class it is handed: `get_consumers(self, Consumer)`."""
        models = self._evaluator.models.models
        made = models.find("kombu.Consumer", "consumer")
        for api in models.of_kind("handler_class"):
            if api.data.get("override") != ["get_consumers"]:
                continue
            for cls in self._lineage.descendants(api.call):
                scope = self._evaluator.program.scopes.get(f"{cls}.get_consumers")
                if scope is None or scope.function is None or len(scope.function.parameters) < 2:
                    continue
                handed = scope.function.parameters[1].name
                for call, inner in scope.calls:
                    if isinstance(call.function, ir.Name) and call.function.id == handed:
                        frame = self._evaluator.root(inner)
                        yield from (Declaration(row, row.call, call, frame, None, inner) for row in made)

    # -------------------------------------------------------------- decorators

    def _decorated(self, decoration: Decoration) -> Iterator[EntryPoint]:
        declaration = decoration.declaration
        use = Use(declaration.name, declaration.call, declaration.frame) if declaration.call is not None else None
        source = self._sources.of(declaration.api, use, declaration.receiver)
        for target in self._routes.subject(decoration.subject, decoration.frame):
            if target.value is None:
                continue
            facts = self._evaluator.program.functions[target.function]
            message = self._message(declaration, facts)
            topics = source.topics or (String((facts.name,)),)
            kind = "rpc" if declaration.text("form") == "rpc" else "handler"
            yield self.entry(kind, declaration, target, source, topics, message)

    def _message(self, declaration: Declaration, facts: FunctionFacts) -> tuple[str, ...]:
        named = self._evaluator.literals(declaration.argument("message"), declaration.frame)
        if named:
            return tuple(named)
        names = [parameter.name for parameter in facts.parameters if parameter.kind in {"positional", "normal"}]
        position = declaration.api.data.get("message_position")
        bound = facts.owner is not None and bool(names) and names[0] in {"self", "cls"}
        if isinstance(position, int) and position + (1 if bound and position == 0 else 0) < len(names):
            index = position + (1 if bound and position == 0 else 0)
            return (names[index],)
        return tuple(names[1 if bound else 0 :])

    # --------------------------------------------------------------- callbacks

    def _callbacks(self, declaration: Declaration) -> Iterator[EntryPoint]:
        exprs = declaration.arguments("handler")
        if not exprs or declaration.call is None:
            return
        use = Use(declaration.name, declaration.call, declaration.frame)
        source = self._sources.of(declaration.api, use, declaration.receiver)
        for expr in exprs:
            for element in self._lists.elements(expr, declaration.frame):
                for target in self._callables.of(element.expr, element.frame):
                    for value in self._forwarding.implementations(target.value) if target.value is not None else ():
                        defined = self._callables.defined(value).id
                        yield from self._forwarded(declaration, target._replace(function=defined, value=value), source)

    def _forwarded(self, declaration: Declaration, target: Target, source: Source) -> Iterator[EntryPoint]:
        """A callback, or what it passes its message on to when that is all it is for."""
        function = target.value
        assert function is not None
        scope = self._evaluator.program.scopes[function.id]
        facts = self._evaluator.program.functions[target.function]
        message = self.parameters(declaration.api, facts, target.given)
        if scope.function is not None and function.id == target.function:
            driver = Driver(scope, scope.function.body, frozenset(message))
            frame = self._frame(function, target)
            if is_lambda(scope):
                yield from self._through(declaration, target, source, driver, frame)
                return
            inner = list(self._handed(declaration, function, source, driver, frame))
            if inner:
                yield from inner
                return
        yield self.entry("handler", declaration, target, source, source.topics, message)

    def _through(
        self, declaration: Declaration, target: Target, source: Source, driver: Driver, frame: Frame
    ) -> Iterator[EntryPoint]:
        """What a lambda passes its message on to: a function, or what that is given (`lambda m: run(m, handle)`)."""
        found = False
        for function, call in self._forwarding.passed(driver, frame):
            found = True
            scope = self._evaluator.program.scopes[function.id]
            body = scope.function.body if scope.function is not None else ()
            taken = self._forwarding.taken(self._evaluator.program.functions[function.id], call, driver.names)
            context = self._evaluator.results.frame(function, call, frame)
            inner = list(self._handed(declaration, function, source, Driver(scope, body, frozenset(taken)), context))
            if inner:
                yield from inner
                continue
            defined = Target(self._callables.defined(function).id, function)
            names = received(self._evaluator.program.functions[defined.function])
            yield self.entry("handler", declaration, defined, source, source.topics, names, target.value, frame)
        if not found:
            yield self.entry("handler", declaration, target, source, source.topics, tuple(sorted(driver.names)))

    def _handed(
        self, declaration: Declaration, function: Function, source: Source, driver: Driver, frame: Frame
    ) -> Iterator[EntryPoint]:
        """The values that a callback hands its message to."""
        for each in self._forwarding.targets(driver, frame):
            forwarded = Target(self._callables.defined(each).id, each)
            names = received(self._evaluator.program.functions[forwarded.function])
            given = (source.topics, names, function, frame, driver.names)
            yield self.entry("handler", declaration, forwarded, source, *given)

    def _frame(self, function: Function, target: Target) -> Frame:
        """The context in which a callback runs, with the arguments that `partial` binds."""
        site = target.bound
        if site is None:
            return self._evaluator.results.frame(function, None, None)
        made = self._bound.get(id(site.call))
        if made is None:
            made = ir.Call(site.call.arguments[0], site.call.arguments[1:], site.call.keywords, site.call.place)
            self._bound[id(site.call)] = made
        return self._evaluator.results.frame(function, made, site.frame)

    @staticmethod
    def parameters(api: Api, facts: FunctionFacts, given: int = 0) -> tuple[str, ...]:
        """The parameters of a callback that hold the message, when `partial` fills the first `given`."""
        names = received(facts)[given:]
        signature = api.data.get("signature")
        if isinstance(signature, list):
            return tuple(name for name, role in zip(names, signature, strict=False) if role in KEPT)
        return names

    # ----------------------------------------------------------------- records

    def entry(
        self,
        kind: str,
        declaration: Declaration,
        target: Target,
        source: Source,
        topics: Iterable[String],
        message: tuple[str, ...],
        driver: Function | None = None,
        frame: Frame | None = None,
        held: Iterable[str] = (),
    ) -> EntryPoint:
        """The record of one handler."""
        facts = self._evaluator.program.functions[target.function]
        module, place = declaration.declared
        topics = tuple(topics)
        return EntryPoint(
            kind=kind,
            function=target.function,
            value=target.value,
            name=", ".join(topic.text for topic in topics) or facts.name,
            module=target.function.partition(":")[0],
            place=facts.place,
            declared=(module, place if place.line else facts.place),
            library=declaration.api.library,
            topics=topics,
            transport=self._transports.of(declaration.api),
            delivery=replace(source.delivery, message=message),
            group=source.group,
            driver=driver,
            frame=frame,
            held=tuple(sorted(held)),
        )


def received(facts: FunctionFacts) -> tuple[str, ...]:
    """The parameters of a function without its receiver."""
    return tuple(parameter.name for parameter in facts.parameters if parameter.name not in {"self", "cls"})
