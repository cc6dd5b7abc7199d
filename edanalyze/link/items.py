"""Items: what `base[key]` may be, of displays, library objects, environment, classes and registries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.values import Class, Constant, Display, External, ExternalInstance, String, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator
    from edanalyze.link.values import Frame


class ItemLookup:
    """Item look-up for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def of_expression(self, base: ir.Expr, key: ir.Expr, frame: Frame) -> Iterable[Value]:
        """What `base[key]` may be."""
        evaluator = self._evaluator
        found: list[Value] = []
        for value in evaluator.values(base, frame):
            match value:
                case Display():
                    for wanted in self._keys(key, frame):
                        found += [*self.member(value, wanted), *evaluator.registries.members(base, value, wanted)]
                case External(name="os.environ"):
                    for name in evaluator.literals(key, frame):
                        found.append(evaluator.settings.environment(frame.scope.module, name, None))
                case External(name=dotted):
                    found.append(External(f"{dotted}[]", value))
                case ExternalInstance(name=dotted):
                    row = evaluator.entities.item(value)
                    made = evaluator.models.attribute(dotted, "[]")
                    found += row or (ExternalInstance(made or f"{dotted}[]", value.site, value),)
                case Class(id=cls):  # a member of an enumeration, or a generic class
                    attributes, names = evaluator.attributes, evaluator.literals(key, frame)
                    found += [member for name in names for member in attributes.of(value, name)] or [Class(cls)]
                case _:
                    pass
        if not evaluator.shelves.are_known(found):
            names = evaluator.literals(key, frame)
            found = [*evaluator.shelves.items(names), *found]
            if evaluator.configuration.is_mapping(base):
                module = frame.scope.module
                found = [item for name in names for item in evaluator.configuration.items(name, module)] or found
        return found

    def _keys(self, key: ir.Expr, frame: Frame) -> tuple[Value | None, ...]:
        """The keys to look up: each of several literal ones, else the first, for it stands for any."""
        values = self._evaluator.values(key, frame)
        if len(values) > 1 and all(isinstance(value, String) and value.literal is not None for value in values):
            return values
        return (values[0],) if values else (None,)

    def member(self, display: Display, key: Value | None, within: tuple[Display, ...] = ()) -> list[Value]:
        """The element of a display at a literal key, or all of them when the key is not known.

        `within` are the tables that were filtered from this one: a table may replace itself (`self.x = {... self.x}`).
        """
        evaluator = self._evaluator
        expr, frame = display.expr, display.frame
        if isinstance(expr, ir.Mapping):
            exact: list[Value] = []
            every: list[Value] = []
            for name, value in expr.items:
                if name is None:
                    continue
                values = evaluator.values(value, frame)
                every += values
                if key is not None and key in evaluator.values(name, frame):
                    exact += values
            literal = isinstance(key, Constant) or (isinstance(key, String) and key.literal is not None)
            return exact if exact or literal else every
        if isinstance(expr, ir.Items):
            if (
                isinstance(key, Constant)
                and isinstance(key.value, int)
                and -len(expr.items) <= key.value < len(expr.items)
            ):
                return list(evaluator.values(expr.items[key.value], frame))
            return [value for item in expr.items for value in evaluator.values(item, frame)]
        filtered = self._filtered(expr)
        if filtered is not None:  # `{name: value for name, value in table.items() if ...}` has the items of the table
            return [
                item
                for table in evaluator.values(filtered, frame)
                if isinstance(table, Display) and table != display and table not in within
                for item in self.member(table, key, (*within, display))
            ]
        scope = frame.scope.comprehension(expr)
        if scope is None:
            return []
        return list(evaluator.values(expr.element, evaluator.inner(scope, frame)))

    @staticmethod
    def _filtered(expr: ir.Comprehension) -> ir.Expr | None:
        """The mapping that a dict comprehension only filters."""
        if len(expr.generators) != 1 or expr.key is None:
            return None
        match expr.generators[0]:
            case ir.Generator(
                target=ir.Items(items=(ir.Name(id=key), ir.Name(id=value))),
                source=ir.Call(function=ir.Attr(value=table, name="items"), arguments=()),
            ) if expr.key == ir.Name(key) and expr.element == ir.Name(value):
                return table
            case _:
                return None
