"""Tables: which mapped class, or which table of an SQL text, a write of the database is about."""

from __future__ import annotations

import re

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, Instance, String, Value

_NAMED = re.compile(r"\b(?:delete\s+from|insert\s+into|truncate(?:\s+table)?)\s+[\"'`\[]?([\w.]+)", re.I)


def table_of(effect: Effect, scope: Scope, frame: Frame, evaluator: Evaluator) -> str:
    """The class or table that a write adds to or takes from; "" when that is not known."""
    inner = evaluator.inner(scope, frame)
    for role in ("entity", "statement", "sql"):
        given = effect.argument(role)
        if given is not None:
            return _first(_held(given), inner, evaluator)
    return evaluator.entities.about(effect.receiver) or ""


def _held(expr: ir.Expr) -> ir.Expr:
    """What a list that is stored at once holds."""
    match expr:
        case ir.Comprehension(element=element):
            return element
        case ir.Items(items=(first, *_)):
            return first
        case _:
            return expr


def _first(expr: ir.Expr, frame: Frame, evaluator: Evaluator) -> str:
    for value in evaluator.values(expr, frame):
        found = _table(value, evaluator)
        if found:
            return found
    return ""


def _table(value: Value, evaluator: Evaluator) -> str:
    match value:
        case Instance(id=cls):
            return cls
        case String():
            named = _NAMED.search(value.text)
            return named[1].lower() if named is not None else ""
        case _:
            return evaluator.entities.about(value) or ""
