"""Carriers: expressions, names, helpers and classes that hold an identifier which ties a call to what caused it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.tracing.evidence import NO, YES, Evidence, Found, left_to
from edanalyze.analyse.tracing.identifiers import bodies, names_id, reads_headers, speaks_of_id
from edanalyze.facts import ir
from edanalyze.facts.children import children, spelled
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, Display, Function, Instance

_REQUEST = re.compile(
    r"(^|_)(request|req|message|msg|props|properties|event|incoming|scope|metadata|context|record|rec|delivery|envelope)$",
    re.I,
)
_CARRIERS = frozenset(
    {"headers", "attributes", "metadata", "messageattributes", "message_attributes", "application_properties"}
)
_FILLING = frozenset({"update", "append", "extend", "setdefault", "insert", "add"})
DEEPEST = 5


class Carriers:
    """Looks for identifiers in what a call sends."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._evaluator = effects.evaluator
        self._functions: dict[str, bool] = {}
        self._names: dict[tuple[int, str, int], Found] = {}

    def of_all(self, parts: Iterable[ir.Expr], scope: Scope, depth: int = 0) -> Found:
        """What some expressions say together."""
        parameters: list[str] = []
        for part in parts:
            found = self.of_expression(part, scope, depth)
            if found.evidence is Evidence.YES:
                return found
            parameters += found.parameters
        return left_to(parameters)

    # ------------------------------------------------------------ expressions

    def of_expression(self, expr: ir.Expr, scope: Scope, depth: int = 0) -> Found:
        """Whether an expression holds an identifier."""
        if depth > DEEPEST:
            return NO
        match expr:
            case ir.Const(value=str() as text):
                return YES if names_id(text) else NO
            case (
                ir.Call(function=ir.Attr(value=ir.Attr(name="headers"), name="get"), arguments=(key, *_))
                | ir.Index(value=ir.Attr(name="headers"), key=key)
            ):  # one header of many
                return YES if any(map(names_id, self._evaluator.literals(key, self._evaluator.root(scope)))) else NO
            case ir.Name(id=name):
                return self._of_name(name, scope, depth)
            case ir.Index(value=value, key=ir.Const(value=str() as key)):  # one field of many
                if names_id(key) or (key.lower() in _CARRIERS and self._is_incoming(value)):
                    return YES
                return NO if isinstance(value, ir.Name) else self.of_expression(value, scope, depth + 1)
            case ir.Attr(value=value, name=name):
                if names_id(name) or (name in _CARRIERS and self._is_incoming(value)):
                    return YES
                inner = self.of_expression(value, scope, depth + 1) if not isinstance(value, ir.Name) else NO
                return inner if inner.evidence is Evidence.YES else self._of_values(expr, scope, depth)
            case ir.Mapping(items=items):
                return self._of_mapping(items, scope, depth)
            case ir.Call():
                return self._of_call(expr, scope, depth)
            case ir.Lambda():
                return NO
        return self.of_all(children(expr), scope, depth)

    @staticmethod
    def _is_incoming(expr: ir.Expr) -> bool:
        return _REQUEST.search(spelled(expr).removesuffix("()").removesuffix("[]").rsplit(".", 1)[-1]) is not None

    def _of_mapping(self, items: tuple[tuple[ir.Expr | None, ir.Expr], ...], scope: Scope, depth: int) -> Found:
        parameters: list[str] = []
        for key, value in items:
            if isinstance(key, ir.Const) and isinstance(key.value, str) and names_id(key.value):
                found = self._of_identifier(value, scope)
            else:
                found = self.of_all((value,) if key is None else (key, value), scope, depth)
            if found.evidence is Evidence.YES:
                return found
            parameters += found.parameters
        return left_to(parameters)

    def _of_identifier(self, value: ir.Expr, scope: Scope) -> Found:
        """The value of a field or argument that is named like an identifier; an optional parameter may be left out."""
        match value:
            case ir.Const(value=None | ""):
                return NO
            case ir.Name(id=name) if self._is_optional(name, scope):
                return Found(Evidence.OPEN, (name,))
            case ir.Call(function=ir.Attr(value=ir.Name(id=name), name="encode")) if self._is_optional(name, scope):
                return Found(Evidence.OPEN, (name,))
            case _:
                return YES

    @staticmethod
    def _is_optional(name: str, scope: Scope) -> bool:
        """Whether a name is a parameter that callers may leave out, and that nothing else fills."""
        where: Scope | None = scope
        while where is not None and name not in where.bindings:
            where = where.parent
        if (
            where is None
            or where.function is None
            or any(binding.kind != "parameter" for binding in where.bindings[name])
        ):
            return False
        parameter = next((item for item in where.function.parameters if item.name == name), None)
        return parameter is not None and isinstance(parameter.default, ir.Const) and not parameter.default.value

    def _of_call(self, call: ir.Call, scope: Scope, depth: int) -> Found:
        name = spelled(call.function)
        last = name.rsplit(".", 1)[-1]
        if names_id(last):
            return YES
        if isinstance(call.function, ir.Attr) and last in _CARRIERS and self._is_incoming(call.function.value):
            return YES
        optional: list[str] = []
        for key, value in call.keywords:
            if key and names_id(key):
                found = self._of_identifier(value, scope)
                if found.evidence is Evidence.YES:
                    return found
                optional += found.parameters
        parts = (*call.arguments, *(value for key, value in call.keywords if not (key and names_id(key))))
        found = self.of_all(parts, scope, depth)
        if found.evidence is Evidence.YES:
            return found
        for callee in self._evaluator.values(call.function, self._evaluator.root(scope)):
            if isinstance(callee, Function) and not optional and self.mentions(callee.id, depth):
                return YES
            if isinstance(callee, Class) and not optional and self.has_field(callee.id):
                return YES
        if optional:
            return left_to((*optional, *found.parameters))
        if isinstance(call.function, ir.Attr):  # `event.json()`, `headers.copy()`
            if call.arguments and isinstance(call.arguments[0], ir.Const) and last in {"get", "pop"}:
                return found  # one field of many
            inner = self.of_expression(call.function.value, scope, depth + 1)
            if inner.evidence is not Evidence.NO:
                return inner
        return found

    def _of_name(self, name: str, scope: Scope, depth: int) -> Found:
        if names_id(name):
            return Found(Evidence.OPEN, (name,)) if self._is_optional(name, scope) else YES
        where: Scope | None = scope
        while where is not None and name not in where.bindings:
            where = where.parent
        if where is None or (where.kind == "module" and depth > 2):
            return NO
        key = (id(where), name, depth)  # names that are made of each other lead to each other again and again
        if key not in self._names:
            self._names[key] = self._bound(name, where, depth)
        return self._names[key]

    def _bound(self, name: str, where: Scope, depth: int) -> Found:
        """What a name that a scope binds holds, or is given later."""
        parameters: list[str] = []
        for binding in where.bindings[name]:
            found = NO
            if binding.kind == "parameter":
                if any(self._carries(value) for value in self._declared(binding.annotation, where)):
                    return YES
                found = Found(Evidence.OPEN, (name,))
            elif binding.expr is not None and binding.kind in {"value", "item", "unpack", "enter", "opaque"}:
                found = self.of_expression(binding.expr, where, depth + 1)
            if found.evidence is Evidence.YES:
                return found
            parameters += found.parameters
        filled = self._filled(name, where, depth)
        return filled if filled.evidence is Evidence.YES else left_to((*parameters, *filled.parameters))

    def _declared(self, annotation: ir.Expr | None, scope: Scope) -> tuple[object, ...]:
        if annotation is None:
            return ()
        return self._evaluator.annotations.instances(annotation, self._evaluator.root(scope.parent or scope))

    def _filled(self, name: str, scope: Scope, depth: int) -> Found:
        """Whether a mapping is given an identifier later: `headers["x-request-id"] = ...`, `inject(headers)`."""
        parameters: list[str] = []
        for store in scope.stores:
            if _root(store.base) != name:
                continue
            key = (
                store.key
                if isinstance(store.key, str)
                else store.key.value
                if isinstance(store.key, ir.Const)
                else None
            )
            value = store.binding.expr
            if isinstance(key, str) and names_id(key):
                found = self._of_identifier(value, store.scope) if value is not None else YES
            elif isinstance(store.key, str | ir.Const):
                found = self.of_expression(value, store.scope, depth + 1) if isinstance(value, ir.Mapping) else NO
            else:
                found = self.of_all((store.key, *((value,) if value is not None else ())), store.scope, depth + 1)
            if found.evidence is Evidence.YES:
                return found
            parameters += found.parameters
        for call, inner in scope.calls:
            found = self._filled_by(call, name, inner, depth)
            if found.evidence is Evidence.YES:
                return found
            parameters += found.parameters
        return left_to(parameters)

    def _filled_by(self, call: ir.Call, name: str, scope: Scope, depth: int) -> Found:
        function = call.function
        if isinstance(function, ir.Attr) and function.name in _FILLING and _root(function.value) == name:
            return self.of_all((*call.arguments, *named(call)), scope, depth + 1)
        values = (*call.arguments, *(value for _, value in call.keywords))
        if not any(_root(value) == name for value in values):
            return NO
        effects, targets = self._effects.classify(call, self._evaluator.root(scope))
        injects = (
            any(effect.kind == "propagation" for effect in effects) or spelled(function).rsplit(".", 1)[-1] == "inject"
        )
        if injects or any(self.mentions(target.id, depth) for target in targets if not _is_read_only(function)):
            return YES
        return NO

    def _of_values(self, expr: ir.Expr, scope: Scope, depth: int) -> Found:
        for value in self._evaluator.values(expr, self._evaluator.root(scope)):
            if self._carries(value):
                return YES
            if isinstance(value, Display) and value.expr is not expr:  # a mapping that a property or attribute holds
                if self.of_expression(value.expr, value.frame.scope, depth + 1).evidence is Evidence.YES:
                    return YES
        return NO

    def _carries(self, value: object) -> bool:
        return isinstance(value, Instance) and self.has_field(value.id)

    # ------------------------------------------------------- functions, classes

    def has_field(self, cls: str) -> bool:
        """Whether a class (an event model) declares an identifier among its fields."""
        classes = self._evaluator.classes
        for ancestor in classes.order(cls)[0]:
            scope = self._evaluator.program.scopes[ancestor]
            if any(names_id(name) for name in (*scope.bindings, *classes.stores(ancestor))):
                return True
        return False

    def mentions(self, function: str, depth: int = 0) -> bool:
        """Whether the body of a helper speaks of an identifier (it builds headers, say)."""
        if depth > 3:
            return False
        if function not in self._functions:
            self._functions[function] = False
            facts = self._evaluator.program.functions.get(function)
            scope = self._evaluator.program.scopes.get(function)
            if facts is not None and scope is not None:
                self._functions[function] = any(speaks_of_id(expr) for expr in bodies(facts.body)) or any(
                    self.of_expression(expr, scope, depth + 1).evidence is Evidence.YES for expr in scope.returned
                )
        return self._functions[function]

    def reads(self, function: str) -> bool:
        """Whether a function reads an identifier or headers of what it was given, or hands headers on."""
        facts = self._evaluator.program.functions.get(function)
        if facts is None:
            return False
        if any(names_id(parameter.name) or parameter.name == "headers" for parameter in facts.parameters):
            return True
        return any(speaks_of_id(expr) or reads_headers(expr) for expr in bodies(facts.body))


def named(call: ir.Call) -> Iterable[ir.Expr]:
    """The keyword arguments of a call; one whose name says that it is an identifier stands for itself."""
    for name, value in call.keywords:
        yield ir.Mapping(((ir.Const(name), value),)) if names_id(name) else value


def _root(expr: ir.Expr) -> str:
    """The name at the root of an attribute or item chain."""
    while isinstance(expr, ir.Attr | ir.Index):
        expr = expr.value
    return expr.id if isinstance(expr, ir.Name) else ""


def _is_read_only(function: ir.Expr) -> bool:
    """A call that only sends or shows what it is given fills nothing."""
    return (
        re.search(
            r"(^|_)(publish|send|log|info|debug|warning|error|print|dumps?|emit|dispatch|post|put|encode)",
            spelled(function).rsplit(".", 1)[-1],
        )
        is not None
    )
