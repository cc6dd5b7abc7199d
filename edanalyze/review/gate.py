"""The gate: which items a system has to meet, and which of them it does not."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.review.checklist import ITEMS
from edanalyze.review.records import NOT_MET, UNKNOWN, Item, Review

ALL = "all"


def required(words: Iterable[str]) -> frozenset[str]:
    """The names of the items that are meant by names, numbers or `all`, each word possibly several with commas.

    Raises ValueError for a word that means no item.
    """
    names = [name for name, *_ in ITEMS]
    found: set[str] = set()
    for word in (part.strip().lower() for given in words for part in given.split(",")):
        if word == ALL:
            found.update(names)
        elif word in names:
            found.add(word)
        elif word.isdigit() and 1 <= int(word) <= len(names):
            found.add(names[int(word) - 1])
        else:
            raise ValueError(f"there is no item {word!r}: choose from {', '.join(names)}, 1 to {len(names)}, or {ALL}")
    return frozenset(found)


def failed(review: Review, names: frozenset[str]) -> tuple[Item, ...]:
    """The required items that are not met."""
    return tuple(item for item in review.items if item.name in names and item.answer == NOT_MET)


def undecided(review: Review, names: frozenset[str]) -> tuple[Item, ...]:
    """The required items of which nobody can say whether they are met; they let a system pass, and are told."""
    return tuple(item for item in review.items if item.name in names and item.answer == UNKNOWN)
