"""Mapped classes: classes of the project whose objects a library stores."""

from __future__ import annotations

from edanalyze.link.evaluate import Evaluator

_MARKS = frozenset({"__tablename__", "__table__"})
_BASES = frozenset(
    {
        "django.db.models.Model", "peewee.Model", "sqlmodel.SQLModel", "mongoengine.Document", "beanie.Document",
        "tortoise.models.Model", "tortoise.Model", "ormar.Model", "piccolo.table.Table", "pynamodb.models.Model",
        "odmantic.Model", "umongo.Document",
    }
)  # fmt: skip


def is_mapped(cls: str, evaluator: Evaluator) -> bool:
    """Whether objects of a class are rows or documents, by a table name or by the class it derives from."""
    program = evaluator.program
    if cls not in program.classes:
        return False
    inner, outer = evaluator.classes.order(cls)
    canonical = evaluator.models.models.canonical
    return any(_MARKS & set(program.scopes[name].bindings) for name in inner) or any(
        canonical(name) in _BASES for name in outer
    )
