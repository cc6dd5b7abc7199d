"""The records of the transaction analysis: the state of a transaction on one path, and what is found."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import msgspec

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.correlated import Known
from edanalyze.analyse.trees.trees import Scoped, Step
from edanalyze.analyse.witness import Point, Witness
from edanalyze.link.values import Site

Feature = Witness | None


class Transaction(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The state of the database transaction on one path.

    `depth`: explicit scopes that are open, `opened` the outermost. `dirty`: an uncommitted write. `committed`: a
    transaction that wrote was committed and nothing protects what follows. `saved`: a write that autocommitted.
    `outbox`: an event row was written in the open transaction (the topics it names; empty when it names none);
    `protected`: it was committed. `touched`: objects were changed, which the commit of a unit of work stores.
    `pending`: publishes made before the commit. `told`: the features ("committed", "saved") that a publish has
    followed already. `holders`: the sessions whose writes are uncommitted, None for one that is not known.
    `stored`: a durable change that no outbox row went with. `row`: the first outbox row of the open transaction, and
    `changed` whether anything else was changed in it. `known`: conditions that were decided on the way. `shape` tells
    the state from others, once the analysis was asked for it.
    """

    depth: int = 0
    opened: Feature = None
    dirty: Feature = None
    committed: Feature = None
    saved: Feature = None
    outbox: frozenset[str] | None = None
    protected: frozenset[str] | None = None
    touched: bool = False
    pending: tuple[Witness, ...] = ()
    told: frozenset[str] = frozenset()
    holders: frozenset[Site | None] = frozenset()
    stored: Feature = None
    row: Feature = None
    changed: bool = False
    known: Known = ()
    shape: Hashable = None

    def but(self, **changes: Any) -> Transaction:
        """The same state but for some things."""
        return msgspec.structs.replace(self, shape=None, **changes)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing that a message or request could come before or after."""
        return not (self.depth or self.pending) and (
            self.opened is self.dirty is self.committed is self.saved is self.stored is self.row is None
            and self.outbox is None
        )

    @property
    def rows(self) -> frozenset[str]:
        """The topics of the outbox rows that were written."""
        return (self.outbox or frozenset()) | (self.protected or frozenset())


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of this analysis.

    `witness` leads from the reporting function down; `before` is what preceded it. `guess`: no write was seen in the
    transaction, but something that could not be resolved may write; or a caller that is not known may have opened a
    transaction. `carried`: the topics of outbox rows that were written in the transaction; the finding holds unless
    the message goes to one of them. `written`: the uncommitted write, where `before` is the commit that comes after
    the witness.
    """

    code: str
    witness: Witness
    before: Witness
    guess: bool = False
    carried: frozenset[str] = frozenset()
    written: Witness = ()


_VERBS = {
    "publish": "publishes a message",
    "http": "sends an HTTP request and waits for the answer",
    "commit": "commits the transaction",
    "write": "writes to the database",
    "dedupe": "writes to the database",
    "outbox": "writes an outbox row",
    "begin": "begins a transaction",
}


def effect_point(effect: Effect, step: Step, function: str) -> Point:
    """A library effect as a step of a path."""
    message = f"`{effect.name.rpartition('.')[2] or effect.name}` {_VERBS.get(effect.kind, effect.kind)}"
    return Point(step.scope.module, function, step.call.place, message, effect.likely)


def write_point(effect: Effect, node: Scoped, function: str) -> Point:
    """A write that opens a transaction of its own, as a step of a path."""
    message = f"`{effect.name.rpartition('.')[2]}` {_VERBS['write']}"
    return Point(node.scope.module, function, effect.call.place, message, effect.likely)


def scope_point(effect: Effect, node: Scoped, function: str) -> Point:
    """A transaction scope as a step of a path."""
    return Point(
        node.scope.module,
        function,
        effect.call.place,
        f"the transaction of `{effect.name.rpartition('.')[2]}`",
        False,
    )
