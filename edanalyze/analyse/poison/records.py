"""Records of endless redelivery."""

from __future__ import annotations

from typing import NamedTuple

from edanalyze.analyse.witness import Point, Witness
from edanalyze.link.entries import EntryPoint


class Endless(NamedTuple):
    """A message that comes again for ever once its handler fails on it.

    `witness` begins where the message is put back (or tried again), `before` holds what precedes it: the clause that
    caught the failure. `how` says what happens, for the message; `likely`: something on the way is not resolved.
    """

    entry: EntryPoint
    how: str
    witness: Witness
    before: Witness = ()
    likely: bool = False


def named(point: Point) -> str:
    """The name of the callee of a point, as its message has it."""
    return f"`{point.message.partition('`')[2].partition('`')[0]}`"
