"""Options of a declaring call: whether one is given, also as an entry of a dict that is built elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument, has_unpacking
from edanalyze.link.values import Constant, Display, ExternalInstance, Frame, Value
from edanalyze.models import Slot

DEEPEST = 4
CHANGING = frozenset({"update", "setdefault"})


class Options:
    """Looks options up. Every answer is True, False, or None for what the code does not tell."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def has(self, slot: Slot, call: ir.Call, frame: Frame) -> bool | None:
        """Whether a call gives something in a slot, or an entry of the dict in it."""
        expr = argument(slot, call)
        if expr is None:
            return None if has_unpacking(call) else False
        if slot.entry is None:
            return _agreed(_is_something(value) for value in self._evaluator.values(expr, frame))
        return self._entry(expr, slot.entry, frame)

    def _entry(self, expr: ir.Expr, key: str, frame: Frame) -> bool | None:
        stored = self._stored(expr, key, frame)
        if stored is not False:
            return stored
        return _agreed(self._in(value, key, 0) for value in self._evaluator.values(expr, frame))

    def _stored(self, expr: ir.Expr, key: str, frame: Frame) -> bool | None:
        """Whether code beside the call puts the entry into the dict: `options["key"] = ...`, `options.update(...)`."""
        name = spelled(expr)
        if not name:
            return False
        outcome: bool | None = False
        for store in frame.scope.stores:
            if spelled(store.base) == name and not isinstance(store.key, str):
                keys = self._evaluator.literals(store.key, frame)
                if key in keys:
                    return True
                outcome = outcome if keys else None
        for call, _ in frame.scope.calls:
            if isinstance(call.function, ir.Attr) and call.function.name in CHANGING:
                if spelled(call.function.value) == name:
                    outcome = None
        return outcome

    def _in(self, value: Value, key: str, depth: int) -> bool | None:
        """Whether a value holds an entry (or, as an object, was made with a keyword) of that name."""
        match value:
            case Constant(value=None):
                return False
            case Display(expr=ir.Mapping(items=items), frame=frame) if depth < DEEPEST:
                known: bool | None = False
                for name, entry in items:
                    if name is None:
                        spread = [self._in(inner, key, depth + 1) for inner in self._evaluator.values(entry, frame)]
                        outcome = _agreed(spread)
                    else:
                        keys = self._evaluator.literals(name, frame)
                        outcome = key in keys if keys else None
                    if outcome:
                        return True
                    known = known if outcome is False else None
                return known
            case ExternalInstance(site=site) if site is not None:
                names = [name for name, _ in site.call.keywords]
                return True if key in names else None if "" in names or site.call.arguments else False
            case _:
                return None


def _is_something(value: Value) -> bool:
    return not (isinstance(value, Constant) and value.value in {None, False, ""})


def _agreed(outcomes: Iterable[bool | None]) -> bool | None:
    """The outcome that all share; None when they differ or there are none."""
    found = set(outcomes)
    return found.pop() if len(found) == 1 else None
