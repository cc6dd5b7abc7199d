"""Witnesses: the steps in the code that prove a state or a finding."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from edanalyze.facts.ir import Place


class Point(NamedTuple):
    """One step of a path: a place in a function, and what happens there."""

    module: str
    function: str
    place: Place
    message: str
    likely: bool = False


Witness: TypeAlias = tuple[Point, ...]

# Stands for a witness that lies in a caller.
INHERITED: Witness = ()


class Exposure(NamedTuple):
    """Something a function does to the state it was called in: `kind`, and the path from the function down to it."""

    kind: str
    witness: Witness


def parting(one: Witness, other: Witness) -> int:
    """The level at which two paths part."""
    for level, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return level
    return min(len(one), len(other))
