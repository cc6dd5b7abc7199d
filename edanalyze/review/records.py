"""The records of a review (docs/schema/review.schema.json describes them as JSON)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

VERSION = 1
NOT_MET = "not met"
UNKNOWN = "unknown"
MET = "met"
NOT_APPLICABLE = "does not apply"
ANSWERS = (NOT_MET, UNKNOWN, MET, NOT_APPLICABLE)
"""The answers; the first of them that any criterion of an item has is that of the item."""


class Place(msgspec.Struct, frozen=True, order=True):
    """A place that an answer rests on: what is there, and the code of the rule that says so ("" for none).

    `line` is 1-based; 0 speaks of the whole file, and an empty `path` of the system.
    """

    path: str
    line: int
    text: str
    rule: str = ""


class Criterion(msgspec.Struct, frozen=True):
    """One thing that an item of the checklist asks for.

    `claim` is what would be true of a system that meets it, `told` what is true of this one, in one sentence with
    counts. `places` are the evidence: what is wrong where it is not met, what is not known where that is unknown, what
    was found where it is met. `rules` are the codes of the rules behind it, `remedy` is what to do where no rule
    speaks.
    """

    name: str
    claim: str
    answer: str
    told: str
    places: tuple[Place, ...] = ()
    rules: tuple[str, ...] = ()
    remedy: str = ""


class Step(msgspec.Struct, frozen=True):
    """Something to do: `what`, at which places (`path` and `line` are the first of them), and `why` before others.

    `rule` is the code of the rule whose findings it mends, "" where it is the `criterion` itself that is not met.
    `services` are those that feel it.
    """

    criterion: str
    rule: str
    what: str
    why: str
    path: str
    line: int
    places: tuple[Place, ...]
    services: tuple[str, ...] = ()


class Item(msgspec.Struct, frozen=True):
    """An item of the checklist with its answer, and what to do first about it."""

    number: int
    name: str
    title: str
    answer: str
    criteria: tuple[Criterion, ...]
    first: tuple[Step, ...]


class Advice(msgspec.Struct, frozen=True):
    """When not to go further: what is advised, the rule behind the advice, and the evidence for it."""

    text: str
    rule: str
    evidence: tuple[str, ...]


class Review(msgspec.Struct, frozen=True):
    """The checklist, answered for a system: `first` is what to do before all else, the most pressing first."""

    version: int
    title: str
    items: tuple[Item, ...]
    first: tuple[Step, ...]
    advice: tuple[Advice, ...]


def settled(answers: Iterable[str]) -> str:
    """The answer that several come to: the first of `ANSWERS` among them."""
    return min(answers, key=ANSWERS.index, default=NOT_APPLICABLE)
