"""Shelves: objects of a whole application that are kept on a shared object (`app.state.bus`, `app["db"]`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.scopes import Store
from edanalyze.link.values import External, ExternalInstance, Hole, String, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

_SHARED = frozenset({"state", "extensions", "ctx"})
_APPLICATIONS = frozenset({"app", "application"})


class Shelves:
    """What is put on shared objects anywhere in a program; asked where nothing else is known of an object."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._found: dict[tuple[str, str], list[Store]] | None = None

    def attribute(self, shelf: str, name: str) -> list[Value]:
        """What is stored as `....shelf.name`."""
        return self._stored((shelf, name))

    def items(self, keys: Iterable[str]) -> list[Value]:
        """What is stored in the application under literal keys."""
        return [value for key in keys for value in self._stored(("[]", key))]

    def are_known(self, values: Iterable[Value]) -> bool:
        """Whether one of the values is more than a library name that no model knows."""
        return any(self._is_known(value) for value in values)

    def _is_known(self, value: Value) -> bool:
        if type(value) is External:
            return self._evaluator.models.knows(value.name)
        if type(value) is ExternalInstance:
            return not value.name.endswith(("()", "[]"))
        return type(value) is not String or not all(isinstance(part, Hole) for part in value.parts)

    def _stored(self, key: tuple[str, str]) -> list[Value]:
        if self._found is None:
            self._found = self._find()
        evaluator = self._evaluator
        return [
            value
            for store in self._found.get(key, ())
            for value in evaluator.binding(store.binding, evaluator.root(store.scope))
        ]

    def _find(self) -> dict[tuple[str, str], list[Store]]:
        found: dict[tuple[str, str], list[Store]] = defaultdict(list)
        for _, scope in sorted(self._evaluator.program.scopes.items()):
            for store in scope.stores:
                if isinstance(store.key, str):
                    if isinstance(store.base, ir.Attr) and store.base.name in _SHARED:
                        found[store.base.name, store.key].append(store)
                elif isinstance(store.key, ir.Const) and isinstance(store.key.value, str):
                    if isinstance(store.base, ir.Name) and store.base.id in _APPLICATIONS:
                        found["[]", store.key.value].append(store)
        return found
