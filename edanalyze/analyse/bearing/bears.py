"""What running a function may come to, as far as an analysis of transactions cares."""

from __future__ import annotations

from enum import Flag, auto

from edanalyze.analyse.effects import EFFECTS


class Bears(Flag):
    """What a function may come to.

    SENDS: a message, a request, or an outbox row. DEFERS: a message until the commit. STORES: writes, or begins and
    ends transactions. CHANGES: objects that a commit stores without being told (only where there is such a commit).
    FAILS: it may raise, or not come back. ASKS: what it does depends on whether a transaction is open.
    """

    NOTHING = 0
    SENDS = auto()
    DEFERS = auto()
    STORES = auto()
    CHANGES = auto()
    FAILS = auto()
    ASKS = auto()


ANYTHING = ~Bears.NOTHING

_OF_EFFECT = {
    **dict.fromkeys(("http", "publish"), Bears.SENDS),
    "deferred_publish": Bears.DEFERS,
    "outbox": Bears.SENDS | Bears.STORES,
    **dict.fromkeys(("write", "dedupe", "commit", "rollback", "begin", "scope"), Bears.STORES),
}


def of_effect(kind: str) -> Bears:
    """What an effect of a kind comes to."""
    return _OF_EFFECT.get(kind, Bears.NOTHING)


def of_api(kind: str) -> Bears:
    """What a call of an API of a kind of models comes to."""
    return of_effect(EFFECTS.get(kind, ""))
