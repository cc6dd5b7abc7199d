"""Idempotency keys that a request carries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.trees.trees import Step
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Display, Instance, String

_KEY = re.compile(
    r"idempot|repeatability[-_]request|paypal[-_]request[-_]id|dedup|client_?request_?(token|id)|request_?token", re.I
)
_FILLS = frozenset({"update", "setdefault"})


class _Names:
    """The names of keys: those that say so, and those that models declare."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._declared = {
            str(api.data.get("name", "")).lower()
            for api in evaluator.models.models.of_kind("idempotency_key")
            if api.data.get("form") != "ambiguous"
        }

    def fit(self, name: str) -> bool:
        """Whether something of this name is a key."""
        return _KEY.search(name) is not None or name.lower() in self._declared


def has_key(effect: Effect, step: Step, evaluator: Evaluator) -> bool:
    """Whether a call names an idempotency key in a keyword, a header or a field."""
    return not effect.handed and any(True for _ in keys(step.call, step.scope, evaluator))


def keys(call: ir.Call, scope: Scope, evaluator: Evaluator) -> Iterator[ir.Expr]:
    """What a call hands on under a name that says that it is an idempotency key."""
    frame = evaluator.root(scope)
    names = _Names(evaluator)
    for name, value in (*(("", value) for value in call.arguments), *call.keywords):
        if name and names.fit(name):
            yield value
        yield from _named(value, names)
        for found in evaluator.values(value, frame):
            if isinstance(found, Display) and isinstance(found.expr, ir.Mapping):
                for key, held in found.expr.items:
                    texts = evaluator.values(key, found.frame) if key is not None else ()
                    if any(isinstance(text, String) and names.fit(text.text) for text in texts):
                        yield held
        for node in walk(value):
            if isinstance(node, ir.Name):
                for owner in evaluator.values(node, frame):
                    if isinstance(owner, Instance):
                        yield from (value for field in evaluator.program.scopes[owner.id].bindings if names.fit(field))
        if isinstance(value, ir.Name):
            yield from _filled(value.id, scope, names)


def _named(value: ir.Expr, names: _Names) -> Iterator[ir.Expr]:
    for node in walk(value):
        match node:
            case ir.Mapping(items=items):
                for key, inner in items:
                    if isinstance(key, ir.Const) and isinstance(key.value, str) and names.fit(key.value):
                        yield inner
            case ir.Name(id=name) | ir.Attr(name=name) if names.fit(name):
                yield node
            case ir.Const(value=str() as text) if names.fit(text):
                yield node
            case _:
                pass


def _filled(name: str, scope: Scope, names: _Names) -> Iterator[ir.Expr]:
    """What is put into a mapping later: `headers["Idempotency-Key"] = ...`, `headers.update(...)`."""
    where: Scope | None = scope
    while where is not None and name not in where.bindings:
        where = where.parent
    if where is None:
        return
    for store in where.stores:
        if isinstance(store.base, ir.Name) and store.base.id == name and isinstance(store.key, ir.Const):
            if isinstance(store.key.value, str) and names.fit(store.key.value):
                yield store.binding.expr or store.key
    for call, _ in where.calls:
        match call.function:
            case ir.Attr(value=ir.Name(id=filled), name=method) if filled == name and method in _FILLS:
                for value in (*call.arguments, *(value for _, value in call.keywords)):
                    yield from _named(value, names)
            case _:
                pass
