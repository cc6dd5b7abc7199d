"""What running a function may come to."""

from __future__ import annotations

from enum import Flag, auto

from edanalyze.analyse.effects.effects import EFFECTS


class Bears(Flag):
    """What a function may come to.

    SENDS: a message, a request, or an outbox row. DEFERS: a message until the commit. STORES: writes, or begins and
    ends transactions. CHANGES: objects that a commit stores without being told (only where there is such a commit).
    FAILS: it may raise, or not come back. ASKS: what it does depends on whether a transaction is open.
    SETTLES: it acknowledges a message or refuses it. ACTS: it has any other effect. RAISES: an error may get out of it,
    as the engine follows errors: it raises one, or catches only some of them; or it may not come back.
    """

    NOTHING = 0
    SENDS = auto()
    DEFERS = auto()
    STORES = auto()
    CHANGES = auto()
    FAILS = auto()
    ASKS = auto()
    SETTLES = auto()
    ACTS = auto()
    RAISES = auto()


ANYTHING = ~Bears.NOTHING
AFFECTS = Bears.SENDS | Bears.DEFERS | Bears.STORES | Bears.SETTLES | Bears.ACTS
"""Any effect."""
TRANSACTIONAL = ~(Bears.SETTLES | Bears.ACTS | Bears.RAISES)
"""What an analysis of transactions cares about."""

_OF_EFFECT = {
    **dict.fromkeys(("http", "publish"), Bears.SENDS),
    "deferred_publish": Bears.DEFERS,
    "outbox": Bears.SENDS | Bears.STORES,
    **dict.fromkeys(("write", "dedupe", "commit", "rollback", "begin", "scope"), Bears.STORES),
    **dict.fromkeys(("ack", "ack_scope"), Bears.SETTLES),
}


def of_effect(kind: str) -> Bears:
    """What an effect of a kind comes to."""
    return _OF_EFFECT.get(kind, Bears.ACTS)


def of_api(kind: str) -> Bears:
    """What a call of an API of a kind of models comes to."""
    effect = EFFECTS.get(kind)
    return of_effect(effect) if effect is not None else Bears.NOTHING
