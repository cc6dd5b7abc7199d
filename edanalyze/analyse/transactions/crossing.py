"""Crossing calls: what a callee inherits of the state of a transaction, and what its caller gets back."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import msgspec

from edanalyze.analyse.engine.domain import Domain
from edanalyze.analyse.transactions.transaction import Feature, Transaction
from edanalyze.analyse.witness import INHERITED, Point

MOST_PENDING = 6
"""How many messages that wait for a commit a state remembers."""


class CrossingCalls(Domain[Transaction]):
    """The half of a domain of transactions that knows no effects.

    `has_rows`: whether there are outbox rows; without any, what only matters to them tells no states apart.
    """

    transparent = True

    def __init__(self, has_rows: bool) -> None:
        self._has_rows = has_rows
        self._shapes: dict[Hashable, int] = {}
        self._entries: dict[Hashable, Transaction] = {}

    def shape(self, state: Transaction) -> Hashable:
        """Which features hold, and whether they are inherited."""
        if state.shape is None:
            shape = self._shape(state)
            msgspec.structs.force_setattr(state, "shape", self._shapes.setdefault(shape, len(self._shapes)))
        return state.shape

    def _shape(self, state: Transaction) -> Hashable:
        # Of a feature only whether there is one, and whether it is inherited: None, INHERITED (empty) or True.
        marks = (
            state.opened and True,
            state.dirty and True,
            state.committed and True,
            state.saved and True,
            state.touched,
        )
        rows = (state.stored and True, state.row and True, state.changed) if self._has_rows else ()
        places = frozenset([witness[0].place for witness in state.pending]) if state.pending else ()
        known = frozenset([(item.key, item.holds) for item in state.known]) if state.known else ()
        return (state.depth, marks, rows, state.outbox, state.protected, places, state.told, state.holders, known)

    def entry(self, state: Transaction) -> Transaction:
        """All features of the caller are inherited; its pending publishes stay with it."""
        key = (self.shape(state), state.stored is None, state.row is None, state.changed)
        found = self._entries.get(key)
        if found is None:
            found = self._entries[key] = Transaction(
                min(state.depth, 1),
                _inherited(state.opened),
                _inherited(state.dirty),
                _inherited(state.committed),
                _inherited(state.saved),
                state.outbox,
                state.protected,
                state.touched,
                holders=state.holders,
                stored=_inherited(state.stored),
                row=_inherited(state.row),
                changed=state.changed,
            )
        return found

    def ended(self, states: list[Transaction]) -> list[Transaction]:
        """A commit that is told of on one path is so on the others, which had no one to tell (an empty loop)."""
        if any(each.known for each in states):  # what was decided in a function says nothing to its callers
            bare: dict[Hashable, Transaction] = {}
            for each in states:
                forgetful = each.but(known=()) if each.known else each
                bare.setdefault(self.shape(forgetful), forgetful)
            states = list(bare.values())
        told = {(name, feature[-1]) for each in states for name in each.told if (feature := getattr(each, name))}
        if not told:
            return states

        def settled(state: Transaction) -> Transaction:
            names = {name for name, last in told if (feature := getattr(state, name)) and feature[-1] == last}
            return state.but(told=state.told | names) if names else state

        return [settled(state) for state in states]

    def resume(self, caller: Transaction, state: Transaction) -> Transaction:
        """A context manager still holds the scopes that it had open when it yielded."""
        entered = self.entry(state)
        depth = max(0, state.depth - caller.depth + min(caller.depth, 1))
        return entered if depth == entered.depth else entered.but(depth=depth)

    def exit(self, callers: Sequence[Transaction], state: Transaction, point: Point) -> Transaction:
        """Inherited features are the caller's own again, new ones are reached through the call.

        What the callee has committed and told of itself is settled: a later message of the caller has another subject.
        """

        def lifted(name: str, feature: tuple[Point, ...]) -> Feature:
            if feature and name not in state.told:  # what a receiver of a write's signal does is told by the write
                own = (value for each in callers if (value := getattr(each, name)) and value[-1].place == point.place)
                return next(own, (point, *feature))
            if feature:
                return next((value for each in callers if (value := getattr(each, name)) is not None), None)
            return next((value for caller in callers if (value := getattr(caller, name)) is not None), INHERITED)

        caller = callers[0]
        around = callers[-1].depth  # before the call, or before the `with` whose body has given the other states
        pending = tuple([(point, *witness) for witness in state.pending]) if state.pending else ()
        kept = caller.pending if state.dirty is not None or state.depth or not self._ended(caller, state) else ()
        return Transaction(
            max(0, around + state.depth - min(around, 1)),
            None if state.opened is None else lifted("opened", state.opened),
            None if state.dirty is None else lifted("dirty", state.dirty),
            None if state.committed is None else lifted("committed", state.committed),
            None if state.saved is None else lifted("saved", state.saved),
            state.outbox,
            state.protected,
            state.touched,
            (*kept, *pending)[:MOST_PENDING],
            caller.told | {name for name in state.told if self._tells(name, state, caller, point)}
            if state.told
            else caller.told,
            state.holders,
            None if state.stored is None else lifted("stored", state.stored),
            None if state.row is None else lifted("row", state.row),
            state.changed,
            callers[0].known,
        )

    @staticmethod
    def _tells(name: str, state: Transaction, caller: Transaction, point: Point) -> bool:
        """Whether a callee told of the caller's feature; a receiver of the write's own signal only looks on."""
        feature: Feature = getattr(caller, name)
        return getattr(state, name) == INHERITED and not (feature and feature[-1].place == point.place)

    @staticmethod
    def _ended(caller: Transaction, state: Transaction) -> bool:
        """Whether the callee ended the transaction that the caller had open."""
        return (caller.dirty is not None and state.dirty is None) or (bool(caller.depth) and not state.depth)


def _inherited(feature: Feature) -> Feature:
    return None if feature is None else INHERITED
