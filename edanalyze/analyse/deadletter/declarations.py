"""Declarations in code: calls that declare a queue or subscription, and decorators that do so for their handler."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from edanalyze.analyse.deadletter.options import Options
from edanalyze.analyse.deadletter.records import Declared
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, spelled, statements
from edanalyze.link.entries.activations import Activations
from edanalyze.link.entries.delivery import Deliveries
from edanalyze.link.entries.strings import Strings
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Constant, External, ExternalInstance, Frame, String, Value
from edanalyze.models import Api

ENTITIES = frozenset({"queue", "subscription", "event-source-mapping"})
NAMES = ("topic", "group_id", "label", "source")
PARKING = ("exchange", "routing_key", "topic")
SETTINGS = ("task_queues", "celery_queues")


class Made(NamedTuple):
    """A declaring call in one context, and what is known of the callee."""

    api: Api
    name: str
    call: ir.Call
    frame: Frame
    likely: bool = False


class DeclaredInCode:
    """Finds them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._library = evaluator.models
        self._models = evaluator.models.models
        self._strings = Strings(evaluator)
        self._deliveries = Deliveries(evaluator)
        self._activations = Activations(evaluator)
        self._options = Options(evaluator)

    def find(self) -> Iterator[Declared]:
        """All of them, one for each physical call unless its callers decide."""
        by_call: dict[int, list[Made]] = defaultdict(list)
        for made in [*self._called(), *self._shaped()]:
            by_call[id(made.call)].append(made)
        for group in by_call.values():
            yield from self._declared(group)
        yield from self._decorated()

    # ------------------------------------------------------------------- calls

    def _called(self) -> Iterator[Made]:
        for name in sorted(self._models.spellings(("declare",))):
            for call, scope in self._program.calls.get(name, ()):
                for frame in self._activations.inner(scope):
                    for value in self._evaluator.values(call.function, frame):
                        if isinstance(value, External):
                            for api in self._library.rows(value.name, "declare"):
                                if api.data.get("entity") in ENTITIES and not self._is_setting(api, call, scope):
                                    yield Made(api, value.name, call, frame)

    def _shaped(self) -> Iterator[Made]:
        """Calls on an unresolved receiver that look like declarations."""
        methods = {shape.method for shape in self._models.shapes if shape.api.kind == "declare"}
        for method in sorted(methods):
            for call, scope in self._program.calls.get(method, ()):
                if not isinstance(call.function, ir.Attr):
                    continue
                receiver = spelled(call.function.value).removesuffix("()").rpartition(".")[2]
                for shape in self._models.shape(receiver, method) if receiver else ():
                    for frame in self._activations.inner(scope):
                        if not self._is_resolved(call, frame):
                            yield Made(shape.api, "", call, frame, True)

    def _is_resolved(self, call: ir.Call, frame: Frame) -> bool:
        values = self._evaluator.values(call.function, frame)
        return any(not isinstance(value, External) or self._library.speaks_of(value.name) for value in values)

    def _is_setting(self, api: Api, call: ir.Call, scope: Scope) -> bool:
        """Whether the queue belongs to a task queue, whose messages are never refused: `task_queues = [Queue(...)]`."""
        package = api.data.get("settings_of")
        if not isinstance(package, str):
            return False
        body = self._program.modules[scope.module].body
        for statement in statements(body):
            if isinstance(statement, ir.Import) and statement.imported.partition(".")[0] == package:
                return True
            if isinstance(statement, ir.Assign) and any(
                spelled(target).lower().endswith(SETTINGS) for target in statement.targets
            ):
                if any(made is call for expr in expressions(statement) for made in calls(expr)):
                    return True
        return False

    def _declared(self, group: list[Made]) -> Iterator[Declared]:
        """One record for a call on whose outcome all contexts agree, else one for each caller."""
        found = [(made, record) for made in group if (record := self._record(made)) is not None]
        if len({record.routed for _, record in found}) > 1:
            for made, record in found:
                call, caller = made.frame.call, made.frame.caller
                if call is not None and caller is not None:
                    yield record._replace(module=caller.scope.module, function=caller.scope.id, place=call.place)
        elif found:
            first = found[0][1]
            names = dict.fromkeys(name for _, record in found for name in record.names)
            parked = dict.fromkeys(name for _, record in found for name in record.parked)
            limited = any(record.limited for _, record in found)
            yield first._replace(names=tuple(names), parked=tuple(parked), limited=limited)

    def _record(self, made: Made) -> Declared | None:
        """What a call declares in a context; None for what is temporary, only looked up or not meant."""
        if self._switch(made, "passive") or self._switch(made, "exclusive") or not self._is_meant(made):
            return None
        expr = self._given(made, "topic")
        given = self._evaluator.values(expr, made.frame) if expr is not None else ()
        if given and all(isinstance(value, Constant) for value in given):
            return None  # `queue=None`
        names = [text for text in self._named(made) if text.literal != ""]
        if not names and made.api.data.get("entity") == "queue":
            return None  # the server makes up a name
        rows = self._rows(made)
        routed, parked = self._routing(made, rows)
        scope = made.frame.scope
        return Declared(
            str(made.api.data.get("entity")),
            tuple(text.text for text in names),
            scope.module,
            scope.id,
            made.call.place,
            routed,
            parked,
            made.likely,
            made.api.library,
            self._is_limited(made, rows),
        )

    def _named(self, made: Made) -> list[String]:
        for role in NAMES:
            slot = made.api.slots.get(role)
            if slot is not None and slot.entry is None:
                found = self._strings.of([argument(slot, made.call)], made.frame)
            else:
                values = self._deliveries.setting(slot, made.call, made.frame) if slot is not None else None
                found = [text for value in values or () for text in self._strings.of_value(value)]
            if found:
                return found
        return []

    def _given(self, made: Made, role: str) -> ir.Expr | None:
        slot = made.api.slots.get(role)
        return argument(slot, made.call) if slot is not None else None

    def _switch(self, made: Made, role: str) -> bool:
        slot = made.api.slots.get(role)
        values = self._deliveries.setting(slot, made.call, made.frame) if slot is not None else None
        return any(isinstance(value, Constant) and bool(value.value) for value in values or ())

    def _is_meant(self, made: Made) -> bool:
        """Whether the mode of a subscription is one that keeps dead letters (or could)."""
        modes = made.api.data.get("modes")
        if not isinstance(modes, list):
            return True
        expr = self._given(made, "mode")
        texts = [_text(value) for value in self._evaluator.values(expr, made.frame)] if expr is not None else []
        return any(fnmatch.fnmatch(text, str(mode)) for text in texts for mode in modes)

    def _rows(self, made: Made) -> tuple[Api, ...]:
        rows = self._library.rows(made.name, "dead_letter") if made.name else ()
        if not rows:
            wanted = made.api.library
            kind = [row for row in self._models.of_kind("dead_letter") if row.library == wanted and row.call]
            rows = tuple(row for row in kind if row.data.get("mechanism") == "amqp-queue-argument")[:1]
        return rows

    def _is_limited(self, made: Made, rows: tuple[Api, ...]) -> bool:
        """Whether the queue gives up on a message after some deliveries (a quorum queue does so by default)."""
        for row in rows:
            limit, kind = row.slots.get("limit"), row.slots.get("queue_type")
            if limit is not None and self._options.has(limit, made.call, made.frame):
                return True
            values = self._deliveries.setting(kind, made.call, made.frame) if kind is not None else None
            if any(_text(value) == "quorum" for value in values or ()):
                return True
        return False

    def _routing(self, made: Made, rows: tuple[Api, ...]) -> tuple[bool | None, tuple[str, ...]]:
        if not rows:
            return None, ()
        outcomes: list[bool | None] = []
        parked: list[str] = []
        for row in rows:
            for role in (*PARKING[:1], "policy", "topic"):
                slot = row.slots.get(role)
                if slot is not None:
                    outcomes.append(self._options.has(slot, made.call, made.frame))
            for role in PARKING:
                slot = row.slots.get(role)
                for value in self._deliveries.setting(slot, made.call, made.frame) or () if slot is not None else ():
                    parked += [text.text for text in self._strings.of_value(value)]
        routed = True if True in outcomes else None if None in outcomes or not outcomes else False
        return routed, tuple(dict.fromkeys(name for name in parked if name))

    # -------------------------------------------------------------- decorators

    def _decorated(self) -> Iterator[Declared]:
        """Decorators that declare what their handler reads from, given its name (an object declares itself)."""
        for identifier in sorted(self._program.functions):
            facts = self._program.functions[identifier]
            scope = self._program.scopes[identifier]
            outer = scope.parent or scope
            for decorator in facts.decorators:
                if isinstance(decorator, ir.Call):
                    frame = self._evaluator.root(outer)
                    for value in self._evaluator.values(decorator.function, frame):
                        if isinstance(value, External):
                            for api in self._library.rows(value.name, "handler"):
                                yield from self._decorating(api, decorator, frame, identifier)

    def _decorating(self, api: Api, call: ir.Call, frame: Frame, function: str) -> Iterator[Declared]:
        entity = api.data.get("declares")
        slot = api.slots.get("topic")
        if entity is None or slot is None or self._is_unreliable(api, call, frame):
            return
        expr = argument(slot, call)
        values: Iterable[Value] = self._evaluator.values(expr, frame) if expr is not None else ()
        if expr is None or any(isinstance(value, ExternalInstance) for value in values):
            return
        names = tuple(text.text for text in self._strings.of([expr], frame))
        dead = api.slots.get("dead_letter")
        routed = self._options.has(dead, call, frame) if dead is not None else False
        module = frame.scope.module
        yield Declared(str(entity), names, module, function, call.place, routed, library=api.library)

    def _is_unreliable(self, api: Api, call: ir.Call, frame: Frame) -> bool:
        """Whether the decorator is told to make a queue that goes with its consumer."""
        slot = api.slots.get("reliable")
        values = self._deliveries.setting(slot, call, frame) if slot is not None else None
        return any(isinstance(value, Constant) and value.value is False for value in values or ())


def _text(value: Value) -> str:
    match value:
        case String():
            return value.text
        case External(name=name):
            return name.rpartition(".")[2]
        case _:
            return ""
