"""Correlation: whether a call hands on an identifier that ties it to what caused it."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

from edanalyze.analyse.effects import Effect, Effects
from edanalyze.facts import ir
from edanalyze.facts.children import children, expressions, spelled, statements
from edanalyze.link.library import has_unpacking
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, ExternalInstance, Frame, Function, Instance

_ID = re.compile(
    r"correlation|causation|trace_?parent|trace_?state|trace_?id|trace_?context|tracing|request_?id|x_request|x_b3|b3_"
    r"|x_amzn_trace|x_cloud_trace|baggage|span_?(id|context)|uber_trace|conversation_?id|operation_?id|traceheaders?"
    r"|trace_?headers?|(^|_)cid($|_)|datadog|propagat|request_?context|inject_?(headers|trace|context)",
    re.I,
)
_REQUEST = re.compile(r"(^|_)(request|req|message|msg|props|properties|event|incoming|scope|metadata|context)$", re.I)
_OPTIONAL = re.compile(r"header|metadata|propert|attributes|correlation|trace|context|extra|options|envelope", re.I)
DEEPEST = 5


class Evidence(enum.Enum):
    """What the arguments of a call say about correlation."""

    YES = "an identifier is handed on"
    NO = "none is"
    OPEN = "the caller decides through a parameter"


class Correlation:
    """Looks for identifiers in what a call sends."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._evaluator = effects.evaluator
        self._functions: dict[str, bool] = {}

    # ------------------------------------------------------------------ calls

    def of_publish(self, effect: Effect, scope: Scope) -> tuple[Evidence, str]:
        """Evidence in headers, properties or payload of a publish; with OPEN, the parameter that decides."""
        found = self._of_arguments(list(_arguments(effect.call)), scope)
        if found[0] is Evidence.NO and self._in_receiver(effect, scope):
            return (Evidence.YES, "")
        return found

    def of_http(self, effect: Effect, scope: Scope) -> tuple[Evidence, str]:
        """Evidence in the headers of an HTTP call, or in the client that sends it."""
        relevant: list[ir.Expr] = []
        for role in ("headers", "params"):
            expr = effect.argument(role)
            if expr is not None:
                relevant.append(expr)
        if has_unpacking(effect.call) or "headers" not in effect.api.slots:
            relevant += [value for name, value in effect.call.keywords if not name]
            relevant += [value for value in effect.call.arguments if isinstance(value, ir.Star)]
        if "request" in effect.api.slots or "headers" not in effect.api.slots:
            relevant += effect.call.arguments
        found = self._of_arguments(relevant, scope)
        if found[0] is Evidence.YES or self._in_client(effect, scope):
            return (Evidence.YES, "")
        return found

    def _of_arguments(self, arguments: list[ir.Expr], scope: Scope) -> tuple[Evidence, str]:
        parameter = ""
        for expr in arguments:
            evidence, name = self.of_expression(expr, scope)
            if evidence is Evidence.YES:
                return (evidence, "")
            if evidence is Evidence.OPEN and (not parameter or _OPTIONAL.search(name)):
                parameter = name
        return (Evidence.OPEN, parameter) if parameter else (Evidence.NO, "")

    # ------------------------------------------------------------ expressions

    def of_expression(self, expr: ir.Expr, scope: Scope, depth: int = 0) -> tuple[Evidence, str]:
        """Whether an expression holds an identifier."""
        if depth > DEEPEST:
            return (Evidence.NO, "")
        match expr:
            case ir.Const(value=str() as text):
                return (Evidence.YES, "") if _names_id(text) else (Evidence.NO, "")
            case (
                ir.Call(function=ir.Attr(value=ir.Attr(name="headers"), name="get"), arguments=(ir.Const(value=str() as text), *_))
                | ir.Index(value=ir.Attr(name="headers"), key=ir.Const(value=str() as text))
            ):  # one header of many
                return (Evidence.YES, "") if _names_id(text) else (Evidence.NO, "")
            case ir.Name(id=name):
                return self._of_name(name, scope, depth)
            case ir.Attr(value=value, name=name):
                if _names_id(name):
                    return (Evidence.YES, "")
                if name in {"headers", "attributes", "metadata"} and _REQUEST.search(spelled(value).rsplit(".", 1)[-1]):
                    return (Evidence.YES, "")
                inner = self.of_expression(value, scope, depth + 1) if not isinstance(value, ir.Name) else (Evidence.NO, "")
                return inner if inner[0] is Evidence.YES else self._of_values(expr, scope, depth)
            case ir.Call():
                return self._of_call(expr, scope, depth)
            case ir.Lambda():
                return (Evidence.NO, "")
        return self._of_parts(children(expr), scope, depth)

    def _of_parts(self, parts: tuple[ir.Expr, ...], scope: Scope, depth: int) -> tuple[Evidence, str]:
        parameter = ""
        for part in parts:
            evidence, name = self.of_expression(part, scope, depth)
            if evidence is Evidence.YES:
                return (evidence, "")
            if evidence is Evidence.OPEN:
                parameter = parameter or name
        return (Evidence.OPEN, parameter) if parameter else (Evidence.NO, "")

    def _of_call(self, call: ir.Call, scope: Scope, depth: int) -> tuple[Evidence, str]:
        name = spelled(call.function)
        if _names_id(name.rsplit(".", 1)[-1]) or any(_names_id(key) for key, _ in call.keywords if key):
            return (Evidence.YES, "")
        found = self._of_parts((*call.arguments, *(value for _, value in call.keywords)), scope, depth)
        if found[0] is Evidence.YES:
            return found
        frame = self._evaluator.root(scope)
        for callee in self._evaluator.values(call.function, frame):
            if isinstance(callee, Function) and self._mentioned(callee.id, depth):
                return (Evidence.YES, "")
            if isinstance(callee, Class) and self._has_field(callee.id):
                return (Evidence.YES, "")
        if isinstance(call.function, ir.Attr):  # `event.json()`, `headers.copy()`
            inner = self.of_expression(call.function.value, scope, depth + 1)
            if inner[0] is not Evidence.NO:
                return inner
        return found

    def _of_name(self, name: str, scope: Scope, depth: int) -> tuple[Evidence, str]:
        if _names_id(name):
            return (Evidence.YES, "")
        where: Scope | None = scope
        while where is not None and name not in where.bindings:
            where = where.parent
        if where is None or where.kind == "module" and depth > 2:
            return (Evidence.NO, "")
        parameter = ""
        for binding in where.bindings[name]:
            if binding.kind == "parameter":
                if any(self._carries(value) for value in self._declared(binding.annotation, where)):
                    return (Evidence.YES, "")
                parameter = name
            elif binding.kind == "import":
                continue
            elif binding.expr is not None and binding.kind in {"value", "item", "unpack", "enter", "opaque"}:
                evidence, inner = self.of_expression(binding.expr, where, depth + 1)
                if evidence is Evidence.YES:
                    return (evidence, "")
                if evidence is Evidence.OPEN:
                    parameter = parameter or inner
        if self._is_filled(name, where, depth):
            return (Evidence.YES, "")
        return (Evidence.OPEN, parameter) if parameter else (Evidence.NO, "")

    def _declared(self, annotation: ir.Expr | None, scope: Scope) -> tuple[object, ...]:
        if annotation is None:
            return ()
        return self._evaluator.parameters.annotated(annotation, self._evaluator.root(scope.parent or scope))

    def _is_filled(self, name: str, scope: Scope, depth: int) -> bool:
        """Whether a mapping is given an identifier later: `headers["x-request-id"] = ...`, `inject(headers)`."""
        for store in scope.stores:
            if isinstance(store.base, ir.Name) and store.base.id == name:
                key = store.key if isinstance(store.key, str) else ""
                if isinstance(store.key, ir.Const) and isinstance(store.key.value, str):
                    key = store.key.value
                if _names_id(key):
                    return True
                if not isinstance(store.key, str | ir.Const):
                    if self.of_expression(store.key, scope, depth + 1)[0] is Evidence.YES:
                        return True
                    value = store.binding.expr
                    if value is not None and self.of_expression(value, scope, depth + 1)[0] is Evidence.YES:
                        return True
        for call, inner in scope.calls:
            called = spelled(call.function)
            if called in {f"{name}.update", f"{name}.append", f"{name}.extend", f"{name}.setdefault", f"{name}.insert"}:
                if self._of_parts((*call.arguments, *(v for _, v in call.keywords)), inner, depth + 1)[0] is Evidence.YES:
                    return True
            elif any(isinstance(argument, ir.Name) and argument.id == name for argument in call.arguments):
                effects, targets = self._effects.classify(call, self._evaluator.root(inner))
                if any(effect.kind == "propagation" for effect in effects) or called.rsplit(".", 1)[-1] in {"inject"}:
                    return True
                if any(self._mentioned(target.id, depth) for target in targets):
                    return True
        return False

    def _of_values(self, expr: ir.Expr, scope: Scope, depth: int) -> tuple[Evidence, str]:
        for value in self._evaluator.values(expr, self._evaluator.root(scope)):
            if self._carries(value):
                return (Evidence.YES, "")
        return (Evidence.NO, "")

    def _carries(self, value: object) -> bool:
        return isinstance(value, Instance) and self._has_field(value.id)

    # ---------------------------------------------------------------- helpers

    def _has_field(self, cls: str) -> bool:
        """Whether a class (an event model) declares an identifier among its fields."""
        classes = self._evaluator.classes
        for ancestor in classes.order(cls)[0]:
            scope = self._evaluator.program.scopes[ancestor]
            if any(_names_id(name) for name in (*scope.bindings, *classes.stores(ancestor))):
                return True
        return False

    def _mentioned(self, function: str, depth: int) -> bool:
        """Whether the body of a helper speaks of an identifier (it builds headers, say)."""
        if depth > 3:
            return False
        if function not in self._functions:
            self._functions[function] = False
            facts = self._evaluator.program.functions.get(function)
            scope = self._evaluator.program.scopes.get(function)
            if facts is not None and scope is not None:
                self._functions[function] = any(_speaks(expr) for expr in _bodies(facts.body)) or any(
                    self.of_expression(expr, scope, depth + 1)[0] is Evidence.YES for expr in scope.returned
                )
        return self._functions[function]

    def _in_receiver(self, effect: Effect, scope: Scope) -> bool:
        """A producer built with an interceptor or default headers that add one."""
        receiver = effect.receiver
        site = receiver.site if isinstance(receiver, ExternalInstance) else None
        if site is None:
            return False
        values = (*site.call.arguments, *(value for name, value in site.call.keywords if "serializer" not in name))
        return self._of_parts(values, site.frame.scope, 1)[0] is Evidence.YES

    def _in_client(self, effect: Effect, scope: Scope) -> bool:
        """Default headers, hooks, auth or a transport of the client; a project subclass that adds a header."""
        receiver = effect.receiver
        if not isinstance(receiver, ExternalInstance):
            return False
        if isinstance(receiver.owner, Instance) and self._has_override(receiver.owner.id):
            return True
        site = receiver.site
        if site is None:
            return False
        for name, value in site.call.keywords:
            if name in {"headers", "event_hooks", "auth", "transport", "trace_configs", "middlewares", "hooks"}:
                if self.of_expression(value, site.frame.scope, 1)[0] is Evidence.YES or self._hook_adds(value, site.frame):
                    return True
        return self._session_headers(receiver, site.frame.scope)

    def _has_override(self, cls: str) -> bool:
        program = self._evaluator.program
        return any(
            self._mentioned(f"{ancestor}.{name}", 0)
            for ancestor in self._evaluator.classes.order(cls)[0]
            for name in ("request", "send", "_request", "__init__", "build_request", "prepare_request")
            if f"{ancestor}.{name}" in program.functions
        )

    def _hook_adds(self, expr: ir.Expr, frame: Frame) -> bool:
        """A hook, transport or auth object whose code adds an identifier."""
        from edanalyze.facts.children import walk

        for node in walk(expr):
            if isinstance(node, ir.Name | ir.Attr | ir.Call):
                for value in self._evaluator.values(node, frame):
                    if isinstance(value, Function) and self._mentioned(value.id, 0):
                        return True
                    if isinstance(value, Instance) and any(
                        self._mentioned(function, 0)
                        for function in self._evaluator.program.functions
                        if function.startswith(f"{value.id}.")
                    ):
                        return True
        return False

    def _session_headers(self, receiver: ExternalInstance, scope: Scope) -> bool:
        """`session.headers.update({...})` or `session.headers[...] = ...` beside the construction."""
        program = self._evaluator.program
        for identifier, other in program.scopes.items():
            if other.module != scope.module:
                continue
            for store in other.stores:
                if spelled(store.base).endswith(".headers") and self._same(store.base, other, receiver):
                    if isinstance(store.key, ir.Const) and _names_id(str(store.key.value)):
                        return True
            for call, inner in other.calls:
                if spelled(call.function).endswith(".headers.update") and isinstance(call.function, ir.Attr):
                    if self._same(call.function.value, inner, receiver):
                        if self._of_parts((*call.arguments, *(v for _, v in call.keywords)), inner, 1)[0] is Evidence.YES:
                            return True
        return False

    def _same(self, headers: ir.Expr, scope: Scope, receiver: ExternalInstance) -> bool:
        if not isinstance(headers, ir.Attr):
            return False
        values = self._evaluator.values(headers.value, self._evaluator.root(scope))
        return any(isinstance(value, ExternalInstance) and value.site == receiver.site for value in values)

    # ---------------------------------------------------------------- reading

    def reads(self, function: str) -> bool:
        """Whether a function reads an identifier or headers of what it was given, or hands headers on."""
        facts = self._evaluator.program.functions.get(function)
        if facts is None:
            return False
        if any(_names_id(parameter.name) or parameter.name == "headers" for parameter in facts.parameters):
            return True
        return any(_speaks(expr) or _reads_headers(expr) for expr in _bodies(facts.body))


