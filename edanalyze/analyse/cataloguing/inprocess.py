"""Messages inside a process: events and commands that a bus of the project hands to functions of the same process.

What makes a class such a message is that code hands its instances to handlers by class (a table, a registration, a
decorator, `functools.singledispatch`, a class of handlers), or that it is derived from a project class named as events
or commands are, holds data, and is made somewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.payloads.kinds import Kind, Kinds
from edanalyze.catalog.records import INTERNAL
from edanalyze.facts import ir
from edanalyze.facts.children import expressions, statements, walk
from edanalyze.facts.module import FunctionFacts
from edanalyze.link.entries import Delivery, EntryPoint
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, Display, Frame, Function, Instance, Value

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

METHODS = ("handle", "__call__", "execute", "process", "on_event", "handle_event", "handle_command")
"""What handlers that are objects do with a message, the usual name first."""
_ADDING = frozenset({"append", "add", "extend"})


class Made(NamedTuple):
    """A call that makes a message, and the scope it stands in."""

    call: ir.Call
    scope: Scope


class Internal(NamedTuple):
    """A class of messages with the calls that make one, and the functions that are handed one."""

    cls: str
    kind: Kind
    made: tuple[Made, ...]
    handlers: tuple[EntryPoint, ...]


class InProcess:
    """Finds them in a system."""

    def __init__(self, system: System, kinds: Kinds) -> None:
        self._program = system.program
        self._evaluator = system.evaluator
        self._kinds = kinds
        self._shapes = system.payloads.shapes.classes
        self._entries = {entry.function for entry in system.entries if entry.kind in {"handler", "task", "route"}}
        self._classes = {
            cls: kind
            for cls in sorted(self._program.classes)
            if (kind := kinds.declared(cls)).word
            and self._shapes.type_of(cls).kind != "enum"
            and not self._shapes.is_row(cls)
        }
        self._named = frozenset(self._program.classes[cls].name for cls in self._classes)

    def messages(self, published: frozenset[str]) -> Iterator[Internal]:
        """All of them, sorted; `published` are the classes that a broker carries: they are listed when handled here."""
        if not self._classes:
            return
        handled: dict[str, dict[str, None]] = defaultdict(dict)
        for cls, function in self._handled():
            if function not in self._entries:
                handled[cls][function] = None
        for cls, kind in self._classes.items():
            made = self._made(cls)
            if (handled[cls] and self._is_data(cls)) or (made and cls not in published and self._is_derived(cls)):
                entries = (self._entry(function, cls) for function in sorted(handled[cls]))
                yield Internal(cls, kind, tuple(made), tuple(entries))

    def _is_data(self, cls: str) -> bool:
        """Whether a class holds data, or another project class makes it an event or a command."""
        return self._has_fields(cls) or any(self._kinds.declared(base).word for base in self._bases(cls))

    def _is_derived(self, cls: str) -> bool:
        """Whether a class holds data, and another project class makes it an event or a command."""
        return self._has_fields(cls) and any(self._kinds.declared(base).word for base in self._bases(cls))

    def _bases(self, cls: str) -> Iterator[str]:
        return (base for base in self._evaluator.classes.order(cls)[0] if base != cls)

    def _has_fields(self, cls: str) -> bool:
        return self._shapes.form(cls) != "class" or bool(self._shapes.shape(cls).fields)

    def _made(self, cls: str) -> list[Made]:
        calls = self._program.calls.get(self._program.classes[cls].name, ())
        return [
            Made(call, scope)
            for call, scope in calls
            if Class(cls) in self._evaluator.values(call.function, self._evaluator.root(scope))
        ]

    # ---------------------------------------------------------------- handlers

    def _handled(self) -> Iterator[tuple[str, str]]:
        """Class of message and id of a function that is handed one."""
        for identifier in sorted(self._program.scopes):
            scope = self._program.scopes[identifier]
            frame = self._evaluator.root(scope)
            yield from self._in_tables(scope, frame)
            for call, where in scope.calls:
                yield from self._registered(call, self._evaluator.root(where))
            for store in scope.stores:
                if not isinstance(store.key, str) and store.binding.expr is not None:
                    yield from self._pairs([store.key], [store.binding.expr], self._evaluator.root(store.scope))
            if scope.function is not None and scope.kind == "function":
                yield from self._decorated(scope.function, scope)
        yield from self._by_annotation()

    def _in_tables(self, scope: Scope, frame: Frame) -> Iterator[tuple[str, str]]:
        """`{Placed: [announce, log]}`"""
        facts = scope.function or scope.klass or self._program.modules[scope.module]
        for statement in statements(facts.body):
            for expr in expressions(statement):
                for part in walk(expr):
                    if isinstance(part, ir.Mapping):
                        for key, value in part.items:
                            if key is not None:
                                yield from self._pairs([key], [value], frame)

    def _registered(self, call: ir.Call, frame: Frame) -> Iterator[tuple[str, str]]:
        """`bus.subscribe(Placed, announce)`, `handlers[Placed].append(announce)`."""
        given = (*call.arguments, *(value for _, value in call.keywords))
        keys = [expr for expr in given if self._may_name(expr)]
        if keys:
            yield from self._pairs(keys, [expr for expr in given if not any(expr is key for key in keys)], frame)
        match call.function:
            case ir.Attr(value=ir.Index(key=key), name=name) if name in _ADDING:
                yield from self._pairs([key], given, frame)
            case ir.Attr(value=ir.Call(function=ir.Attr(name="setdefault"), arguments=(key, *_)), name=name) if (
                name in _ADDING
            ):
                yield from self._pairs([key], given, frame)

    def _decorated(self, facts: FunctionFacts, scope: Scope) -> Iterator[tuple[str, str]]:
        """`@handles(Placed)`, `@handle.register`."""
        frame = self._outside(scope.id)
        for decorator in facts.decorators:
            if isinstance(decorator, ir.Call):
                given = (*decorator.arguments, *(value for _, value in decorator.keywords))
                for cls in self._messages(given, frame):
                    yield cls, scope.id
            elif isinstance(decorator, ir.Attr) and decorator.name == "register":
                for parameter in facts.parameters:
                    for value in self._annotated(parameter.annotation, frame):
                        yield value, scope.id

    def _by_annotation(self) -> Iterator[tuple[str, str]]:
        """The methods of handler classes: `class PlacedHandler: def handle(self, event: Placed)`."""
        for cls in sorted(self._program.classes):
            inner, outer = self._evaluator.classes.order(cls)
            if not any(name.rpartition(":")[2].rpartition(".")[2].endswith("Handler") for name in (*inner, *outer)):
                continue
            for function in (f"{cls}.{method}" for method in METHODS):
                facts = self._program.functions.get(function)
                for parameter in facts.parameters[1:2] if facts is not None else ():
                    for value in self._annotated(parameter.annotation, self._outside(function)):
                        yield value, function

    # ----------------------------------------------------------------- values

    def _pairs(self, keys: Iterable[ir.Expr], values: Iterable[ir.Expr], frame: Frame) -> Iterator[tuple[str, str]]:
        found = list(self._messages(keys, frame))
        if found:
            functions = [each for value in values for each in self._functions(value, frame)]
            for cls in found:
                for function in functions:
                    yield cls, function

    def _may_name(self, expr: ir.Expr) -> bool:
        match expr:
            case ir.Name(id=name) | ir.Attr(name=name):
                return name in self._named
            case ir.Items(items=items):
                return bool(items) and all(self._may_name(item) for item in items)
            case _:
                return False

    def _messages(self, exprs: Iterable[ir.Expr], frame: Frame) -> Iterator[str]:
        """The classes of messages that expressions name."""
        for expr in exprs:
            if isinstance(expr, ir.Items):
                yield from self._messages(expr.items, frame)
            elif self._may_name(expr):
                for value in self._evaluator.values(expr, frame):
                    if isinstance(value, Class) and value.id in self._classes:
                        yield value.id

    def _annotated(self, annotation: ir.Expr | None, frame: Frame) -> Iterator[str]:
        for value in self._evaluator.annotations.instances(annotation, frame) if annotation is not None else ():
            if isinstance(value, Instance) and value.id in self._classes:
                yield value.id

    def _outside(self, function: str) -> Frame:
        """The frame in which the annotations and decorators of a function are evaluated."""
        scope = self._program.scopes[function]
        return self._evaluator.root(scope.parent or scope)

    def _functions(self, expr: ir.Expr, frame: Frame) -> Iterator[str]:
        """The ids of the functions that an expression stands for, also in lists and as objects with a method."""
        known = [each for value in self._evaluator.values(expr, frame) for each in self._run_by(value)]
        if known or not isinstance(expr, ir.Call | ir.Items):
            yield from known
            return
        for part in walk(expr):  # `container.resolve(PlacedHandler)`
            if isinstance(part, ir.Name | ir.Attr):
                for value in self._evaluator.values(part, frame):
                    yield from self._run_by(value) if isinstance(value, Class) else ()

    def _run_by(self, value: Value) -> Iterator[str]:
        match value:
            case Function(id=identifier):
                yield identifier
            case Class(id=cls) | Instance(id=cls):
                methods = (self._evaluator.classes.method(cls, name) for name in METHODS)
                found = next((method for method in methods if method is not None), None)
                if found is not None:
                    yield found
            case Display(expr=ir.Items(items=items), frame=frame):
                for item in items:
                    yield from self._functions(item, frame)

    # ---------------------------------------------------------------- records

    def _entry(self, function: str, cls: str) -> EntryPoint:
        """A handler as an entry point, so that what it reads can be looked up."""
        facts = self._program.functions[function]
        module = function.partition(":")[0]
        frame = self._outside(function)
        own = facts.parameters[1:] if facts.owner is not None else facts.parameters
        names = [item.name for item in own if cls in self._annotated(item.annotation, frame)]
        message = names or [item.name for item in own[:1]]
        return EntryPoint(
            "handler",
            function,
            Function(function),
            facts.name,
            module,
            facts.place,
            (module, facts.place),
            "",
            transport=INTERNAL,
            delivery=Delivery(message=tuple(message[:1])),
        )
