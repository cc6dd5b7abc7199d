"""Outbox rows and the changes they describe: whether one transaction, of one session, holds both (EDA206)."""

from __future__ import annotations

from collections.abc import Callable

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.outbox import is_new_row, is_outbox_write, topics_of
from edanalyze.analyse.engine.domain import Activation
from edanalyze.analyse.transactions.sessions import Sessions, is_elsewhere
from edanalyze.analyse.transactions.transaction import Feature, Found, Transaction
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import INHERITED, Point, Witness
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope

_ALONE = "row alone"
_AFTER = "row after "


class OutboxRows:
    """The part of the transaction analysis that speaks of outbox rows."""

    def __init__(self, evaluator: Evaluator, sessions: Sessions, report: Callable[[Found], None]) -> None:
        self._evaluator = evaluator
        self._sessions = sessions
        self._report = report
        self._writes: dict[int, tuple[Effect, bool]] = {}  # by effect, which is kept so that no other takes its place

    def is_write(self, effect: Effect, scope: Scope) -> bool:
        """Whether a write is one of a row; remembered, since it is asked in every state in which the write is met."""
        found = self._writes.get(id(effect))
        if found is None:
            found = self._writes[id(effect)] = (effect, is_outbox_write(effect, scope, self._evaluator))
        return found[1]

    def written(
        self,
        effect: Effect,
        step: Step,
        state: Transaction,
        point: Point,
        run: Activation[Transaction],
        *,
        at_once: bool,
    ) -> Transaction:
        """The state after a row was written; with `at_once` it is committed by itself."""
        frame = self._evaluator.inner(step.scope, run.frame)
        row = state.row
        if is_new_row(effect, step.scope, frame, self._evaluator):
            if at_once:
                self._apart("stored", state, (point,), run)
            elif state.changed and is_elsewhere(self._sessions.of(effect, frame), state.holders):
                self._apart("dirty", state, (point,), run)
            elif row is None:
                row = (point,)
        dirty = state.dirty if state.dirty is not None else (point,)
        return state.but(outbox=joined(state.outbox, topics_of(effect.call)), dirty=dirty, row=row)

    def alone(self, state: Transaction, commit: Witness, run: Activation[Transaction]) -> None:
        """A commit, which may hold nothing but rows."""
        if state.row and not state.changed:
            self._apart("stored", state, state.row, run)
        elif state.row == INHERITED and not state.changed:
            run.expose(_ALONE, commit)

    def exposed(self, kind: str, state: Transaction, witness: Witness, run: Activation[Transaction]) -> bool:
        """What a callee tells of rows; False when it tells of something else."""
        if kind == _ALONE:
            self.alone(state, witness, run)
        elif kind.startswith(_AFTER):
            self._apart(kind.removeprefix(_AFTER), state, witness, run)
        else:
            return False
        return True

    def _apart(self, name: str, state: Transaction, row: Witness, run: Activation[Transaction]) -> None:
        """A row apart from a change: one that is stored already, or one of another session (`dirty`)."""
        change: Feature = getattr(state, name)
        if change is None or (name == "stored" and state.protected is not None):
            return
        if change:
            self._report(Found("EDA206", row, change))
        else:
            run.expose(f"{_AFTER}{name}", row)


def joined(known: frozenset[str] | None, topics: frozenset[str]) -> frozenset[str]:
    """The topics of outbox rows together with those of another."""
    return topics if known is None else known | topics
