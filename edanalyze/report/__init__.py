"""Renders results for people, editors and machines; knows only the records of `edanalyze.check.diagnostic`."""

from __future__ import annotations
