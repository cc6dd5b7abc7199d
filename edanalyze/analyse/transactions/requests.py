"""Transactions that a framework holds open around a request handler: ATOMIC_REQUESTS, dependencies with `yield`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.trees.dependencies import Dependencies
from edanalyze.analyse.trees.trees import Scoped
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, spelled, statements, walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Display, Frame, String

if TYPE_CHECKING:
    from edanalyze.link.entries import EntryPoint

_SETTING = "ATOMIC_REQUESTS"


class Requests:
    """Finds what stands around a handler."""

    def __init__(self, evaluator: Evaluator, effects: Effects, contexts: Contexts) -> None:
        self._evaluator = evaluator
        self._effects = effects
        self._contexts = contexts
        self._dependencies = Dependencies(evaluator)

    def around(self, entry: EntryPoint) -> Scoped | None:
        """The handler's tree inside the transactions that the framework opens for it; None when it opens none."""
        if entry.kind != "route" or entry.value is None:
            return None
        tree = self._contexts.tree(entry.value.id)
        scope = tree.scope
        around: Scoped | None = None
        for function, call in reversed(list(self._dependencies.around(scope))):
            body = (around,) if around is not None else tree.body
            around = Scoped(call, scope, (), (), (), ((function, call),), body)
        if "django" in entry.library and self._atomic is not None and not self._opted_out(entry):
            effect, where = self._atomic
            body = (around,) if around is not None else tree.body
            around = Scoped(effect.call, where, (effect,), (), (), (), body)
        return around

    # ----------------------------------------------------------------- Django

    @property
    def are_atomic(self) -> bool:
        """Whether a transaction is open in every request, unless its view says otherwise."""
        return self._atomic is not None

    @cached_property
    def _atomic(self) -> tuple[Effect, Scope] | None:
        """The transaction that `ATOMIC_REQUESTS` inside `DATABASES` opens around every view, and where it is set.

        At the top level of the settings the name has no effect: Django reads it from the database's own table.
        """
        program = self._evaluator.program
        rows = self._evaluator.models.rows("django.db.transaction.atomic", "scope")
        if not rows:
            return None
        for module in sorted(program.modules):
            scope = program.scopes[f"{module}:"]
            if "DATABASES" not in scope.bindings and not any(
                spelled(store.base).startswith("DATABASES") for store in scope.stores
            ):
                continue
            line = self._line(scope, module)
            if line:
                place = ir.Place(line, 1, line, 1)
                call = ir.Call(ir.Name(_SETTING), (), (), place)
                return Effect("scope", rows[0], _SETTING, call), scope
        return None

    def _line(self, scope: Scope, module: str) -> int:
        for store in scope.stores:
            if (
                isinstance(store.key, ir.Const)
                and store.key.value == _SETTING
                and spelled(store.base).startswith("DATABASES")
            ):
                if isinstance(store.binding.expr, ir.Const) and store.binding.expr.value is True:
                    return self._statement_line(module)
        for binding in scope.bindings.get("DATABASES", ()):
            if binding.expr is not None and self._in_tables(binding.expr, self._evaluator.root(scope), 0):
                return self._statement_line(module)
        return 0

    def _statement_line(self, module: str) -> int:
        """The line of the statement that speaks of the setting."""
        for statement in statements(self._evaluator.program.modules[module].body):
            if isinstance(statement, ir.Assign) and any(
                _SETTING in _constants(expr) for expr in expressions(statement)
            ):
                return statement.line
        return 1

    def _in_tables(self, expr: ir.Expr, frame: Frame, depth: int) -> bool:
        """Whether a mapping of database tables sets it to True somewhere."""
        if depth > 3:
            return False
        for value in self._evaluator.values(expr, frame):
            if not isinstance(value, Display) or not isinstance(value.expr, ir.Mapping):
                continue
            for key, item in value.expr.items:
                names = self._evaluator.values(key, value.frame) if key is not None else ()
                if any(isinstance(name, String) and name.literal == _SETTING for name in names):
                    return isinstance(item, ir.Const) and item.value is True
                if self._in_tables(item, value.frame, depth + 1):
                    return True
        return any(
            name.lower() == "atomic_requests" and isinstance(value, ir.Const) and value.value is True
            for call in calls(expr)
            for name, value in call.keywords
        )

    def _opted_out(self, entry: EntryPoint) -> bool:
        program = self._evaluator.program
        functions = {entry.function, entry.value.id if entry.value is not None else ""}
        owners = {function.rpartition(".")[0] for function in functions}
        facts = [
            found
            for name in (*functions, *owners)
            if (found := program.functions.get(name) or program.classes.get(name))
        ]
        return any("non_atomic_requests" in spelled(decorator) for item in facts for decorator in item.decorators)


def _constants(expr: ir.Expr) -> set[object]:
    return {node.value for node in walk(expr) if isinstance(node, ir.Const)}