def _names_id(text: str) -> bool:
    return len(text) < 80 and _ID.search(text.replace("-", "_")) is not None


def _arguments(call: ir.Call) -> Iterator[ir.Expr]:
    for argument in call.arguments:
        yield argument
    for name, value in call.keywords:
        if name and _names_id(name) and not (isinstance(value, ir.Const) and value.value is None):
            yield ir.Const(name)
        yield value


def _bodies(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Expr]:
    for statement in statements(body):
        yield from expressions(statement)


def _speaks(expr: ir.Expr) -> bool:
    from edanalyze.facts.children import walk

    for node in walk(expr):
        match node:
            case ir.Const(value=str() as text) if _names_id(text):
                return True
            case ir.Name(id=name) | ir.Attr(name=name) if _names_id(name):
                return True
            case ir.Call(keywords=keywords) if any(_names_id(key) for key, _ in keywords if key):
                return True
            case _:
                pass
    return False


def _reads_headers(expr: ir.Expr) -> bool:
    from edanalyze.facts.children import walk

    return any(isinstance(node, ir.Attr) and node.name in {"headers", "attributes"} for node in walk(expr)) or any(
        isinstance(node, ir.Const) and node.value in {"headers", "MessageAttributes", "attributes"} for node in walk(expr)
    )
