"""Settings of handlers that repeat a failed message without an end: `max_retries=None`, requeue on error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.handling.swallowing import WORK
from edanalyze.analyse.poison.records import Endless
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.entries.delivery import Deliveries
from edanalyze.link.library import argument, has_unpacking
from edanalyze.link.values import Class, Constant, External, ExternalInstance, Frame, Function, Instance, Value
from edanalyze.models import Api, Slot

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

STOPS = frozenset({"stop", "limit", "max_attempts", "max_retries", "max_seconds", "giveup", "predicate"})
RETRIED = "work that always fails is retried for ever, and holds up all messages"
FOR_EVER = "a task that always fails is run again for ever"
PUT_BACK = "any failure has the message delivered again, so that one which always fails comes again for ever"


class Decorated(NamedTuple):
    """A call that decorates a function, as one row of the models knows it."""

    api: Api
    call: ir.Call
    frame: Frame


class Settings:
    """Looks at the decorators of handlers and of what they run, and at task classes."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._evaluator = system.evaluator
        self._library = system.evaluator.models
        self._deliveries = Deliveries(system.evaluator)

    def of(self, entry: EntryPoint) -> Iterator[Endless]:
        """What the declaration of a handler says."""
        if entry.value is None:
            return
        for made in self._decorators(entry.function, "handler"):
            yield from self._handler(entry, made)
        for made in self._decorators(entry.function, "broker_retry"):
            slot = made.api.slots.get("count")
            if slot is not None and made.api.data.get("scope") == "consumer" and self._is(made, slot, True):
                yield self._endless(entry, made, slot, PUT_BACK)
        yield from self._task_class(entry)

    def retried(self, entry: EntryPoint, function: str) -> Iterator[Endless]:
        """A retry decorator without an end on a function that a handler runs."""
        for made in self._decorators(function, "retry"):
            if made.api.data.get("form") == "decorator" and self._never_stops(made):
                name = function.rpartition(":")[2]
                point = self._point(made, made.call.place, f"retries `{name}` on any failure")
                for item in self._system.reach.effects(Function(function)):
                    if item.effect.kind in WORK:
                        yield Endless(entry, RETRIED, (point, *item.witness))
                        break

    # ---------------------------------------------------------------- settings

    def _handler(self, entry: EntryPoint, made: Decorated) -> Iterator[Endless]:
        requeue = made.api.slots.get("requeue")
        if requeue is not None and self._switches(made, requeue):
            yield self._endless(entry, made, requeue, PUT_BACK)
        for role in ("max_retries", "max_tries"):
            slot = made.api.slots.get(role)
            if slot is None or not entry.delivery.retries:
                continue
            for each in (slot, Slot(kw="retry_kwargs", entry=slot.kw)):
                if self._is(made, each, None):
                    yield self._endless(entry, made, each, FOR_EVER)
        retry = made.api.slots.get("retry")
        if retry is not None and self._retries_without_end(made, retry):
            yield self._endless(entry, made, retry, FOR_EVER)

    def _switches(self, made: Decorated, slot: Slot) -> bool:
        wanted = made.api.data.get("requeue_when", True)
        values = self._deliveries.setting(slot, made.call, made.frame)
        return bool(values) and all(_equals(value, wanted) for value in values or ())

    def _retries_without_end(self, made: Decorated, slot: Slot) -> bool:
        """`retry=True`, or a strategy that is given no number of attempts."""
        values = self._deliveries.setting(slot, made.call, made.frame) or ()
        return bool(values) and all(self._is_endless(value) for value in values)

    def _is_endless(self, value: Value) -> bool:
        match value:
            case Constant(value=True):
                return True
            case ExternalInstance(name=name, site=site) if site is not None:
                rows = self._library.rows(name, "broker_retry")
                slots = [row.slots["count"] for row in rows if "count" in row.slots and "default" not in row.data]
                return bool(slots) and not has_unpacking(site.call) and argument(slots[0], site.call) is None
            case _:
                return False

    def _task_class(self, entry: EntryPoint) -> Iterator[Endless]:
        """A task class whose `max_retries` is None."""
        cls, _, method = entry.function.rpartition(".")
        if entry.kind != "task" or not entry.delivery.retries or method != "run":
            return
        program = self._system.program
        for each in self._evaluator.classes.order(cls)[0] if cls in program.classes else ():
            bindings = program.scopes[each].bindings.get("max_retries", ())
            if bindings:
                if self._evaluator.attributes.of(Instance(cls), "max_retries") == (Constant(None),):
                    place = program.classes[each].place
                    module = each.partition(":")[0]
                    yield Endless(entry, FOR_EVER, (Point(module, each, place, "sets no limit of retries"),))
                return

    # --------------------------------------------------------------- decorators

    def _decorators(self, function: str, kind: str) -> Iterator[Decorated]:
        program = self._system.program
        facts = program.functions.get(function)
        if facts is None:
            return
        scope = program.scopes[function]
        frame = self._evaluator.root(scope.parent or scope)
        for decorator in facts.decorators:
            call = decorator if isinstance(decorator, ir.Call) else ir.Call(decorator, (), (), facts.place)
            callee = decorator.function if isinstance(decorator, ir.Call) else decorator
            for value in self._evaluator.values(callee, frame):
                if isinstance(value, External):
                    for api in self._library.rows(value.name, kind):
                        yield Decorated(api, call, frame)

    def _is(self, made: Decorated, slot: Slot, wanted: bool | None) -> bool:
        values = self._deliveries.setting(slot, made.call, made.frame)
        return bool(values) and all(isinstance(value, Constant) and value.value is wanted for value in values or ())

    def _never_stops(self, made: Decorated) -> bool:
        """Whether a retry decorator is told neither when to stop nor which failures pass."""
        if has_unpacking(made.call) or made.api.data.get("bounded"):
            return False
        if any(role in STOPS and argument(slot, made.call) is not None for role, slot in made.api.slots.items()):
            return False
        on = made.api.slots.get("retry_on")
        given = argument(on, made.call) if on is not None else None
        names = given.items if isinstance(given, ir.Items) else (given,)
        return all(name is None or spelled(name) in {"Exception", "BaseException"} for name in names)

    def _endless(self, entry: EntryPoint, made: Decorated, slot: Slot, how: str) -> Endless:
        named = dict(zip((name for name, _ in made.call.keywords), made.call.named, strict=False))
        place = named.get(slot.kw or "", made.call.place)
        return Endless(entry, how, (self._point(made, place, "sets no limit of attempts"),))

    @staticmethod
    def _point(made: Decorated, place: ir.Place, message: str) -> Point:
        return Point(made.frame.scope.module, made.frame.scope.id, place, message)


def _equals(value: Value, wanted: object) -> bool:
    match value:
        case Constant(value=given):
            return given is wanted
        case External(name=name) | Class(id=name):
            return isinstance(wanted, str) and name.rpartition(".")[2] == wanted.rpartition(".")[2]
        case _:
            return False
