"""The review: the event-driven checklist, answered from facts, graph and catalogue, with what to do first."""

from __future__ import annotations

from edanalyze.review.checklist import ITEMS, RULES, review
from edanalyze.review.evidence import Declared, Evidence
from edanalyze.review.gate import failed, required, undecided
from edanalyze.review.records import Review
from edanalyze.review.render import render

__all__ = [
    "ITEMS",
    "RULES",
    "Declared",
    "Evidence",
    "Review",
    "failed",
    "render",
    "required",
    "review",
    "undecided",
]
