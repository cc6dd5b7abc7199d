"""The record of a message whose delivery nobody learns of, and the names of what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from edanalyze.analyse.witness import Witness

AWAIT = "await"
FUTURE = "future"
CALLBACK = "callback"
CONFIRMS = "confirms"


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A message whose delivery nobody learns of.

    `witness` leads from the call at which that is missing down to the publish, `before` is the commit that it
    follows, where one matters. `lacking` says what is missing: `AWAIT`, `FUTURE`, `CALLBACK`, `CONFIRMS`, or the name
    of the field of the response that nobody reads; `method` what would switch confirmations on.
    """

    witness: Witness
    lacking: str
    before: Witness = ()
    method: str = ""
    guess: bool = False
