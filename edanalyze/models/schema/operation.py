"""Kinds that describe how messages are operated: what is watched, and what brings them back."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

KINDS: tuple[Kind, ...] = (
    kind(
        "metric",
        "Makes, or sets, a metric whose name says what is watched (`edanalyze review`).",
        "label",
        required="label",
        example='call = "acme.metrics.gauge"\nlabel = [0, "name"]',
    ),
    kind(
        "redrive",
        "Brings messages back: dead letters to their queue, failed jobs to the workers, a group to an earlier offset.",
        example='call = "acme.queues.redrive"',
    ),
)
