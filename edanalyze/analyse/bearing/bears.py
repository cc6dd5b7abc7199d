"""What running a function may come to."""

from __future__ import annotations

from typing import Final

from edanalyze.analyse.effects.effects import EFFECTS


class Bears:
    """What a function may come to, as the bits of a number; numbers are united much faster than members of an enum.

    SENDS: a message, a request, or an outbox row. DEFERS: a message until the commit. STORES: writes, or begins and
    ends transactions. CHANGES: objects that a commit stores without being told (only where there is such a commit).
    FAILS: it may raise, or not come back. ASKS: what it does depends on whether a transaction is open.
    SETTLES: it acknowledges a message or refuses it. ACTS: it has any other effect. RAISES: an error may get out of it,
    as the engine follows errors: it raises one, or catches only some of them; or it may not come back.
    """

    NOTHING: Final = 0
    SENDS: Final = 1
    DEFERS: Final = 2
    STORES: Final = 4
    CHANGES: Final = 8
    FAILS: Final = 16
    ASKS: Final = 32
    SETTLES: Final = 64
    ACTS: Final = 128
    RAISES: Final = 256


ANYTHING = 511
AFFECTS = Bears.SENDS | Bears.DEFERS | Bears.STORES | Bears.SETTLES | Bears.ACTS
"""Any effect."""
TRANSACTIONAL = ANYTHING & ~(Bears.SETTLES | Bears.ACTS | Bears.RAISES)
"""What an analysis of transactions cares about."""

_OF_EFFECT = {
    **dict.fromkeys(("http", "publish"), Bears.SENDS),
    "deferred_publish": Bears.DEFERS,
    "outbox": Bears.SENDS | Bears.STORES,
    **dict.fromkeys(("write", "dedupe", "commit", "rollback", "begin", "scope"), Bears.STORES),
    **dict.fromkeys(("ack", "ack_scope"), Bears.SETTLES),
}


def of_effect(kind: str) -> int:
    """What an effect of a kind comes to."""
    return _OF_EFFECT.get(kind, Bears.ACTS)


def of_api(kind: str) -> int:
    """What a call of an API of a kind of models comes to."""
    effect = EFFECTS.get(kind)
    return of_effect(effect) if effect is not None else Bears.NOTHING
