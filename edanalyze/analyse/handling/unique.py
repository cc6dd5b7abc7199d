"""Unique keys: what a mapped class declares, and the errors by which a store refuses or misses a key."""

from __future__ import annotations

import re

from edanalyze.facts import ir
from edanalyze.facts.children import calls, spelled, walk
from edanalyze.link.evaluate import Evaluator

_DUPLICATE = re.compile(
    r"Integrity|Unique|Duplicate|AlreadyExists|AlreadyProcessed|Conflict|ConditionalCheckFailed|ClientError|^DatabaseError"
    r"|SQLAlchemyError|DBAPIError|PreconditionFailed|PyMongoError|BulkWriteError|PostgresError|^AlreadyE"
)
_MISSING = re.compile(r"DoesNotExist|NotFound|NoResultFound|^KeyError$|NoSuchKey|Http404|Missing")
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


def catches_duplicates(handler: ir.Handler) -> bool:
    """Whether an `except` clause names the error that a unique key raises (or a database error above it)."""
    return any(_DUPLICATE.search(name) for name in _names(handler))


def catches_missing(handler: ir.Handler) -> bool:
    """Whether an `except` clause names the error of a look-up that finds nothing."""
    return any(_MISSING.search(name) for name in _names(handler))


def _names(handler: ir.Handler) -> set[str]:
    if handler.types is None:
        return set()
    return {
        node.id if isinstance(node, ir.Name) else node.name
        for node in walk(handler.types)
        if isinstance(node, ir.Name | ir.Attr)
    }
