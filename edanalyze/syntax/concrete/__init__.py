"""The reader of concrete syntax trees: one LibCST parse, one read-only traversal."""

from __future__ import annotations

from edanalyze.syntax.concrete.read import read

__all__ = ["read"]
