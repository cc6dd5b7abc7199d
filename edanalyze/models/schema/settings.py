"""Kinds that describe how a program reads its settings."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

KINDS: tuple[Kind, ...] = (
    kind(
        "environment",
        "Reads an environment variable; what the deployment files set is its value.",
        "variable default",
        required="variable",
        example='call = "acme.config.read"\nvariable = [0, "name"]\ndefault = [1, "default"]',
    ),
)
