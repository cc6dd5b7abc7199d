"""Calls in context: the call that is really made where a callable was handed over, and the receiver it has there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.effects import Effects
from edanalyze.facts import ir
from edanalyze.link.values import Constant, Display, ExternalInstance, Frame, Instance, Partial, Value, string
from edanalyze.models import Slot


class Made(NamedTuple):
    """A library call as it is made in one context: `effect` has the receiver it has there."""

    effect: Effect
    call: ir.Call
    frame: Frame


class InContext:
    """Looks at library calls in contexts."""

    def __init__(self, effects: Effects, handing: Handing) -> None:
        self._effects = effects
        self._evaluator = effects.evaluator
        self._handing = handing

    def of(self, effect: Effect, call: ir.Call, frame: Frame) -> Iterator[Made]:
        """The calls that running `call` makes in a frame."""
        for call_here, where in self._calls(effect, call, frame):
            effects, _ = self._effects.classify(call_here, where)
            same = [each for each in effects if each.kind == effect.kind]
            for each in same or [replace(effect, handed=False, call=call_here)]:
                yield Made(each, call_here, where)

    def _calls(self, effect: Effect, call: ir.Call, frame: Frame) -> Iterable[tuple[ir.Call, Frame]]:
        if not effect.handed:
            yield call, frame
            return
        partials = [value for value in self._evaluator.values(call.function, frame) if isinstance(value, Partial)]
        for value in partials:
            yield self._handing.partial(value, call), value.site.frame
        if not partials:
            yield self._handing.original(call, frame.scope), frame

    # --------------------------------------------------------------- arguments

    def argument(self, made: Made, role: str) -> tuple[ir.Expr, Frame] | None:
        """The expression in a slot of the API and the frame to evaluate it in."""
        slot = made.effect.api.slots.get(role)
        return self._handing.argument(slot, made.call, made.frame) if slot is not None else None

    def values(self, made: Made, role: str) -> list[Value]:
        """What a slot holds; for a slot that is an entry or field of an argument, what that holds."""
        slot = made.effect.api.slots.get(role)
        given = self.argument(made, role)
        if slot is None or given is None:
            return []
        return list(self._inside(slot, self._evaluator.values(*given)))

    def _inside(self, slot: Slot, values: Iterable[Value]) -> Iterator[Value]:
        if slot.entry is None and slot.field is None:
            yield from values
            return
        for value in values:
            if isinstance(value, Display) and not isinstance(value.expr, ir.Mapping) and slot.entry is not None:
                yield from self._inside(slot, self._evaluator.items.member(value, None))
            elif isinstance(value, Display) and slot.entry is not None:
                yield from self._evaluator.items.member(value, string(slot.entry))
                yield from self._stored(value, slot.entry)
            elif isinstance(value, Instance | ExternalInstance) and slot.field is not None:
                yield from self._evaluator.attributes.of(value, slot.field)

    def _stored(self, table: Display, key: str) -> Iterator[Value]:
        """What is put into a dict under a key after it was made, by the function that made it."""
        scope = table.frame.scope
        names = {name for name, bindings in scope.bindings.items() if any(b.expr is table.expr for b in bindings)}
        for store in scope.stores:
            expr = store.binding.expr
            if isinstance(store.base, ir.Name) and store.base.id in names and store.key == ir.Const(key):
                if expr is not None:
                    yield from self._evaluator.values(expr, table.frame)

    def passes(self, made: Made, role: str) -> bool:
        """Whether a slot is filled with something other than None or an empty text."""
        given = self.argument(made, role)
        if given is None:
            return False
        found = self._evaluator.values(*given)
        return not found or any(value != Constant(None) and value != string() for value in found)
