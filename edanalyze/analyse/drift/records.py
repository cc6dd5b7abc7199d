"""The records of drift."""

from __future__ import annotations

from typing import NamedTuple

from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts.ir import Place

FEW = 2
"""What a document may show in vain, however little it shows."""


class Drift(NamedTuple):
    """A dependency that only one side knows: `witness` begins in the code, or at the line of a document.

    `likely`: the names agree by their wording alone, or the code has dependencies that could not be resolved.
    """

    message: str
    witness: Witness
    likely: bool = False


def in_document(file: str, line: int, message: str) -> Point:
    """A line of a document as a point."""
    return Point(file, "", Place(line, 1, line, 1), message)


def are_few(missing: int, shown: int) -> bool:
    """Whether what a document shows in vain is little enough to be drift; else it is about something else."""
    return missing <= max(FEW, shown // 5)
