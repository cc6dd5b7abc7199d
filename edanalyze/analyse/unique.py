"""Unique keys that a mapped class declares."""

from __future__ import annotations

from edanalyze.facts import ir
from edanalyze.facts.children import calls, spelled
from edanalyze.link.evaluate import Evaluator

_CONSTRAINTS = frozenset({"UniqueConstraint", "unique_together", "ExcludeConstraint"})


def has_unique_key(cls: str, evaluator: Evaluator) -> bool:
    """Whether a mapped class declares a unique column, field or constraint beside its generated key."""
    for ancestor in evaluator.classes.order(cls)[0]:
        facts = evaluator.program.classes[ancestor]
        for statement in facts.body:
            if not isinstance(statement, ir.Assign):
                continue
            names = {target.id for target in statement.targets if isinstance(target, ir.Name)}
            if names & {"unique_together", "__table_args__"} and statement.value is not None:
                if "unique_together" in names or _has_constraint(statement.value):
                    return True
            for call in calls(statement.value):
                if any(key == "unique" and isinstance(value, ir.Const) and value.value for key, value in call.keywords):
                    return True
                if spelled(call.function).rsplit(".", 1)[-1] in _CONSTRAINTS:
                    return True
    return False


def _has_constraint(expr: ir.Expr) -> bool:
    return any(spelled(call.function).rsplit(".", 1)[-1] in _CONSTRAINTS for call in calls(expr))
