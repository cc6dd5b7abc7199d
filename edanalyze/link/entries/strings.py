"""Strings that name something: paths, topics, queues, given as text, in lists, or by an object that has a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import (
    Constant,
    Display,
    ExternalInstance,
    Frame,
    Hole,
    Instance,
    Site,
    String,
    Value,
    string,
)

DEEPEST = 5
NAMING = ("declare", "destination", "factory", "signature")
ROLES = ("topic", "queue", "exchange")


class Strings:
    """Evaluates names for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def of(self, exprs: Iterable[ir.Expr | None], frame: Frame) -> list[String]:
        """The templates that expressions stand for, displays spread out; what is not known is one hole."""
        return list(dict.fromkeys(text for expr in exprs if expr is not None for text in self._spread(expr, frame, 0)))

    def known(self, exprs: Iterable[ir.Expr | None], frame: Frame) -> list[String]:
        """Like `of`, without what is nothing but unknown."""
        return [text for text in self.of(exprs, frame) if not is_unknown(text)]

    def of_value(self, value: Value) -> list[String]:
        """The name that an object was made for."""
        return list(dict.fromkeys(self._named(value, 0)))

    def _spread(self, expr: ir.Expr, frame: Frame, depth: int) -> Iterator[String]:
        inner = expr.value if isinstance(expr, ir.Star) else expr
        values = self._evaluator.values(inner, frame)
        found = [text for value in values for text in self._named(value, depth)]
        yield from found or self._evaluator.strings(inner, frame)

    def _named(self, value: Value, depth: int) -> Iterator[String]:
        match value:
            case String():
                yield value
            case Display(expr=ir.Items(items=items)) if depth < DEEPEST:
                for item in items:
                    yield from self._spread(item, value.frame, depth + 1)
            case Display(expr=ir.Mapping(items=pairs)) if depth < DEEPEST:
                for key, _ in pairs:
                    if key is not None:
                        yield from self._spread(key, value.frame, depth + 1)
            case Display(expr=ir.Comprehension() as made) if depth < DEEPEST:
                scope = value.frame.scope.comprehension(made)
                if scope is not None:
                    inner = self._evaluator.inner(scope, value.frame)
                    yield from self._spread(made.key if made.key is not None else made.element, inner, depth + 1)
            case ExternalInstance(site=site) if site is not None and depth < DEEPEST:
                if _is_table_of(site.call):
                    yield from self._spread(site.call.arguments[0], site.frame, depth + 1)
                yield from self._made(value, depth)
            case Instance(site=site) if site is not None and depth < DEEPEST:
                for base in self._evaluator.classes.order(value.id)[1]:
                    yield from self._made(ExternalInstance(base, site), depth)
            case _:
                return

    def _made(self, value: ExternalInstance, depth: int) -> Iterator[String]:
        """The name that a queue, topic or exchange object was made with."""
        site = value.site
        assert site is not None
        names = [value.name.removesuffix("()")]
        for callee in self._evaluator.values(site.call.function, site.frame):
            names.append(getattr(callee, "name", ""))
        for name in dict.fromkeys(names):
            for api in self._evaluator.models.rows(name):
                if api.kind in NAMING:
                    for role in ROLES:
                        slot = api.slots.get(role)
                        expr = argument(slot, site.call) if slot is not None else None
                        if expr is not None and not self._is_nothing(expr, site.frame):
                            yield from self._spread(expr, site.frame, depth + 1)
                            return
        anonymous = self.anonymous(value)
        if anonymous is not None:
            yield anonymous
        match site.call.function:
            case ir.Attr(value=answer, name="get"):  # `client.get_queue_url(...).get("QueueUrl")`
                for inner in self._evaluator.values(answer, site.frame):
                    if isinstance(inner, ExternalInstance):
                        yield from self._named(inner, depth + 1)

    def anonymous(self, value: Value | None) -> String | None:
        """What stands for the name of a queue that is declared without one, so that the broker makes one up.

        It tells the queues apart that one declaration makes for different callers. None for anything else.
        """
        site = value.site if isinstance(value, ExternalInstance) else None
        if site is None:
            return None
        for callee in self._evaluator.values(site.call.function, site.frame):
            for api in self._evaluator.models.rows(getattr(callee, "name", "")):
                slot = api.slots.get("topic")
                if slot is not None and "queue" in (api.data.get("role"), api.data.get("entity")):
                    expr = argument(slot, site.call)
                    if expr is None or self._is_nothing(expr, site.frame):
                        return String((Hole("anonymous", f"queue declared at {_place(site)}"),))
        return None

    def _is_nothing(self, expr: ir.Expr, frame: Frame) -> bool:
        values = self._evaluator.values(expr, frame)
        return bool(values) and all(value in (Constant(None), string()) for value in values)


def _is_table_of(call: ir.Call) -> bool:
    """Whether a call makes a dict of keys: `dict.fromkeys(names, ">")`."""
    return call.function == ir.Attr(ir.Name("dict"), "fromkeys") and bool(call.arguments)


def _place(site: Site) -> str:
    """Where an object is made, and from where the functions were called that lead there."""
    places = [f"{site.frame.scope.module}:{site.call.place.line}"]
    frame: Frame | None = site.frame
    while frame is not None and frame.call is not None and frame.caller is not None:
        places.append(f"{frame.caller.scope.module}:{frame.call.place.line}")
        frame = frame.caller
    return " from ".join(places)


def written(texts: Iterable[String]) -> list[String]:
    """Of several names those that say something: a setting without a value says less than what else there is."""
    found = list(texts)
    said = [text for text in found if any(isinstance(part, str) for part in text.parts)]
    return said or found


def is_unknown(text: String) -> bool:
    """Whether nothing is known of a string but a label."""
    return all(isinstance(part, Hole) and part.kind != "environment" for part in text.parts) and bool(text.parts)
