"""Recognising outbox rows: an event stored in the same transaction as the change it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.analyse.effects.origin import Origin, Origins
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Instance

if TYPE_CHECKING:
    from edanalyze.analyse.effects.effect import Effect

_NAMES = re.compile(
    r"out_?box|out_?going_?(event|message)|stored_?event|event_?(store|record|journal)|pending_?(event|message)"
    r"|domain_?event_?(row|model|entry|table)|message_?store",
    re.I,
)


def is_outbox_write(effect: Effect, scope: Scope, evaluator: Evaluator) -> bool:
    """Whether a write stores an event for a relay: by the row's class, the table's name or a declared model."""
    if effect.handed or effect.kind not in {"write", "dedupe"}:
        return False
    return any(_NAMES.search(name) for name in names(effect.call, scope, evaluator))


_STORES = re.compile(r"event_?(store|record|journal)|stored_?event|message_?store", re.I)
_INSERTS = frozenset({"insert", "write", "upsert", "insert_or_update", "bulk", "copy", "raw", "dml", "replace", ""})


def is_new_row(effect: Effect, scope: Scope, frame: Frame, evaluator: Evaluator) -> bool:
    """Whether an outbox write adds a row, rather than to mark or remove one that a relay has sent.

    What is called an event store may hold the changes themselves, and then it accompanies nothing.
    """
    if effect.kind == "outbox":
        return effect.api.kind == "outbox"
    if effect.verb not in _INSERTS or any(_STORES.search(name) for name in names(effect.call, scope, evaluator)):
        return False
    entity = effect.argument("entity")
    if entity is None and isinstance(effect.call.function, ir.Attr):
        entity = effect.call.function.value
    return entity is None or Origins(evaluator).of(entity, frame) is not Origin.STORED


_TOPIC = frozenset({"topic", "queue", "channel", "destination", "exchange", "routing_key", "subject", "stream"})


def topics_of(call: ir.Call) -> frozenset[str]:
    """The topics that an outbox row names in its fields; empty when it names none literally."""
    return frozenset(
        value.value
        for node in walk(call)
        if isinstance(node, ir.Call)
        for name, value in node.keywords
        if name in _TOPIC and isinstance(value, ir.Const) and isinstance(value.value, str)
    )


def names(call: ir.Call, scope: Scope, evaluator: Evaluator) -> Iterator[str]:
    """The identifiers and classes that a database call speaks of."""
    frame = evaluator.root(scope)
    receiver = call.function.value if isinstance(call.function, ir.Attr) else None
    for expr in (*((receiver,) if receiver is not None else ()), *call.arguments, *(v for _, v in call.keywords)):
        for node in walk(expr):
            match node:
                case ir.Const(value=str() as text):
                    yield text
                case ir.Attr(name=name):
                    yield name
                case ir.Name(id=name):
                    yield name
                    for value in evaluator.values(node, frame):
                        if isinstance(value, Instance | Class):
                            yield value.id.rpartition(":")[2]
                        elif isinstance(value, External | ExternalInstance):
                            yield value.name
                case _:
                    pass
