"""Delivery: when what a handler receives is settled, and whether it may come again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edanalyze.facts import ir
from edanalyze.link.entries.records import Delivery
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument, has_unpacking
from edanalyze.link.values import Constant, Display, External, Frame, String, Value
from edanalyze.models import Api, Slot


@dataclass(frozen=True, slots=True)
class Switchboard:
    """A call whose arguments may switch automatic settling on or off: dotted name, call, its frame and module."""

    name: str
    call: ir.Call
    frame: Frame
    module: str


@dataclass(frozen=True, slots=True)
class Automatic:
    """The outcome: whether messages are settled without a call, when, where that is said, whether it is said at all."""

    on: bool
    ack: str
    place: tuple[str, ir.Place]
    explicit: bool
    manual: bool = False
    groupless: bool = False


class Deliveries:
    """Works out deliveries for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._library = evaluator.models

    def of(self, boards: Iterable[Switchboard], api: Api) -> Delivery:
        """How messages reach a handler registered by `api`, given the calls that configure it."""
        boards = list(boards)
        declared = api.data.get("ack")
        if api.data.get("delivery") == "at-most-once":
            return Delivery(at_least_once=False, ack="before")
        automatic = self.automatic(boards)
        if automatic is None:
            ack = {"before": "before", "after": "after", "configured": "after"}.get(str(declared), "manual")
            return Delivery(at_least_once=ack != "before", ack=ack)
        if automatic.groupless:
            return Delivery(at_least_once=False)
        if automatic.on:
            return Delivery(
                at_least_once=automatic.ack != "before", ack=automatic.ack, automatic=self._early(automatic)
            )
        ack = "after" if declared in {"configured", "after"} and not automatic.manual else "manual"
        return Delivery(at_least_once=True, ack=ack)

    @staticmethod
    def _early(automatic: Automatic) -> tuple[str, ir.Place] | None:
        return automatic.place if automatic.ack in {"before", "timer"} else None

    def automatic(self, boards: Iterable[Switchboard]) -> Automatic | None:
        """The switch that decides; what is written in the code weighs more than a default."""
        fallback: Automatic | None = None
        for board in boards:
            off: Automatic | None = None
            on: Automatic | None = None
            for api in self._library.rows(board.name, "auto_ack"):
                outcome = self._outcome(api, board)
                if outcome is None:
                    continue
                if outcome.explicit and not outcome.on:
                    off = off or outcome
                elif outcome.explicit:
                    on = on or outcome
                elif not api.data.get("legacy"):
                    fallback = fallback or outcome
            if off is not None or on is not None:
                return off or on
        return fallback

    def _outcome(self, api: Api, board: Switchboard) -> Automatic | None:
        ack = str(api.data.get("ack", "before"))
        place = (board.module, board.call.place)
        handler = api.slots.get("handler")
        if handler is not None and argument(handler, board.call) in (None, ir.Const(None)):
            return None
        slot = api.slots.get("switch")
        given = self.setting(slot, board.call, board.frame) if slot is not None else None
        if self._is_groupless(api, board):
            return Automatic(False, "none", place, True, groupless=True)
        if given is None:
            return Automatic(bool(api.data.get("default")), ack, place, False)
        named = dict(zip((name for name, _ in board.call.keywords), board.call.named, strict=False))
        place = (board.module, named.get(slot.kw or "", board.call.place) if slot is not None else board.call.place)
        on = self._matches(given, api.data.get("when"))
        if on is None:
            return None
        return Automatic(on, ack, place, True, any(_last(value) == "MANUAL" for value in given))

    def _is_groupless(self, api: Api, board: Switchboard) -> bool:
        """Whether a consumer is made without the group for which offsets would be kept."""
        slot = api.slots.get("group_id")
        if slot is None or has_unpacking(board.call):
            return False
        given = argument(slot, board.call)
        return given is None or given == ir.Const(None)

    def setting(self, slot: Slot, call: ir.Call, frame: Frame) -> tuple[Value, ...] | None:
        """The values of a setting given in a slot (or in an entry of the dict given there); None when left out."""
        expr = argument(slot, call)
        if slot.entry is not None:
            return self._entry(expr, slot.entry, call, frame)
        if expr is None:
            name = slot.kw or ""
            spread = [value for key, value in call.keywords if not key]
            return next((found for each in spread if (found := self._entry(each, name, call, frame))), None)
        return self._evaluator.values(expr, frame)

    def _entry(self, expr: ir.Expr | None, key: str, call: ir.Call, frame: Frame) -> tuple[Value, ...] | None:
        for source in [expr] if expr is not None else [value for name, value in call.keywords if not name]:
            for value in self._evaluator.values(source, frame):
                found = self._in_display(value, key, 0)
                if found is not None:
                    return found
        return None

    def _in_display(self, value: Value, key: str, depth: int) -> tuple[Value, ...] | None:
        if not isinstance(value, Display) or not isinstance(value.expr, ir.Mapping) or depth > 4:
            return None
        for name, entry in reversed(value.expr.items):
            if name is None:
                for inner in self._evaluator.values(entry, value.frame):
                    found = self._in_display(inner, key, depth + 1)
                    if found is not None:
                        return found
            elif key in self._evaluator.literals(name, value.frame):
                return self._evaluator.values(entry, value.frame)
        return None

    @staticmethod
    def _matches(values: Iterable[Value], when: object) -> bool | None:
        """Whether a setting has the value that switches on; None when that is not known."""
        outcomes: set[bool] = set()
        for value in values:
            if isinstance(value, Constant):
                outcomes.add(bool(value.value) == when if isinstance(when, bool) else False)
            elif isinstance(value, String) and value.literal is not None:
                text = value.literal
                outcomes.add(text.lower() == str(when).lower())
            elif isinstance(value, External):
                outcomes.add(_last(value) == str(when).rpartition(".")[2])
            else:
                return None
        return outcomes.pop() if len(outcomes) == 1 else None


def _last(value: Value) -> str:
    return value.name.rpartition(".")[2] if isinstance(value, External) else ""
