"""Puts the event catalogue of a system together."""

from __future__ import annotations

from edanalyze.analyse.cataloguing.build import Declarations, build

__all__ = ["Declarations", "build"]
