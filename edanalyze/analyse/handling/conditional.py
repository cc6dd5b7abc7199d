"""Conditional writes: updates whose condition tests what they set, so that a repetition finds nothing to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Display, Frame, Hole, String

_FILTERS = frozenset({"filter", "filter_by", "where", "exclude", "get", "find_one_and_update", "having", "and_where"})
_SETS = frozenset({"update", "values", "set", "aupdate", "ordered_values"})
# Comparisons that a repetition may pass again: there is still enough in stock.
_RANGES = frozenset({"gt", "gte", "lt", "lte", "range", "contains", "icontains", "$gt", "$gte", "$lt", "$lte"})
_EQUAL = frozenset({"==", "!=", "is", "is not", "in", "not in"})
_TESTS = frozenset({"in_", "not_in", "notin_", "is_", "is_not", "isnot"})
_SET = re.compile(r"(?:^|,)\s*[\"`]?(?:\w+\.)?(\w+)[\"`]?\s*=(?!=)", re.S)
_WHERE = re.compile(r"[\"`]?(\w+)[\"`]?\s*(?:=|<>|!=|\bis\b|\bin\b|\bnot\s+in\b)", re.I)
DEEPEST = 3


class Conditional:
    """Compares what writes set with what their conditions test."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def is_guarded(self, effect: Effect, frame: Frame) -> bool:
        """Whether a write tests a field, by equality, that it sets; or writes under the store's own condition."""
        if effect.argument("condition") is not None:
            return True
        text = self._text(effect, frame)
        if text is not None:
            return guarded_sql(text)
        tested, changed = self._fields(effect, frame)
        return bool(tested & changed)

    def _text(self, effect: Effect, frame: Frame) -> str | None:
        expr = effect.argument("sql") or effect.argument("statement")
        if expr is None:
            return None
        for value in self._evaluator.values(expr, frame):
            if isinstance(value, String) and not all(isinstance(part, Hole) for part in value.parts):
                return value.text
        for node in walk(expr):  # `text("UPDATE ...")`
            if (
                isinstance(node, ir.Const)
                and isinstance(node.value, str)
                and node.value.lstrip()[:7].lower() == "update "
            ):
                return node.value
        return None

    def _fields(self, effect: Effect, frame: Frame) -> tuple[set[str], set[str]]:
        tested: set[str] = set()
        changed: set[str] = set()
        keys, values = effect.argument("keys"), effect.argument("values")
        for document in self._documents(keys, frame):
            tested |= {name for name, value in document if not _is_range(value)}
        for document in self._documents(values, frame):
            changed |= {name.partition(".")[0] for name, _ in document if not name.startswith("$")}
            for name, value in document:
                if name.startswith("$"):
                    for inner in self._documents(value, frame):
                        changed |= {key for key, _ in inner}
        for node in self._chain(effect, frame):
            self._of_call(node, tested, changed)
        return tested, changed

    def _documents(self, expr: ir.Expr | None, frame: Frame) -> Iterator[list[tuple[str, ir.Expr]]]:
        if expr is None:
            return
        for value in self._evaluator.values(expr, frame):
            if isinstance(value, Display) and isinstance(value.expr, ir.Mapping):
                yield [
                    (name, item)
                    for key, item in value.expr.items
                    if key is not None
                    for name in self._evaluator.literals(key, value.frame)
                ]

    def _chain(self, effect: Effect, frame: Frame) -> Iterator[ir.Call]:
        """The calls that make up a statement: those of the chain, and of the names it was built from."""
        waiting: list[tuple[ir.Expr, int]] = [(effect.call, 0)]
        while waiting:
            expr, depth = waiting.pop()
            for node in walk(expr):
                if isinstance(node, ir.Call):
                    yield node
                elif isinstance(node, ir.Name) and depth < DEEPEST:
                    waiting += [(found, depth + 1) for found in _bound(node.id, frame.scope)]

    @staticmethod
    def _of_call(call: ir.Call, tested: set[str], changed: set[str]) -> None:
        if not isinstance(call.function, ir.Attr):
            return
        name = call.function.name
        if name in _FILTERS:
            for keyword, _ in call.keywords:
                field, _, lookup = keyword.partition("__")
                if lookup not in _RANGES:
                    tested.add(field)
            for argument in call.arguments:
                tested.update(_compared(argument))
        elif name in _SETS:
            changed.update(keyword for keyword, _ in call.keywords)
            for argument in call.arguments:
                if isinstance(argument, ir.Mapping):
                    changed.update(_column(key) for key, _ in argument.items if key is not None)


def guarded_sql(text: str) -> bool:
    """Whether an UPDATE tests a column by equality that it sets."""
    match = re.search(r"\bset\b(.*?)\bwhere\b(.*)", text, re.I | re.S)
    if match is None:
        return False
    changed = {name.lower() for name in _SET.findall(match[1])}
    tested = {name.lower() for name in _WHERE.findall(match[2])}
    return bool(changed & tested)


def _compared(expr: ir.Expr) -> Iterator[str]:
    """The columns that a condition compares by equality."""
    for node in walk(expr):
        match node:
            case ir.Operation(operator=operator, operands=operands) if operator in _EQUAL:
                for operand in operands:
                    if isinstance(operand, ir.Attr):
                        yield operand.name
            case ir.Call(function=ir.Attr(value=ir.Attr(name=name), name=test)) if test in _TESTS:
                yield name
            case ir.Call(keywords=keywords):  # `Q(status="new")`
                for keyword, _ in keywords:
                    field, _, lookup = keyword.partition("__")
                    if lookup not in _RANGES:
                        yield field
            case _:
                pass


def _column(key: ir.Expr) -> str:
    match key:
        case ir.Const(value=str() as text):
            return text
        case ir.Attr(name=name):
            return name
        case _:
            return ""


def _is_range(value: ir.Expr) -> bool:
    return isinstance(value, ir.Mapping) and any(
        isinstance(key, ir.Const) and key.value in _RANGES for key, _ in value.items
    )


def _bound(name: str, scope: Scope) -> list[ir.Expr]:
    return [
        binding.expr for binding in scope.bindings.get(name, ()) if binding.kind == "value" and binding.expr is not None
    ]
