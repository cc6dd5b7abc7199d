"""Partition keys: messages about one entity that a log may keep in any order, since nothing ties them together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.payloads.published import is_one_way
from edanalyze.analyse.payloads.records import Field, Payload, Shape
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.library import has_unpacking
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Constant, Display, ExternalInstance, String, Value

if TYPE_CHECKING:
    from edanalyze.analyse.binding.records import PublishCall
    from edanalyze.analyse.system import System

_ENTITY = re.compile(
    r"(^|_)(id|uuid|guid|pk|sku)$"
    r"|(^|_)(order|invoice|account|booking|ticket|tracking|shipment|payment|transaction|contract|policy|customer|vehicle)"
    r"_(number|no|reference|ref)$"
)
_TECHNICAL = re.compile(
    r"(^|_)(event|message|msg|correlation|causation|trace|span|request|session|conversation|schema|transaction_trace|job"
    r"|idempotency|dedup(lication)?|batch|producer|source|tenant|consumer|group|client|instance|node|host)_(id|uuid|guid)$"
)
_ENVELOPE = frozenset({"data", "payload", "body", "detail", "attributes", "content"})
_DEAD = re.compile(r"dlq|dead[-_.]?letter|parking|poison", re.I)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SCALARS = frozenset({"str", "int", "uuid", "unknown", "any", "bytes", "union", "enum"})
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Unkeyed:
    """A message without a partition key. `witness` leads from the call that leaves it out down to the library's.

    `entity` is the field of the payload that would serve; `constant` the one key that all messages have, "" when there
    is none.
    """

    witness: Witness
    entity: str
    constant: str
    likely: bool


class PartitionKeys:
    """Finds the messages."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._evaluator = system.evaluator

    def missing(self, unordered: Callable[[str], bool]) -> Iterator[Unkeyed]:
        """One record for each call that leaves a key out, in a stable order; `unordered` topics need none."""
        seen: set[tuple[str, ir.Place]] = set()
        by_call: dict[int, list[Payload]] = {}
        for payload in self._system.payloads.all:
            by_call.setdefault(id(payload.step.call), []).append(payload)
        for payloads in by_call.values():
            for found in self._of_call(payloads, unordered):
                place = (found.witness[0].module, found.witness[0].place)
                if place not in seen:
                    seen.add(place)
                    yield found

    def given(self, call: PublishCall) -> str:
        """Whether a message has a key: "key", "none" or "unknown"; "" where what it goes to keeps no order by key."""
        effect, step = call.effect, call.step
        if not self._is_keyed(effect, step.scope):
            return ""
        if effect.argument("partition") is not None:
            return "key"
        keys = self._keys(effect, step.scope)
        if effect.handed or has_unpacking(step.call) or not keys:
            return "unknown"
        physical = (call.path[-1],)
        lacking = (
            constant
            for key, scope in keys
            for witness, constant in self._lacking(key, scope, physical, 0)
            if is_one_way(call.path, witness)
        )
        return "none" if any(not constant for constant in lacking) else "key"

    def _of_call(self, payloads: list[Payload], unordered: Callable[[str], bool]) -> Iterator[Unkeyed]:
        effect, step = payloads[0].effect, payloads[0].step
        if effect.handed or has_unpacking(step.call) or effect.argument("partition") is not None:
            return
        if not self._is_keyed(effect, step.scope):
            return
        telling = [
            (payload, entity)
            for payload in payloads
            if payload.shape is not None
            and (entity := entity_of(payload.shape))
            and not self._is_free(payload, unordered)
        ]
        if not telling:
            return
        physical = (payloads[0].path[-1],)
        for key, scope in self._keys(effect, step.scope):
            for witness, constant in self._lacking(key, scope, physical, 0):
                entity = next((entity for payload, entity in telling if is_one_way(payload.path, witness)), "")
                if entity:
                    yield Unkeyed(witness, entity, constant, any(point.likely for point in witness))

    # -------------------------------------------------------------------- logs

    def _is_keyed(self, effect: Effect, scope: Scope) -> bool:
        """Whether a publish goes to a log that orders messages by their key."""
        match effect.api.data.get("keyed"):
            case "log":
                return "partitioner" not in self._options(effect)
            case "group":
                return any(key is not None for key, _ in self._keys(effect, scope)) or self._is_fifo(effect, scope)
            case "configured":
                return str(effect.api.data.get("keyed_by")) in self._options(effect)
            case _:
                return False

    def _is_fifo(self, effect: Effect, scope: Scope) -> bool:
        topic = effect.argument("topic")
        frame = self._evaluator.root(scope)
        texts = self._evaluator.strings(topic, frame) if topic is not None else []
        return any(text.text.endswith(".fifo") for text in texts)

    def _options(self, effect: Effect) -> set[str]:
        """The options that a producer was built with, other than those switched off."""
        site = effect.receiver.site if isinstance(effect.receiver, ExternalInstance) else None
        if site is None:
            return set()
        return {
            name
            for expr in (site.call, *(value for _, value in site.call.keywords))
            for node in walk(expr)
            if isinstance(node, ir.Call)
            for name, value in node.keywords
            if not (isinstance(value, ir.Const) and not value.value)
        }

    def _is_free(self, payload: Payload, unordered: Callable[[str], bool]) -> bool:
        """Whether the topic of a message needs no order."""
        calls = self._system.binding.publish_of_physical(payload.module, payload.place)
        topics = {call.topic for call in calls if call.topic and is_one_way(call.path, payload.path)}
        if payload.topic is not None:
            topics.add(payload.topic.text)
        return any(unordered(topic) or _DEAD.search(topic) for topic in topics)

    # -------------------------------------------------------------------- keys

    def _keys(self, effect: Effect, scope: Scope) -> list[tuple[ir.Expr | None, Scope]]:
        """The expressions in the slot of the key, None where one is left out; of a batch those of its entries."""
        slot = effect.api.slots.get("key")
        given = effect.argument("key")
        if slot is None or slot.entry is None:
            return [(given, scope)]
        entries = self._entries(self._evaluator.values(given, self._evaluator.root(scope)), 0) if given else ()
        return [
            (value, entry.frame.scope)
            for entry in entries
            if isinstance(entry.expr, ir.Mapping)
            for name, value in entry.expr.items
            if isinstance(name, ir.Const) and name.value == slot.entry
        ]

    def _entries(self, values: Iterable[Value], depth: int) -> Iterator[Display]:
        """The dicts in lists."""
        for value in values:
            if isinstance(value, Display) and isinstance(value.expr, ir.Mapping):
                yield value
            elif isinstance(value, Display) and depth < 2:
                yield from self._entries(self._evaluator.items.member(value, None), depth + 1)

    def _lacking(self, expr: ir.Expr | None, scope: Scope, below: Witness, depth: int) -> Iterator[tuple[Witness, str]]:
        """Where the key is left out, or always the same: here, or at callers that decide."""
        if expr is None or expr == ir.Const(None):
            yield below, ""
            return
        expr = _bare(expr)
        parameter = _parameter(expr, scope)
        if parameter is not None and depth < DEEPEST:
            yield from self._of_callers(parameter, scope, below, depth)
            return
        constant = self._constant(expr, scope)
        if constant is not None:
            yield below, constant

    def _of_callers(self, name: str, scope: Scope, below: Witness, depth: int) -> Iterator[tuple[Witness, str]]:
        function = scope.lexical
        assert function.function is not None
        default = next(item.default for item in function.function.parameters if item.name == name)
        for call, frame in self._evaluator.callers.of(function.id):
            where = frame.scope.lexical
            if where.kind == "class" or has_unpacking(call):
                continue
            given = self._evaluator.parameters.of_call(function, call, is_bound(function.function)).get(name)
            point = Point(where.module, where.id, call.place, f"`{function.name.rpartition('.')[2]}` is called")
            if given is None and default is not None:
                if default == ir.Const(None) or self._constant(default, function) is not None:
                    constant = "" if default == ir.Const(None) else self._constant(default, function)
                    yield (point, *below), constant or ""
            elif given is not None:
                yield from self._lacking(given, frame.scope, (point, *below), depth + 1)

    def _constant(self, expr: ir.Expr, scope: Scope) -> str | None:
        """The text of a key that is the same for all messages; "" for None, None when it differs."""
        values = self._evaluator.values(expr, self._evaluator.root(scope))
        if not values:
            return None
        texts: set[str] = set()
        for value in values:
            if isinstance(value, String) and value.literal is not None:
                texts.add(value.literal)
            elif isinstance(value, Constant):
                texts.add("" if value.value is None else str(value.value))
            else:
                return None
        return texts.pop() if len(texts) == 1 else None


