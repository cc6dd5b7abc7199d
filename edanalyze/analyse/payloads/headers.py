"""Headers: what travels beside the payload, and the names of events found in fields."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.analyse.binding.incontext import Made
from edanalyze.analyse.payloads.content import is_mapping
from edanalyze.analyse.payloads.options import literal
from edanalyze.analyse.payloads.records import Dump, EventName, Field, Shape
from edanalyze.analyse.payloads.shapes import Shapes
from edanalyze.analyse.payloads.slots import Slots, pairs
from edanalyze.discover.schemas import DeclaredSchema
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Constant, External, ExternalInstance, Frame
from edanalyze.models import Api

TYPES = frozenset(
    {"type", "eventtype", "eventname", "event", "messagetype", "msgtype", "detailtype", "cetype", "name", "action"}
    | {"kind", "command", "commandtype", "commandname", "ce-type", "topic"}
)
"""Fields that hold the name of an event type, without underscores and in lower case."""


class Headers:
    """Reads them."""

    def __init__(self, evaluator: Evaluator, shapes: Shapes, slots: Slots) -> None:
        self._evaluator = evaluator
        self._shapes = shapes
        self._slots = slots

    def of(self, made: Made) -> Shape:
        """The headers, properties and attributes of a message as one shape."""
        fields: dict[str, Field] = {}
        why = ""
        for expr, frame in self._slots.headers(made):
            for content in self._shapes.contents.of(expr, frame):
                listed = pairs(content)
                for key, value, where in listed:
                    for name in self._names_of(key, where):
                        fields[name] = self._field(name, value, where)
                seen = self._shapes.of(content).type
                if seen.shape is not None and (is_mapping(content) or seen.shape.form != "row"):
                    fields.update((each.name, each) for each in seen.shape.fields)
                    why = why or seen.shape.why
                elif not listed and content.value != Constant(None):
                    why = why or content.why or "the headers are not written out"
        for name, (expr, frame) in self._slots.named(made):
            fields.setdefault(name, self._field(name, expr, frame))
        return Shape("mapping", tuple(fields.values()), open=bool(why), why=why)

    def _names_of(self, key: ir.Expr, frame: Frame) -> list[str]:
        return [str(key.value)] if isinstance(key, ir.Const) else self._evaluator.literals(key, frame)

    def _field(self, name: str, expr: ir.Expr, frame: Frame) -> Field:
        constant, known = literal(self._evaluator.values(expr, frame))
        return Field(name, self._shapes.of_expression(expr, frame).type, True, None, constant, known)

    def registry(self, made: Made) -> tuple[Dump, ...]:
        """The schema registry that the producer serialises with, if it does."""
        receiver = made.effect.receiver
        while isinstance(receiver, External):
            receiver = receiver.receiver
        site = receiver.site if isinstance(receiver, ExternalInstance) else None
        if made.effect.api.data.get("registry"):
            schema = self._shapes.contents.declarations.of_slot(made.effect.api, made.call, made.frame)
            return (Dump(made.effect.name, registry=True, schema=schema),)
        if site is None:
            return ()
        for expr in (*site.call.arguments, *(value for _, value in site.call.keywords)):
            for node in self._reached(expr, site.frame):
                for value in self._evaluator.values(*node):
                    if isinstance(value, ExternalInstance):
                        for api in self._evaluator.models.rows(value.name.removesuffix("()"), "serializer"):
                            if api.data.get("registry"):
                                return (Dump(value.name, registry=True, schema=self._schema(api, value)),)
        return ()

    def _schema(self, api: Api, serializer: ExternalInstance) -> DeclaredSchema | None:
        site = serializer.site
        return self._shapes.contents.declarations.of_slot(api, site.call, site.frame) if site is not None else None

    def _reached(self, expr: ir.Expr, frame: Frame) -> Iterator[tuple[ir.Expr, Frame]]:
        """An expression, and the entries of the mapping that it is."""
        yield expr, frame
        for content in self._shapes.contents.of(expr, frame):
            inner = getattr(content.value, "expr", None)
            where = getattr(content.value, "frame", None)
            if isinstance(inner, ir.Mapping) and where is not None:
                yield from ((value, where) for _, value in inner.items)
        for node in walk(expr):
            if isinstance(node, ir.Call) and node is not expr:
                yield node, frame

    @staticmethod
    def names(shape: Shape, source: str = "header") -> Iterator[EventName]:
        """The names of event types that the fields of a shape hold."""
        for each in shape.fields:
            if plain(each.name) in TYPES and each.has_constant and isinstance(each.constant, str):
                told = "type" if source == "header" and plain(each.name) == "eventtype" else source
                yield EventName(each.constant, told)


def plain(name: str) -> str:
    """A field's name without what spelling adds: `event_type`, `eventType`, `ce-event-type` are one."""
    return name.replace("_", "").replace("-", "").replace(".", "").lower()
