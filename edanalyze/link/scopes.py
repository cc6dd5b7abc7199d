"""Scopes: which expressions, definitions and imports a name may stand for, per function, class and module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from edanalyze.facts import ir
from edanalyze.facts.children import bodies, children, expressions
from edanalyze.facts.module import ClassFacts, FunctionFacts, ModuleFacts


class Binding(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One way a name gets its value.

    `kind`: "value" (the expression), "item" (what iterating it yields), "unpack" (its element `index`),
    "enter" (what entering it as a context manager yields), "import", "function", "class", "parameter",
    "annotation" (only declared), "augment" (`+=` and the like), "opaque" (an exception, a deleted name).
    """

    kind: str
    expr: ir.Expr | None = None
    index: int = 0
    imported: ir.Import | None = None
    qualname: str = ""
    annotation: ir.Expr | None = None


class Store(NamedTuple):
    """An assignment to an attribute or item: `base.key = ...` or `base[key] = ...`."""

    base: ir.Expr
    key: ir.Expr | str
    binding: Binding
    scope: Scope


_LEAVES = frozenset({ir.Name, ir.Const, ir.Hole})
"""Expressions that hold no others; most are of these."""
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


class Scope(msgspec.Struct, eq=False):
    """A lexical scope. `name` is its qualname in the module ("" for the module itself)."""

    module: str
    name: str
    kind: str  # module | class | function | comprehension
    parent: Scope | None
    function: FunctionFacts | None = None
    klass: ClassFacts | None = None
    bindings: dict[str, list[Binding]] = {}
    stores: list[Store] = []
    calls: list[tuple[ir.Call, Scope]] = []
    comprehensions: dict[int, Scope] = {}
    returned: tuple[ir.Expr, ...] = ()
    yielded: tuple[tuple[ir.Expr, bool], ...] = ()
    outer: Mapping[str, str] = _NO_NAMES
    star_imports: tuple[ir.Import, ...] = ()
    loops: tuple[ir.Loop, ...] = ()
    reaching: dict[int, list[Binding]] = {}

    @property
    def id(self) -> str:
        """`module:qualname`, unique in a program."""
        return f"{self.module}:{self.name}"

    @property
    def lexical(self) -> Scope:
        """The function, class or module whose body holds it: the scope itself unless it is that of a comprehension."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope

    def put_into(self, made: ir.Expr, key: ir.Expr | str) -> list[Store]:
        """The stores under a key into what an expression of this scope makes, by the names that are bound to it."""
        return [
            store
            for store in self.stores
            if store.key == key
            and isinstance(store.base, ir.Name)
            and any(binding.expr is made for binding in self.bindings.get(store.base.id, ()))
        ]

    def comprehension(self, expr: ir.Comprehension) -> Scope | None:
        """The scope of a comprehension that stands in this scope or in a comprehension around it."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.comprehensions.get(id(expr))
            if found is not None:
                return found
            scope = scope.parent if scope.kind == "comprehension" else None
        return None

    def bind(self, name: str, binding: Binding) -> None:
        """Add one way in which `name` gets a value, honouring `global` and `nonlocal`."""
        scope = self
        where = self.outer.get(name) if self.outer else None
        while where and scope.parent is not None:
            scope = scope.parent
            if where == "global" and scope.kind == "module":
                break
            if where == "nonlocal" and scope.kind == "function" and name in scope.bindings:
                break
        found = scope.bindings.get(name)
        if found is None:
            scope.bindings[name] = [binding]
        else:
            found.append(binding)


