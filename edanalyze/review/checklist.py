"""The checklist: five items, each answered from the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edanalyze.review import consistency, consumption, contracts, inventory, operation
from edanalyze.review.advice import advice
from edanalyze.review.evidence import Evidence
from edanalyze.review.order import ordered, steps
from edanalyze.review.records import VERSION, Criterion, Item, Review, settled

Criteria = Callable[[Evidence], Iterator[Criterion]]
ITEMS: tuple[tuple[str, str, Criteria], ...] = (
    ("inventory", "Event inventory with clear ownership", inventory.criteria),
    ("contracts", "Versioned contracts and compatibility rules", contracts.criteria),
    ("consumers", "Idempotent consumers; partition strategy documented", consumption.criteria),
    ("consistency", "Saga or outbox where transactional consistency is required", consistency.criteria),
    ("operation", "Tracing and replay operationalised", operation.criteria),
)
"""The items by name, in their order."""
RULES = (
    *("EDA201", "EDA202", "EDA203", "EDA204", "EDA205", "EDA206", "EDA211"),
    *("EDA301", "EDA302", "EDA303", "EDA401", "EDA402", "EDA403"),
    *("EDA501", "EDA502", "EDA504", "EDA505", "EDA506"),
    *("EDA601", "EDA602", "EDA603", "EDA604", "EDA701"),
)
"""The rules behind the items: a review runs them all, those that are off by default included."""


def review(evidence: Evidence) -> Review:
    """The answers for the systems that the evidence is about."""
    items = tuple(_item(evidence, number, *each) for number, each in enumerate(ITEMS, 1))
    first = ordered(step for item in items for step in item.first)
    return Review(VERSION, evidence.title, items, first, tuple(advice(evidence)))


def _item(evidence: Evidence, number: int, name: str, title: str, criteria: Criteria) -> Item:
    found = tuple(criteria(evidence))
    answer = settled(each.answer for each in found)
    return Item(number, name, title, answer, found, steps(evidence, found))
