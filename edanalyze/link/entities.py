"""Entities: the rows of mapped classes that queries give.

What a query is about is found by following it back to the class that it was started on or given: `Order.objects`,
`select(Order)`, `session.query(Order)`, `session.get(Order, 1)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.library import argument
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Instance, Site, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

LONGEST_QUERY = 24
KIND = "fetch"


class Entities:
    """Finds the class of rows for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._models = evaluator.models

    def fetched(self, callee: External, call: ir.Call, frame: Frame) -> tuple[Value, ...]:
        """The row (or the query object) that a call of a library gives; empty when its class is not known."""
        for api in self._models.rows(callee.name, KIND):
            slot = api.slots.get("entity")
            given = argument(slot, call) if slot is not None else None
            if slot is not None and given is None:
                continue
            values = self._evaluator.values(given, frame) if given is not None else (callee.receiver,)
            match api.data.get("gives"):
                case "row":
                    found = [self._entity(value, LONGEST_QUERY) for value in values]
                    return tuple(Instance(cls) for cls in found if cls is not None)
                case "query":
                    return tuple(Instance(value.id, Site(call, frame)) for value in values if isinstance(value, Class))
                case "query_class":
                    return tuple(value for value in values if isinstance(value, Class))
        return ()

    def item(self, value: ExternalInstance) -> tuple[Value, ...]:
        """The row that iterating (or indexing) a query or a list of rows gives."""
        gives = self._gives(value.name)
        if gives != "rows" and not self._models.rows(f"{value.name}.__iter__", KIND):
            return ()
        return self._row(value)

    def first(self, value: ExternalInstance) -> tuple[Value, ...]:
        """The row in a pair of a row and a flag (`get_or_create`)."""
        return self._row(value) if self._gives(value.name) == "pair" else ()

    def about(self, value: Value | None) -> str | None:
        """The class whose rows a query or a statement speaks of."""
        return self._entity(value, LONGEST_QUERY)

    def _row(self, value: ExternalInstance) -> tuple[Value, ...]:
        cls = self._entity(value, LONGEST_QUERY)
        return (Instance(cls),) if cls is not None else ()

    def _gives(self, name: str) -> object:
        if not name.endswith("()"):
            return None
        for api in self._models.rows(name[:-2], KIND):
            return api.data.get("gives")
        return None

    def _entity(self, value: Value | None, left: int) -> str | None:
        """The project class that a query is about."""
        match value:
            case Class(id=cls):
                return cls if self._is_mapped(cls) else None
            case Instance(site=Site(frame=frame)) if frame.scope.kind == "class":  # `objects = OrderManager()`
                return self._entity(Class(frame.scope.id), left)
            case External(receiver=receiver) if left:
                return self._entity(receiver, left - 1)
            case ExternalInstance() if self._chooses(value):
                return None
            case ExternalInstance(site=site, owner=owner) if left:
                started = self._entity(owner, left - 1)
                if started is not None or site is None or len(site.call.arguments) != 1:
                    return started
                given = self._evaluator.values(site.call.arguments[0], site.frame)
                found = (self._entity(each, left - 1) for each in given if isinstance(each, Class | ExternalInstance))
                return next((cls for cls in found if cls is not None), None)
            case _:
                return None

    def _chooses(self, value: ExternalInstance) -> bool:
        """Whether a query gives columns rather than rows: `Order.objects.values_list("pk")`."""
        if value.site is None:
            return False
        callees = self._evaluator.values(value.site.call.function, value.site.frame)
        names = [callee.name for callee in callees if isinstance(callee, External)]
        return any(api.data.get("gives") == "columns" for name in names for api in self._models.rows(name, KIND))

    def _is_mapped(self, cls: str) -> bool:
        """Whether rows of a class are stored: it derives from something of a library."""
        return bool(self._evaluator.classes.order(cls)[1])