def entity_of(shape: Shape, depth: int = 0) -> str:
    """The field of a payload that says which entity it speaks of; "" when there is none."""
    inner = [field for field in shape.fields if field.type.shape is not None]
    wrapped = any(field.name.lower() in _ENVELOPE for field in inner)
    for field in shape.fields:
        if _is_entity(field) and not (wrapped and snake(field.name) in {"id", "uuid"}):
            return field.name
    if depth < 2:
        for field in inner:
            assert field.type.shape is not None
            found = entity_of(field.type.shape, depth + 1)
            if found:
                return f"{field.name}.{found}"
    return ""


def _is_entity(field: Field) -> bool:
    name = snake(field.name).lstrip("_")
    if (field.has_constant and field.constant != "") or field.type.kind not in _SCALARS:
        return False
    return _ENTITY.search(name) is not None and _TECHNICAL.search(name) is None


def snake(name: str) -> str:
    """A name in snake case."""
    return _HUMPS.sub("_", name).lower()


def _bare(expr: ir.Expr) -> ir.Expr:
    """A key without what only changes its type: `str(key)`, `key.encode()`, `key.encode() if key else None`."""
    match expr:
        case ir.Call(function=ir.Attr(value=value, name="encode")):
            return _bare(value)
        case ir.Call(function=ir.Name(id="str" | "bytes" | "repr"), arguments=(value, *_)):
            return _bare(value)
        case ir.Choice(kind="if" | "and", options=options):
            kept = [option for option in options if option != ir.Const(None)]
            return _bare(kept[-1]) if kept else expr
        case _:
            return expr


def _parameter(expr: ir.Expr, scope: Scope) -> str | None:
    """The parameter that an expression is; None when it is something else."""
    function = scope.lexical
    if not isinstance(expr, ir.Name) or function.function is None:
        return None
    bindings = function.bindings.get(expr.id, ())
    return expr.id if len(bindings) == 1 and bindings[0].kind == "parameter" else None
