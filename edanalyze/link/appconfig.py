"""Application configuration: what `app.config["X"]` and Django's `settings.X` hold, wherever the code sets it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from edanalyze.facts import ir
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, Display, Frame, Instance, Module, Value, string

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

T = TypeVar("T")
MAPPING = "config"
DJANGO = "django.conf.settings"


class AppConfig:
    """Looks keys up in the configuration of the application that is nearest to the code that reads them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._stores: dict[str, list[tuple[Scope, ir.Expr]]] | None = None
        self._objects: list[tuple[Scope, ir.Expr]] = []
        self._django: list[Scope] | None = None

    # ------------------------------------------------------------ app.config[]

    def is_mapping(self, expr: ir.Expr) -> bool:
        """Whether an expression is called like an application's configuration."""
        match expr:
            case ir.Attr(name=name) | ir.Name(id=name):
                return name == MAPPING
            case _:
                return False

    def items(self, key: str, module: str) -> list[Value]:
        """What is configured under a key, seen from a module."""
        if self._stores is None:
            self._stores = self._index()
        found: list[Value] = []
        for scope, expr in _nearest(self._stores.get(key, []), module):
            found += self._evaluator.values(expr, self._evaluator.root(scope))
        if found:
            return found
        for scope, expr in _nearest(self._objects, module):
            for value in self._evaluator.values(expr, self._evaluator.root(scope)):
                if isinstance(value, Class | Instance | Module):
                    found += self._evaluator.attributes.of(value, key)
                elif isinstance(value, Display):
                    found += self._evaluator.items.member(value, string(key))
        return found

    def _index(self) -> dict[str, list[tuple[Scope, ir.Expr]]]:
        found: dict[str, list[tuple[Scope, ir.Expr]]] = defaultdict(list)
        for identifier in sorted(self._evaluator.program.scopes):
            scope = self._evaluator.program.scopes[identifier]
            for store in scope.stores:
                key, expr = store.key, store.binding.expr
                if isinstance(key, ir.Const) and isinstance(key.value, str) and expr is not None:
                    if store.binding.kind == "value" and self.is_mapping(store.base):
                        found[key.value].append((store.scope, expr))
            for call, where in scope.calls:
                if isinstance(call.function, ir.Attr) and self.is_mapping(call.function.value):
                    self._configured(call, call.function.name, where, found)
        return found

    def _configured(
        self, call: ir.Call, method: str, scope: Scope, found: dict[str, list[tuple[Scope, ir.Expr]]]
    ) -> None:
        if method in {"update", "from_mapping"}:
            for name, value in call.keywords:
                if name:
                    found[name].append((scope, value))
        if method in {"update", "from_mapping", "from_object"}:
            self._objects += [(scope, expr) for expr in call.arguments]

    # ----------------------------------------------------------------- Django

    def django(self, name: str, frame: Frame) -> list[Value]:
        """What Django's settings hold under a name, seen from the module of `frame`."""
        if self._django is None:
            program = self._evaluator.program
            modules = [program.scopes[f"{module}:"] for module in program.modules]
            self._django = [scope for scope in modules if self._is_django(scope)]
        holding = [(scope, name) for scope in self._django if name in scope.bindings]
        return [
            value
            for scope, _ in _nearest(holding, frame.scope.module)
            for value in self._evaluator.bound(scope.bindings[name], self._evaluator.root(scope))
        ]

    @staticmethod
    def _is_django(scope: Scope) -> bool:
        last = scope.module.split(".")[-2:]
        return "settings" in last or "INSTALLED_APPS" in scope.bindings


def _nearest(found: Iterable[tuple[Scope, T]], module: str) -> list[tuple[Scope, T]]:
    """Those whose module shares the most folders with `module`."""
    ranked = [(_shared(scope.module, module), scope, item) for scope, item in found]
    best = max((rank for rank, _, _ in ranked), default=0)
    return [(scope, item) for rank, scope, item in ranked if rank == best]


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        count += 1
    return count
