"""Iteration: what going through a collection yields, and the elements that it is unpacked into."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.values import (
    Class,
    Constant,
    Display,
    External,
    ExternalInstance,
    Frame,
    Function,
    Instance,
    String,
    Value,
)

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator


class Iteration:
    """Iterates for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def items(self, expr: ir.Expr, frame: Frame) -> tuple[Value, ...]:
        """What iterating `expr` yields."""
        evaluator = self._evaluator
        found: list[Value] = []
        if isinstance(expr, ir.Call) and isinstance(expr.function, ir.Attr):
            table, name = expr.function.value, expr.function.name
            for value in evaluator.values(table, frame) if name in {"values", "keys"} else ():
                if isinstance(value, Display) and name == "values":
                    found += [*evaluator.items.member(value, None), *evaluator.registries.members(table, value)]
                elif isinstance(value, Display) and isinstance(value.expr, ir.Mapping):
                    found += [
                        key
                        for each, _ in value.expr.items
                        if each is not None
                        for key in evaluator.values(each, value.frame)
                    ]
                    found += evaluator.registries.keys(table, value)
            if found:
                return tuple(dict.fromkeys(found))
        for value in evaluator.values(expr, frame):
            match value:
                case Display(expr=ir.Mapping() as mapping):
                    for key, _ in mapping.items:
                        if key is not None:
                            found += evaluator.values(key, value.frame)
                    found += evaluator.registries.keys(expr, value)
                case Display():
                    found += [*evaluator.items.member(value, None), *evaluator.registries.members(expr, value)]
                case ExternalInstance(name=name):
                    rows = evaluator.entities.item(value)
                    made = evaluator.models.attribute(name, "[]")
                    found += rows or (ExternalInstance(made or f"{name}[]", value.site, value),)
                case Function():
                    found.append(value)  # one of the members of a list that is kept under a key
                case External(name=name):
                    found.append(ExternalInstance(f"{name}[]", None, value))
                case Instance():
                    for hook in ("__iter__", "__aiter__", "__next__", "__anext__"):
                        for method in evaluator.attributes.of(value, hook):
                            if isinstance(method, Function):
                                found += [
                                    item for item in evaluator.results.returned(method, None, None) if item != value
                                ]
                case Class(id=cls):
                    found += self._members(cls)
                case _:
                    pass
        if isinstance(expr, ir.Call):
            found += self._generated(expr, frame)
        return tuple(dict.fromkeys(found))

    def _members(self, cls: str) -> list[Value]:
        """The members of an enumeration."""
        scope = self._evaluator.program.scopes[cls]
        return [
            value
            for bindings in scope.bindings.values()
            for value in self._evaluator.bound(bindings, self._evaluator.root(scope))
            if isinstance(value, String)
        ]

    def _generated(self, call: ir.Call, frame: Frame) -> list[Value]:
        """What a generator function of the project yields, or the element type it declares."""
        found: list[Value] = []
        for callee in self._evaluator.values(call.function, frame):
            if isinstance(callee, Function):
                facts = self._evaluator.program.functions[callee.id]
                if facts.generator:
                    found += self._evaluator.results.returned(callee, call, frame)
                elif facts.returns is not None:
                    scope = self._evaluator.program.scopes[callee.id]
                    found += self._evaluator.annotations.elements(
                        facts.returns, self._evaluator.root(scope.parent or scope)
                    )
        return found

    def unpacked(self, values: Iterable[Value], index: int) -> list[Value]:
        """Element `index` of the values."""
        found: list[Value] = []
        for value in values:
            if isinstance(value, Display):
                found += self._evaluator.items.member(value, Constant(index))
            elif isinstance(value, ExternalInstance):
                row = self._evaluator.entities.first(value) if index == 0 else ()
                found += row or (ExternalInstance(f"{value.name}[]", value.site, value),)
        return found

    def unpacked_items(self, expr: ir.Expr, index: int, frame: Frame) -> list[Value]:
        """Element `index` of what iterating `expr` yields; pairs of `items()`, `enumerate` and `zip` are understood."""
        evaluator = self._evaluator
        match expr:
            case ir.Call(function=ir.Attr(value=table, name="items"), arguments=()):
                found: list[Value] = []
                for value in evaluator.values(table, frame):
                    if isinstance(value, Display) and isinstance(value.expr, ir.Mapping):
                        if index == 0:
                            keys = [key for key, _ in value.expr.items if key is not None]
                            found += [item for key in keys for item in evaluator.values(key, value.frame)]
                        else:
                            found += evaluator.items.member(value, None)
                            found += evaluator.registries.members(table, value)
                    elif isinstance(value, Display) and index == 1:
                        found += evaluator.items.member(value, None)
                if found:
                    return found
            case ir.Call(function=ir.Name(id="enumerate"), arguments=(source, *_)) if index == 1:
                return list(self.items(source, frame))
            case ir.Call(function=ir.Name(id="zip"), arguments=sources) if index < len(sources):
                return list(self.items(sources[index], frame))
        return self.unpacked(self.items(expr, frame), index)
