"""Changes: the names of fields that functions set, and the objects whose methods they call."""

from __future__ import annotations

import re
from collections.abc import Iterable

from edanalyze.facts import ir
from edanalyze.facts.children import spelled, walk
from edanalyze.link.program import Program

_SETTING = re.compile(
    r"^(a?update|values|set|mark|change|transition|upsert|modify|patch|insert|create|find_one_and|put|save)", re.I
)
_READING = re.compile(
    r"^(get|is|has|can|should|find|fetch|load|read|to|as|dict|json|model|copy|check|validate)(_|$)", re.I
)
_SQL = re.compile(r"\b(?:update|insert|merge)\b", re.I)
_COLUMN = re.compile(r"[\"`]?(\w+)[\"`]?\s*=(?!=)")


class Changes:
    """Collects names, per function."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._memo: dict[str, frozenset[str]] = {}

    def of(self, functions: Iterable[str]) -> frozenset[str]:
        """The fields that functions set; `@name` for an object whose state a method may change."""
        found: set[str] = set()
        for function in functions:
            found |= self._of(function)
        return frozenset(found)

    def _of(self, function: str) -> frozenset[str]:
        found = self._memo.get(function)
        if found is None:
            names: set[str] = set()
            scope = self._program.scopes.get(function)
            if scope is not None:
                for store in scope.stores:
                    key = store.key.value if isinstance(store.key, ir.Const) else store.key
                    if isinstance(key, str):
                        names.add(key)
                for call, _ in scope.calls:
                    _add(call, names)
            found = self._memo[function] = frozenset(names)
        return found


def _add(call: ir.Call, names: set[str]) -> None:
    for node in (*call.arguments, *(value for _, value in call.keywords)):
        for inner in walk(node):
            if isinstance(inner, ir.Const) and isinstance(inner.value, str) and _SQL.search(inner.value):
                names.update(_COLUMN.findall(inner.value))
    last = spelled(call.function).rpartition(".")[2]
    if last == "setattr" and len(call.arguments) > 1 and isinstance(call.arguments[1], ir.Const):
        names.add(str(call.arguments[1].value))
    if isinstance(call.function, ir.Attr) and isinstance(call.function.value, ir.Name) and not _READING.search(last):
        names.add(f"@{call.function.value.id}")
    if _SETTING.search(last):
        names.update(keyword for keyword, _ in call.keywords if keyword)
        for node in (*call.arguments, *(value for _, value in call.keywords)):
            for inner in walk(node):
                if isinstance(inner, ir.Mapping):
                    names.update(
                        key.value for key, _ in inner.items if isinstance(key, ir.Const) and isinstance(key.value, str)
                    )
