"""Idempotency keys that a request carries."""

from __future__ import annotations

import re

from edanalyze.analyse.effects import Effect
from edanalyze.analyse.trees import Step
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Display, String

_KEY = re.compile(r"idempot|repeatability[-_]request|paypal[-_]request[-_]id|dedup", re.I)


def has_key(effect: Effect, step: Step, evaluator: Evaluator) -> bool:
    """Whether a call names an idempotency key in a keyword, a header or a field."""
    if effect.handed:
        return False
    frame = evaluator.root(step.scope)
    for name, value in step.call.keywords:
        if _KEY.search(name):
            return True
        if any(_named(node) for node in walk(value)):
            return True
        for found in evaluator.values(value, frame):
            if isinstance(found, Display) and isinstance(found.expr, ir.Mapping):
                for key, _ in found.expr.items:
                    texts = evaluator.values(key, found.frame) if key is not None else ()
                    if any(isinstance(text, String) and _KEY.search(text.text) for text in texts):
                        return True
    return any(_named(node) for argument in step.call.arguments for node in walk(argument))


def _named(node: ir.Expr) -> bool:
    match node:
        case ir.Const(value=str() as text):
            return _KEY.search(text) is not None
        case ir.Name(id=name) | ir.Attr(name=name):
            return _KEY.search(name) is not None
        case _:
            return False
