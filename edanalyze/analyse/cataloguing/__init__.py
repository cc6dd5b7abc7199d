"""Puts the event catalogue of a system together."""

from __future__ import annotations

from edanalyze.analyse.cataloguing.build import build
from edanalyze.analyse.cataloguing.declared import Declarations
from edanalyze.analyse.cataloguing.merged import merged, told

__all__ = ["Declarations", "build", "merged", "told"]
