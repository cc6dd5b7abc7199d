"""Application settings that the code makes for a task queue: attributes, keywords, constants of a settings module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Constant, Value


class _Setting(NamedTuple):
    """One place that sets something, by its `number` in the order of scopes."""

    number: int
    expr: ir.Expr
    scope: Scope


class AppSettings:
    """Looks settings up by the end of their name, in whatever form they are written."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._found: dict[str, list[tuple[str, ir.Expr, Scope]]] = {}

    def flag(self, name: str, module: str) -> bool | None:
        """A setting such as `acks_late`, nearest to a module; None when the code does not set it."""
        chosen: tuple[int, bool] | None = None
        for where, values in self.values(name):
            for value in values:
                if isinstance(value, Constant) and isinstance(value.value, bool):
                    shared = _shared(where, module)
                    if chosen is None or shared > chosen[0]:
                        chosen = (shared, value.value)
        return chosen[1] if chosen is not None else None

    def values(self, name: str) -> Iterator[tuple[str, tuple[Value, ...]]]:
        """The module and values of every place that sets `name`, `task_<name>`, `<PREFIX>_<NAME>` and the like."""
        for module, expr, scope in self.expressions(name):
            yield module, self._evaluator.values(expr, self._evaluator.root(scope))

    def expressions(self, name: str) -> list[tuple[str, ir.Expr, Scope]]:
        """The expressions of those places with the scopes that hold them."""
        if name not in self._found:
            written = [setting for key in _spellings(name) for setting in self._settings.get(key, ())]
            self._found[name] = [(each.scope.module, each.expr, each.scope) for each in sorted(written, key=_number)]
        return self._found[name]

    @cached_property
    def _settings(self) -> dict[str, list[_Setting]]:
        """Everything that is set anywhere, by its name in small letters."""
        found: dict[str, list[_Setting]] = defaultdict(list)
        scopes = self._evaluator.program.scopes
        number = 0
        for identifier in sorted(scopes):
            for key, expr in _set_in(scopes[identifier]):
                number += 1
                found[key.lower()].append(_Setting(number, expr, scopes[identifier]))
        return found


def _set_in(scope: Scope) -> Iterator[tuple[str, ir.Expr]]:
    """The names that a scope sets, and to what."""
    if scope.kind in {"module", "class"}:
        for key, bindings in scope.bindings.items():
            for binding in bindings:
                if binding.kind == "value" and binding.expr is not None:
                    yield key, binding.expr
    for store in scope.stores:
        written = store.key.value if isinstance(store.key, ir.Const) else store.key
        if isinstance(written, str) and store.binding.kind == "value" and store.binding.expr is not None:
            yield written, store.binding.expr
    for call, _ in scope.calls:
        if call.keywords and isinstance(call.function, ir.Attr) and call.function.name in {"update", "configure"}:
            yield from call.keywords


def _number(setting: _Setting) -> int:
    return setting.number


def _spellings(name: str) -> set[str]:
    """The spellings of a setting's name (`task_acks_late`, `CELERY_ACKS_LATE`), in small letters."""
    return {name, f"task_{name}", f"celery_{name}", f"celery_task_{name}", f"celery{name}"}


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        count += 1
    return count