class ScopeBuilder:
    """Build all scopes of one module."""

    def __init__(self, module: str, facts: ModuleFacts) -> None:
        self.facts = facts
        self.module = module
        self.scopes: dict[str, Scope] = {}

    def build(self) -> dict[str, Scope]:
        """Scopes by qualname; the module's own under ""."""
        root = Scope(self.module, "", "module", None)
        self.scopes[""] = root
        self._block(self.facts.body, root)
        return self.scopes

    # ------------------------------------------------------------ definitions

    def _define(self, name: str, qualname: str, is_class: bool, scope: Scope) -> None:
        if is_class:
            facts = self.facts.classes.get(qualname)
            scope.bind(name, Binding("class", qualname=qualname))
            if facts is None or qualname in self.scopes:
                return
            for expr in (*facts.decorators, *facts.bases, *(value for _, value in facts.keywords)):
                self._expr(expr, scope)
            inner = Scope(self.module, qualname, "class", scope, klass=facts)
            self.scopes[qualname] = inner
            self._block(facts.body, inner)
        else:
            scope.bind(name, Binding("function", qualname=qualname))
            self._function(qualname, scope)

    def _function(self, qualname: str, scope: Scope) -> None:
        facts = self.facts.functions.get(qualname)
        if facts is None or qualname in self.scopes:
            return
        for expr in facts.decorators:
            self._expr(expr, scope)
        inner = Scope(self.module, qualname, "function", scope, function=facts)
        self.scopes[qualname] = inner
        for parameter in facts.parameters:
            if parameter.default is not None:
                self._expr(parameter.default, scope)
            inner.bind(parameter.name, Binding("parameter", annotation=parameter.annotation, qualname=parameter.name))
        self._block(facts.body, inner)

    # ------------------------------------------------------------- statements

    def _block(self, body: Iterable[ir.Stmt], scope: Scope) -> None:
        for statement in body:
            if type(statement) is ir.Define:
                self._define(statement.name, statement.qualname, statement.is_class, scope)
                continue
            for expr in expressions(statement):
                self._expr(expr, scope)
            binds = _BINDING.get(type(statement))
            if binds is not None:
                binds(self, statement, scope)
            for block in bodies(statement):
                self._block(block, scope)

    def _assign(self, statement: ir.Assign, scope: Scope) -> None:
        kind = "annotation" if statement.value is None else "value"
        for target in statement.targets:
            self._target(target, Binding(kind, statement.value, annotation=statement.annotation), scope)

    def _augment(self, statement: ir.Augment, scope: Scope) -> None:
        self._target(statement.target, Binding("augment", statement.value), scope)

    def _loop(self, statement: ir.Loop, scope: Scope) -> None:
        scope.loops += (statement,)
        if statement.target is not None:
            self._target(statement.target, Binding("item", statement.source), scope)

    def _with(self, statement: ir.With, scope: Scope) -> None:
        for context, name in statement.items:
            if name is not None:
                self._target(name, Binding("enter", context), scope)

    def _try(self, statement: ir.Try, scope: Scope) -> None:
        for handler in statement.handlers:
            if handler.types is not None:
                self._expr(handler.types, scope)
            if handler.name:
                scope.bind(handler.name, Binding("opaque", handler.types))

    def _match(self, statement: ir.Match, scope: Scope) -> None:
        for case in statement.cases:
            for expr in (*case.patterns, *([case.guard] if case.guard is not None else ())):
                self._expr(expr, scope)
            for capture in case.captures:
                scope.bind(capture, Binding("value", statement.subject))

    def _import(self, statement: ir.Import, scope: Scope) -> None:
        if statement.name == "*":
            scope.star_imports += (statement,)
        else:
            scope.bind(statement.name, Binding("import", imported=statement))

    def _declare(self, statement: ir.Scope, scope: Scope) -> None:
        scope.outer = {**scope.outer, **dict.fromkeys(statement.names, statement.kind)}

    def _return(self, statement: ir.Return, scope: Scope) -> None:
        if statement.value is not None:
            scope.returned += (statement.value,)

    def _target(self, target: ir.Expr, binding: Binding, scope: Scope) -> None:
        match target:
            case ir.Name(id=name):
                scope.bind(name, binding)
            case ir.Attr(value=base, name=name):
                scope.stores.append(Store(base, name, binding, scope))
            case ir.Index(value=base, key=key):
                scope.stores.append(Store(base, key, binding, scope))
            case ir.Star(value=starred):
                self._target(starred, Binding("opaque", binding.expr), scope)
            case ir.Items(items=items):
                value = binding.expr
                if (
                    binding.kind == "value"
                    and isinstance(value, ir.Items)
                    and len(value.items) == len(items)
                    and not any(isinstance(item, ir.Star) for item in (*items, *value.items))
                ):
                    for part, inner in zip(items, value.items, strict=True):
                        self._target(part, Binding("value", inner), scope)
                    return
                if binding.kind == "value" and isinstance(value, ir.Items) and self._starred(items, value, scope):
                    return
                kind = {"value": "unpack", "item": "unpack item", "enter": "unpack enter"}.get(binding.kind, "opaque")
                for index, part in enumerate(items):
                    self._target(part, Binding(kind, value, index), scope)
            case _:
                pass

    def _starred(self, targets: tuple[ir.Expr, ...], value: ir.Items, scope: Scope) -> bool:
        """`a, *b, c = 1, 2, 3, 4`: whether each target could be given its part."""
        stars = [index for index, target in enumerate(targets) if isinstance(target, ir.Star)]
        given = value.items
        if len(stars) != 1 or len(given) < len(targets) - 1 or any(isinstance(item, ir.Star) for item in given):
            return False
        (star,) = stars
        end = len(given) - (len(targets) - star - 1)
        parts = (*given[:star], ir.Items("list", given[star:end]), *given[end:])
        for target, part in zip(targets, parts, strict=True):
            inner = target.value if isinstance(target, ir.Star) else target
            self._target(inner, Binding("value", part), scope)
        return True

    # ------------------------------------------------------------ expressions

    def _expr(self, expr: ir.Expr, scope: Scope) -> None:
        while type(expr) is ir.Attr:
            expr = expr.value
        kind = type(expr)
        if kind in _LEAVES:
            return
        if kind in _SCOPES:
            _SCOPES[kind](self, expr, scope)
            return
        for child in children(expr):
            if type(child) not in _LEAVES:
                self._expr(child, scope)
        if kind is ir.Call:
            within = scope if scope.kind != "comprehension" else scope.lexical
            within.calls.append((expr, scope))  # type: ignore[arg-type]
        elif type(expr) is ir.Bind:
            scope.lexical.bind(expr.name, Binding("value", expr.value))
        elif type(expr) is ir.Yield and expr.value is not None:
            lexical = scope.lexical
            lexical.yielded = (*lexical.yielded, (expr.value, expr.delegates))

    def _lambda(self, expr: ir.Lambda, scope: Scope) -> None:
        self._function(expr.function, scope.lexical)
        body = self.scopes.get(expr.function)
        if body is not None and scope.kind == "comprehension":
            body.parent = scope

    def _comprehension(self, expr: ir.Comprehension, scope: Scope) -> None:
        inner = Scope(self.module, scope.name, "comprehension", scope, function=scope.function)
        lexical = scope.lexical
        lexical.comprehensions[id(expr)] = inner
        for position, generator in enumerate(expr.generators):
            self._expr(generator.source, scope if position == 0 else inner)
            self._target(generator.target, Binding("item", generator.source), inner)
            for test in generator.tests:
                self._expr(test, inner)
        if expr.key is not None:
            self._expr(expr.key, inner)
        self._expr(expr.element, inner)


_BINDING: dict[type, Callable[[ScopeBuilder, Any, Scope], None]] = {
    ir.Assign: ScopeBuilder._assign,
    ir.Augment: ScopeBuilder._augment,
    ir.Loop: ScopeBuilder._loop,
    ir.With: ScopeBuilder._with,
    ir.Try: ScopeBuilder._try,
    ir.Match: ScopeBuilder._match,
    ir.Import: ScopeBuilder._import,
    ir.Scope: ScopeBuilder._declare,
    ir.Return: ScopeBuilder._return,
}
_SCOPES: dict[type, Callable[[ScopeBuilder, Any, Scope], None]] = {
    ir.Comprehension: ScopeBuilder._comprehension,
    ir.Lambda: ScopeBuilder._lambda,
}
