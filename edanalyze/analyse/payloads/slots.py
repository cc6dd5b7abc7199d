"""Slots: the expressions that a publishing call gives as payload and as headers, also inside message objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.binding.incontext import InContext, Made
from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.payloads.changes import Changes
from edanalyze.analyse.payloads.content import Content
from edanalyze.analyse.payloads.contents import Contents
from edanalyze.facts import ir
from edanalyze.link.library import argument, arguments
from edanalyze.link.values import Display, ExternalInstance, Frame
from edanalyze.models import Api

Given = tuple[ir.Expr, Frame]
TELLING = ("correlation_id", "message_id", "event_type", "type", "source", "subject", "key")
"""Slots of a message object that a receiver sees beside the headers."""


class Slots:
    """Reads them."""

    def __init__(self, effects: Effects, handing: Handing, contents: Contents) -> None:
        self._in_context = InContext(effects, handing)
        self._evaluator = effects.evaluator
        self._contents = contents
        self._changes = Changes(effects.evaluator)

    # ---------------------------------------------------------------- payloads

    def payloads(self, made: Made) -> list[Content]:
        """What the payload is; empty when the API has no slot for it or nothing is given."""
        enveloped = [
            given for api, call, frame in self._envelopes(made) for given in _given(api, "payload", call, frame)
        ]
        slot = made.effect.api.slots.get("payload")
        if enveloped:
            return self._all(enveloped)
        if slot is None or slot.field is not None:
            role = "envelope" if "envelope" in made.effect.api.slots else "payload"
            given = self._in_context.argument(made, role)
            return [each for each in self._all([given]) if each.value is None and each.hole] if given else []
        if slot.variadic or slot.rest:
            return self._all([(expr, made.frame) for expr in arguments(slot, made.call)])
        given = self._in_context.argument(made, "payload")
        entry = slot.entry
        if entry is None and self._in_context.argument(made, "structure") is not None:
            entry = str(made.effect.api.data.get("inside", ""))
        if given is None or not entry:
            return self._all([given]) if given is not None else []
        found = self._all(self._entries(given, entry))
        return found or [each for each in self._items(given) if each.value is None and each.hole]

    def _all(self, given: Iterable[Given]) -> list[Content]:
        return [content for expr, frame in given for content in self._contents.of(expr, frame)]

    def _items(self, given: Given) -> Iterator[Content]:
        """What the items of a list are, or what stands for the list."""
        for content in self._contents.of(*given):
            value = content.value
            if not isinstance(value, Display) or isinstance(value.expr, ir.Mapping):
                yield content
            elif isinstance(value.expr, ir.Items):
                for item in value.expr.items:
                    yield from self._items((item, value.frame))
                for each in self._evaluator.registries.members(given[0], value):
                    if isinstance(each, Display):
                        yield Content(each)
            else:
                scope = value.frame.scope.comprehension(value.expr)
                inner = self._evaluator.inner(scope, value.frame) if scope is not None else value.frame
                yield from self._items((value.expr.element, inner))

    def _entries(self, given: Given, key: str) -> Iterator[Given]:
        """The entry of a dict, or of each dict of a list, also of what is filled step by step."""
        for content in self._items(given):
            value = content.value
            if isinstance(value, Display) and isinstance(value.expr, ir.Mapping):
                for name, each in value.expr.items:
                    if name is not None and key in self._evaluator.literals(name, value.frame):
                        yield each, value.frame
                for change in self._changes.of(value, content.frames):
                    if change.kind == "set" and change.key == ir.Const(key) and change.value is not None:
                        yield change.value, change.frame

    def _envelopes(self, made: Made) -> Iterator[tuple[Api, ir.Call, Frame]]:
        """The message objects that a call is given: their API, the call that makes them, and its frame."""
        role = next((role for role in ("envelope", "payload") if role in made.effect.api.slots), None)
        given = self._in_context.argument(made, role) if role is not None else None
        if given is None:
            return
        for value in self._evaluator.values(*given):
            yield from self._message(value, 0)

    def _message(self, value: object, depth: int) -> Iterator[tuple[Api, ir.Call, Frame]]:
        if isinstance(value, Display) and isinstance(value.expr, ir.Items) and depth < 3:
            for item in self._evaluator.items.member(value, None):
                yield from self._message(item, depth + 1)
        elif isinstance(value, ExternalInstance) and value.site is not None:
            for api in self._evaluator.models.rows(value.name.removesuffix("()"), "envelope"):
                yield api, value.site.call, value.site.frame

    # ----------------------------------------------------------------- headers

    def headers(self, made: Made) -> list[Given]:
        """The expressions that hold headers, properties or attributes."""
        found: list[Given] = []
        for role in ("headers", "extra_headers"):
            slot = made.effect.api.slots.get(role)
            if slot is None:
                continue
            if slot.field is not None:
                continue
            if slot.rest:
                taken = {each.kw for each in made.effect.api.slots.values() if each is not slot}
                rest = tuple(
                    (ir.Const(name) if name else None, v) for name, v in made.call.keywords if name not in taken
                )
                found += [(value, made.frame) for key, value in rest if key is None]
                continue
            given = self._in_context.argument(made, role)
            if given is not None:
                found += self._entries(given, slot.entry) if slot.entry is not None else [given]
        for api, call, frame in self._envelopes(made):
            found += _given(api, "headers", call, frame)
        return found

    def named(self, made: Made) -> Iterator[tuple[str, Given]]:
        """What is given beside headers and payload by name: attributes as keywords, properties of a message object."""
        for role in ("headers", "extra_headers"):
            slot = made.effect.api.slots.get(role)
            if slot is not None and slot.rest:
                taken = {each.kw for each in made.effect.api.slots.values() if each is not slot}
                for name, value in made.call.keywords:
                    if name and name not in taken:
                        yield name, (value, made.frame)
        for api, call, frame in self._envelopes(made):
            for role in TELLING:
                for each in _given(api, role, call, frame):
                    yield role, each
        for role in TELLING:
            slot = made.effect.api.slots.get(role)
            given = self._in_context.argument(made, role) if slot is not None and slot.field is None else None
            if slot is not None and given is not None:
                for each in self._entries(given, slot.entry) if slot.entry is not None else [given]:
                    yield role, each

    # ------------------------------------------------------------------- tasks

    def task_arguments(self, made: Made) -> tuple[list[ir.Expr], list[tuple[str, ir.Expr]], Frame] | None:
        """Positional and keyword arguments of a task; None when they cannot be told."""
        slots = made.effect.api.slots
        positional: list[ir.Expr] = []
        named: list[tuple[str, ir.Expr]] = []
        args, kwargs = slots.get("args"), slots.get("kwargs")
        if args is None and kwargs is None:
            return None
        if args is not None and args.variadic:
            positional = arguments(args, made.call)
        elif args is not None and (given := self._in_context.argument(made, "args")) is not None:
            values = self._evaluator.values(*given)
            display = next((v for v in values if isinstance(v, Display) and isinstance(v.expr, ir.Items)), None)
            if display is None or display.frame is not made.frame or not isinstance(display.expr, ir.Items):
                return None
            positional = list(display.expr.items)
        if kwargs is not None and kwargs.rest:
            taken = {slot.kw for slot in slots.values() if slot is not kwargs}
            named = [(name, value) for name, value in made.call.keywords if name not in taken]
        elif kwargs is not None and (given := self._in_context.argument(made, "kwargs")) is not None:
            values = self._evaluator.values(*given)
            table = next((v for v in values if isinstance(v, Display) and isinstance(v.expr, ir.Mapping)), None)
            if table is None or table.frame is not made.frame or not isinstance(table.expr, ir.Mapping):
                return None
            named = [(str(key.value), value) for key, value in table.expr.items if isinstance(key, ir.Const)]
        return positional, named, made.frame


def _given(api: Api, role: str, call: ir.Call, frame: Frame) -> list[Given]:
    slot = api.slots.get(role)
    if slot is None or slot.entry is not None or slot.field is not None:
        return []
    expr = argument(slot, call)
    return [(expr, frame)] if expr is not None else []


def pairs(content: Content) -> list[tuple[ir.Expr, ir.Expr, Frame]]:
    """Name and value of headers that are given as a list of pairs."""
    value = content.value
    if not isinstance(value, Display) or not isinstance(value.expr, ir.Items):
        return []
    return [
        (item.items[0], item.items[1], value.frame)
        for item in value.expr.items
        if isinstance(item, ir.Items) and len(item.items) == 2
    ]
