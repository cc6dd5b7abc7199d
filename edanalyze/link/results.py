"""Results of calls: what calling, decorating and entering yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from edanalyze.facts import ir
from edanalyze.facts.module import FunctionFacts
from edanalyze.link.classes import MOST_OVERRIDES, is_abstract
from edanalyze.link.library import Literals
from edanalyze.link.scopes import Scope
from edanalyze.link.values import (
    Class,
    Constant,
    External,
    ExternalInstance,
    Frame,
    Function,
    Instance,
    Partial,
    Site,
    Super,
    Value,
)

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

DEEPEST_CALL = 5
DEEPEST_RECURSION = 1
PROVIDERS = frozenset(
    {"fastapi.Depends", "fastapi.Security", "fastapi.params.Depends", "faststream.Depends", "fast_depends.Depends"}
)
CONTEXT_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})


class Results:
    """Call results for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._constructors: dict[str, str | None] = {}
        self._running: list[str] = []

    # ------------------------------------------------------------------ calls

    def of_call(self, call: ir.Call, frame: Frame) -> Iterable[Value]:
        """What a call returns."""
        evaluator = self._evaluator
        found = evaluator.texts.configured(call, frame)
        if found:
            return found
        for callee in evaluator.values(call.function, frame):
            found += self.result(callee, call, frame)
        if not found:
            found += evaluator.texts.method(call, frame)
        return found

    def result(self, callee: Value, call: ir.Call, frame: Frame) -> Iterable[Value]:
        """What calling `callee` with the arguments of `call` returns."""
        calling = _CALLING.get(type(callee))
        return calling(self, callee, call, frame) if calling is not None else ()

    def _prepared(self, callee: Partial, call: ir.Call, frame: Frame) -> Iterable[Value]:
        target = callee.target
        return self.returned(target, None, None) if isinstance(target, Function) else self.result(target, call, frame)

    def _object(self, callee: Instance, call: ir.Call, frame: Frame) -> Iterable[Value]:
        methods = self._evaluator.attributes.of(callee, "__call__")
        return [value for method in methods for value in self.result(method, call, frame)]

    def _library_object(self, callee: ExternalInstance, call: ir.Call, frame: Frame) -> Iterable[Value]:
        name = f"{callee.name}.__call__"
        text = self._evaluator.texts.library(name, call, frame)
        if text is not None:
            return text
        made = self._evaluator.models.returns(name, call, self._literals(frame))
        return (ExternalInstance(made, Site(call, frame), callee),) if made else ()

    def _literals(self, frame: Frame) -> Literals:
        return lambda expr: self._evaluator.literals(expr, frame)

    def _library(self, callee: External, call: ir.Call, frame: Frame) -> Iterable[Value]:
        evaluator = self._evaluator
        name = callee.name
        if name == "builtins.super":
            return self._super(frame)
        if name in PROVIDERS:
            return self._provide(evaluator.values(call.arguments[0], frame)) if call.arguments else ()
        own = evaluator.builtins.result(name, call, frame)
        if own is not None:
            return own
        text = evaluator.texts.library(name, call, frame)
        if text is not None:
            return text
        rows = evaluator.entities.fetched(callee, call, frame)
        if rows:
            return rows
        made = evaluator.models.returns(name, call, self._literals(frame))
        if made is not None:
            return (ExternalInstance(made, Site(call, frame), callee.receiver),)
        if evaluator.models.is_class(name):
            return (ExternalInstance(name, Site(call, frame)),)
        chosen = self._chosen(callee, call, frame)
        if chosen:
            return chosen
        return (ExternalInstance(evaluator.names[f"{name}()"], Site(call, frame), callee.receiver),)

    def _chosen(self, callee: External, call: ir.Call, frame: Frame) -> list[Value]:
        """An object of the class that the receiver names in an attribute, or that a method of its own returns."""
        receiver = callee.receiver
        owner = receiver.owner if isinstance(receiver, ExternalInstance) else receiver
        if not isinstance(owner, Instance):
            return []
        for api in self._evaluator.models.rows(callee.name, "factory"):
            names = api.data.get("makes")
            for name in names if isinstance(names, list) else ():
                classes = self.classes_in(owner, str(name))
                if classes:
                    return [Instance(each.id, Site(call, frame)) for each in classes]
        return []

    def classes_in(self, owner: Instance, name: str) -> list[Class]:
        """The classes of the project that an attribute of an object holds, or that a method of its class returns."""
        values = self._evaluator.attributes.of(owner, name)
        given = (self.returned(each, None, None) if isinstance(each, Function) else (each,) for each in values)
        return list(dict.fromkeys(each for several in given for each in several if isinstance(each, Class)))

    def _super(self, frame: Frame) -> Iterable[Value]:
        """The next class after the one that holds the method."""
        evaluator = self._evaluator
        current: Frame | None = frame
        while current is not None and (current.scope.function is None or current.scope.function.owner is None):
            current = current.closure
        if current is None or current.scope.function is None:
            return ()
        holder = f"{current.scope.module}:{current.scope.function.owner}"
        receiver = current.receiver if isinstance(current.receiver, Instance | Class) else Instance(holder)
        inner, outer = evaluator.classes.order(receiver.id)
        if holder not in inner:
            inner, outer = evaluator.classes.order(holder)
        return (Super(inner[inner.index(holder) + 1 :], outer, receiver),)

    def constructor(self, cls: str) -> str | None:
        """The project's `__init__` that constructing a class runs."""
        if cls not in self._constructors:
            self._constructors[cls] = next(
                (
                    f"{ancestor}.__init__"
                    for ancestor in self._evaluator.classes.order(cls)[0]
                    if f"{ancestor}.__init__" in self._evaluator.program.functions
                ),
                None,
            )
        return self._constructors[cls]

    # ---------------------------------------------------------------- returns

    def frame(self, function: Function, call: ir.Call | None, caller: Frame | None) -> Frame:
        """The frame in which a function runs when called so; its root frame beyond a bounded depth."""
        evaluator = self._evaluator
        scope = evaluator.program.scopes[function.id]
        root = evaluator.root(scope, open=caller.open if caller is not None else False)
        receiver = function.receiver if function.receiver is not None else root.receiver
        closure = function.closure if function.closure is not None else root.closure
        if call is None or caller is None or caller.depth >= DEEPEST_CALL:
            call = caller = None
        return evaluator.frames(
            scope,
            call=call,
            caller=caller,
            receiver=receiver,
            closure=closure,
            open=root.open if call is None else False,
        )

    def returned(self, function: Function, call: ir.Call | None, caller: Frame | None) -> tuple[Value, ...]:
        """What a project function returns; a context manager or generator function yields it."""
        evaluator = self._evaluator
        scope = evaluator.program.scopes.get(function.id)
        if scope is None or scope.function is None:
            return ()
        frame = self.frame(function, call, caller)
        if self._running.count(function.id) > DEEPEST_RECURSION:
            return ()
        self._running.append(function.id)
        try:
            return self._returned(scope, frame)
        finally:
            self._running.pop()

    def _returned(self, scope: Scope, frame: Frame) -> tuple[Value, ...]:
        evaluator = self._evaluator
        function = scope.function
        assert function is not None
        found: list[Value] = []
        for expr in scope.returned:
            found += evaluator.values(expr, frame)
        if function.generator:
            for expr, delegates in scope.yielded:
                found += evaluator.iteration.items(expr, frame) if delegates else evaluator.values(expr, frame)
        useful = [value for value in found if value != Constant(None)]
        if function.returns is not None and not any(self._is_object(value) for value in useful):
            outer = evaluator.root(scope.parent or scope)
            declared = evaluator.annotations.instances(function.returns, outer)
            if not declared and function.generator:
                declared = evaluator.annotations.elements(function.returns, outer)
            useful = [*declared, *useful]
        if not useful and not found and function.owner is not None and is_abstract(function.body):
            useful = self._implemented(scope, function, frame)
        return tuple(dict.fromkeys(useful or found))

    def _implemented(self, scope: Scope, function: FunctionFacts, frame: Frame) -> list[Value]:
        """What the methods return that an abstract one stands for, where they are few."""
        evaluator = self._evaluator
        owner = frame.receiver.id if type(frame.receiver) is Instance else f"{scope.module}:{function.owner}"
        heirs = [
            heir
            for heir in evaluator.classes.descendants(owner)
            if f"{heir}.{function.name}" in evaluator.program.functions
        ]
        if len(heirs) > MOST_OVERRIDES:
            return []
        return [
            value
            for heir in heirs
            for value in self.returned(Function(f"{heir}.{function.name}", Instance(heir)), None, None)
        ]

    def _is_object(self, value: Value) -> bool:
        if isinstance(value, ExternalInstance):
            return not value.name.endswith(("()", "[]"))
        return not isinstance(value, External)

    # --------------------------------------------------------------- entering

    def entered(self, expr: ir.Expr, frame: Frame) -> list[Value]:
        """What `with expr as name` binds."""
        evaluator = self._evaluator
        found: list[Value] = []
        for value in evaluator.values(expr, frame):
            if isinstance(value, Instance):
                for hook in ("__enter__", "__aenter__"):
                    for method in evaluator.attributes.of(value, hook):
                        if isinstance(method, Function):
                            found += self.returned(method, None, None) or (value,)
                found = found or [value]
            elif isinstance(value, ExternalInstance):
                made = evaluator.models.entered(value.name)
                found.append(ExternalInstance(made, value.site, value.owner) if made else value)
            else:
                found.append(value)
        return found

    # ------------------------------------------------------ dependency injection

    def provided(self, expr: ir.Expr, frame: Frame) -> list[Value]:
        """What a `Depends(factory)` marker in an annotation gives."""
        evaluator = self._evaluator
        if not isinstance(expr, ir.Call):
            return []
        for callee in evaluator.values(expr.function, frame):
            if isinstance(callee, External) and callee.name in PROVIDERS and expr.arguments:
                return self._provide(evaluator.values(expr.arguments[0], frame))
        return []

    def _provide(self, factories: Iterable[Value]) -> list[Value]:
        found: list[Value] = []
        for factory in factories:
            match factory:
                case Function():
                    found += self.returned(factory, None, None)
                case Class(id=cls):
                    found.append(Instance(cls))
                case Instance():
                    for method in self._evaluator.attributes.of(factory, "__call__"):
                        if isinstance(method, Function):
                            found += self.returned(method, None, None)
                case External(name=name):
                    found.append(ExternalInstance(name))
                case _:
                    pass
        return found


_CALLING: dict[type, Callable[[Results, Any, ir.Call, Frame], Iterable[Value]]] = {
    Function: Results.returned,
    Class: lambda results, callee, call, frame: (Instance(callee.id, Site(call, frame)),),
    Partial: Results._prepared,
    Instance: Results._object,
    External: Results._library,
    ExternalInstance: Results._library_object,
}
"""What calling the kinds of values returns; nothing is known of others."""
