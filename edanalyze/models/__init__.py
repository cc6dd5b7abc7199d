"""Library knowledge as data: which call is an HTTP request, a publish, a commit, a handler, a guard.

One TOML file per library under `data/`, loaded only when the analysed project imports that library; the same
tables, under `[tool.edanalyze]`, describe a project's own wrappers.
"""

from __future__ import annotations

from edanalyze.models.load import digest, imported, load, load_all
from edanalyze.models.records import Api, ModelError, Problem, Shape, Slot
from edanalyze.models.registry import Models
from edanalyze.models.rows import check as problems

__all__ = [
    "Api",
    "ModelError",
    "Models",
    "Problem",
    "Shape",
    "Slot",
    "digest",
    "imported",
    "load",
    "load_all",
    "problems",
]
