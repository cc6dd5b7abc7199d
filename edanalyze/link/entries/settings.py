"""Application settings that the code makes for a task queue: attributes, keywords, constants of a settings module."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import Constant, Value


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
            found: list[tuple[str, ir.Expr, Scope]] = []
            for identifier in sorted(self._evaluator.program.scopes):
                scope = self._evaluator.program.scopes[identifier]
                found += [(scope.module, expr, scope) for expr in self._in(scope, name)]
            self._found[name] = found
        return self._found[name]

    def _in(self, scope: Scope, name: str) -> Iterator[ir.Expr]:
        if scope.kind in {"module", "class"}:
            for key, bindings in scope.bindings.items():
                if _is(key, name):
                    yield from _given(bindings)
        for store in scope.stores:
            written = store.key.value if isinstance(store.key, ir.Const) else store.key
            if isinstance(written, str) and _is(written, name):
                yield from _given([store.binding])
        for call, _ in scope.calls:
            if isinstance(call.function, ir.Attr) and call.function.name in {"update", "configure"}:
                yield from (value for key, value in call.keywords if _is(key, name))


def _given(bindings: list[Binding]) -> Iterator[ir.Expr]:
    return (binding.expr for binding in bindings if binding.kind == "value" and binding.expr is not None)


def _is(key: str, name: str) -> bool:
    """Whether a key is a setting's name in one of its spellings (`task_acks_late`, `CELERY_ACKS_LATE`)."""
    lowered = key.lower()
    return lowered in {name, f"task_{name}"} or lowered in {f"celery_{name}", f"celery_task_{name}", f"celery{name}"}


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        count += 1
    return count
