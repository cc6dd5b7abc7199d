"""Transactions and messages: what is published before, inside and after a commit, and HTTP calls under one.

The state follows one path through the code. Its features hold the witness of what happened, or INHERITED when it
happened in a caller; a publish or HTTP call that meets an inherited feature is exposed to the caller, so that the
finding lies in the innermost function that holds both pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from edanalyze.analyse.bearing import Bearing, Bears
from edanalyze.analyse.effects.connections import (
    autocommits,
    in_pipeline,
    is_passing,
    is_replica,
    is_retry,
    is_transient,
    units_of_work,
)
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.conditions import asks_for_transaction, works_off_queue
from edanalyze.analyse.engine.correlated import Correlated
from edanalyze.analyse.engine.domain import Activation
from edanalyze.analyse.engine.engine import Engine
from edanalyze.analyse.transactions.aftercommit import AfterCommit
from edanalyze.analyse.transactions.crossing import MOST_PENDING, CrossingCalls
from edanalyze.analyse.transactions.outboxrows import OutboxRows, joined
from edanalyze.analyse.transactions.sessions import Sessions, is_elsewhere
from edanalyze.analyse.transactions.transaction import (
    Feature,
    Found,
    Transaction,
    effect_point,
    scope_point,
    write_point,
)
from edanalyze.analyse.trees.trees import Aside, Mutation, Repeat, Scoped, Step
from edanalyze.analyse.witness import Exposure, Point, Witness
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame

Report = Callable[[Found], None]
DEEPEST_SCOPE = 8
_BLANK = Transaction()
_LASTING = Bears.STORES | Bears.CHANGES | Bears.DEFERS
_HEEDED = frozenset({"write", "dedupe", "outbox", "begin", "commit", "rollback", "publish", "deferred_publish", "http"})


class _Part(Enum):
    """What a function is to a state: it leaves it as it is, or leaves it as it is unless it fails, or matters."""

    NONE = auto()
    FAILS = auto()
    MATTERS = auto()


class Transactions(CrossingCalls):
    """The domain of EDA103, EDA201, EDA202, EDA203, EDA205 and EDA206."""

    def __init__(self, evaluator: Evaluator, bearing: Bearing, report: Report) -> None:
        super().__init__(bearing.has_rows)
        self._evaluator = evaluator
        self._bearing = bearing
        self._report = report
        self._units_of_work = units_of_work(evaluator)
        self._sessions = Sessions(evaluator)
        self._correlated = Correlated(evaluator.program)
        self._rows = OutboxRows(evaluator, self._sessions, report)
        self._hooks: AfterCommit | None = None
        self._asked: dict[int, bool | None] = {}
        self._parts: dict[str, tuple[_Part, _Part]] = {}

    # -------------------------------------------------------------- functions

    def passes(self, function: str, state: Transaction) -> bool:
        """Whether a function neither sends, nor stores or changes anything, nor fails."""
        return self._part(function, state) is _Part.NONE

    def settles(self, function: str, state: Transaction) -> Transaction | None:
        """Any state will do for a function that only fails."""
        return _BLANK if self._part(function, state) is _Part.FAILS else None

    def _part(self, function: str, state: Transaction) -> _Part:
        """What a function is to a state: where nothing was stored, and nothing will be, it may well send."""
        parts = self._parts.get(function)
        if parts is None:
            bears = self._bearing.of(function)
            parts = self._parts[function] = (_part(bears), _part(bears if bears & _LASTING else bears & ~Bears.SENDS))
        always, at_first = parts
        return always if always is at_first or not state.is_blank else at_first

    # ---------------------------------------------------------------- effects

    def effect(self, effect: Effect, step: Step, state: Transaction, run: Activation[Transaction]) -> Transaction:
        """Writes, commits, publishes and HTTP calls."""
        if effect.kind not in _HEEDED:
            return state
        point = effect_point(effect, step, run.function)
        match effect.kind:
            case "write" | "dedupe":
                return self._write(effect, step, state, point, run)
            case "outbox":
                return self._rows.written(effect, step, state, point, run, at_once=False)
            case "begin":
                return state.but(depth=1, opened=(point,)) if not state.depth else state
            case "commit":
                if in_pipeline(effect):  # a store's queued commands, no transaction of the database
                    return state
                if is_elsewhere(self._sessions.of(effect, self._frame(step, run)), state.holders):
                    return state
                return self._commit(state, point, run, explicit=True, stores=self._stores_changes(effect))
            case "rollback":
                return self._ended_without_commit(state)
            case "publish":
                return self._publish(effect, step, state, point, run)
            case "deferred_publish" if state.outbox is None:
                self._report(Found("EDA203", (point,), ()))
            case "http":
                self._http(state, (point,), run)
        return state

    def _write(
        self, effect: Effect, step: Step, state: Transaction, point: Point, run: Activation[Transaction]
    ) -> Transaction:
        if effect.verb == "guard":
            return state
        durable = self._durable(effect, state)
        at_once = durable != "commit" and effect.argument("session") is None
        if self._rows.is_write(effect, step.scope):
            return self._rows.written(effect, step, state, point, run, at_once=at_once and state.dirty is None)
        if at_once and is_passing(effect):
            return state
        if at_once and durable == "immediate":
            return self._saved(state, point)
        if at_once and state.dirty is None:
            stored = state.stored if effect.kind == "dedupe" else (point,)
            return self._saved(state, point).but(stored=stored)
        holders = state.holders | {self._sessions.of(effect, self._frame(step, run))}
        state = state.but(changed=True, holders=holders)
        return state if state.dirty is not None else state.but(dirty=(point,))

    def _durable(self, effect: Effect, state: Transaction) -> str:
        """When a write is stored for good: "immediate", "autocommit" (at once: no transaction is open) or "commit"."""
        durable = str(effect.api.data.get("durable", "commit"))
        if effect.kind == "dedupe" and "durable" not in effect.api.data:
            durable = "autocommit"
        if durable == "commit" and not state.depth and autocommits(effect, self._evaluator):
            return "autocommit"
        return "commit" if durable == "autocommit" and state.depth else durable

    def _frame(self, step: Step, run: Activation[Transaction]) -> Frame:
        return self._evaluator.inner(step.scope, run.frame)

    @staticmethod
    def _saved(state: Transaction, point: Point) -> Transaction:
        return state.but(saved=(point,), told=state.told - {"saved"})

    def mutation(self, node: Mutation, state: Transaction, run: Activation[Transaction]) -> Transaction:
        """A changed object may be an entity, which the commit stores."""
        if not self._bearing.heeds_changes:
            return state
        return state if state.touched and state.changed else state.but(touched=True, changed=True)

    def _commit(
        self, state: Transaction, point: Point, run: Activation[Transaction], *, explicit: bool, stores: bool
    ) -> Transaction:
        wrote = state.dirty is not None or (stores and state.touched)
        self._premature(state, (point,), not wrote)
        self._rows.alone(state, (point,), run)
        if wrote:
            run.expose("commit", (point,))
        committed = state.committed
        told = state.told - {"committed"} if wrote else state.told
        if wrote and state.outbox is None:
            committed = (point if state.dirty is not None else point._replace(likely=True),)
        protected = state.protected
        if wrote and state.outbox is not None:
            protected = joined(protected, state.outbox)
            committed = committed or ((point,) if state.outbox else None)
        depth = state.depth if explicit and state.depth > 1 else 0
        stored = state.stored if not wrote else committed if state.outbox is None else None
        return Transaction(
            depth,
            None,
            None,
            committed,
            state.saved,
            None,
            protected,
            state.touched,
            (),
            told,
            stored=stored,
            known=state.known,
        )

    def _stores_changes(self, effect: Effect) -> bool:
        """Whether a commit stores changed objects, too: that of a unit of work, and of something unknown."""
        return effect.likely or effect.api.library in self._units_of_work

    def _premature(self, state: Transaction, commit: Witness, guess: bool) -> None:
        """The publishes that a commit comes after, unless an outbox row of the transaction holds them, too."""
        if state.outbox is None or state.rows:
            for witness in state.pending:
                self._report(Found("EDA202", witness, commit, guess, state.rows, state.dirty or ()))

    @staticmethod
    def _ended_without_commit(state: Transaction) -> Transaction:
        ended = state.but(depth=0, opened=None, dirty=None, outbox=None, pending=())
        return ended.but(holders=frozenset(), row=None, changed=False)

    def _publish(
        self, effect: Effect, step: Step, state: Transaction, point: Point, run: Activation[Transaction]
    ) -> Transaction:
        witness = (point,)
        if in_pipeline(effect) or is_retry(effect) or self._carried(effect, state):
            return state
        if state.depth or state.dirty is not None:
            if len(state.pending) < MOST_PENDING and all(known[0] != witness[0] for known in state.pending):
                return state.but(pending=(*state.pending, witness))
            return state
        if is_transient(effect, step.scope):  # an outbox would not help
            return state
        for code, name in (("EDA201", "committed"), ("EDA205", "saved")):
            feature: Feature = getattr(state, name)
            if feature is None:
                continue
            if feature:
                self._report(Found(code, witness, feature, carried=state.rows))
            else:
                run.expose(code, witness)
            return state.but(told=state.told | {name})
        return state

    def _carried(self, effect: Effect, state: Transaction) -> bool:
        """Whether an outbox row certainly carries this event: it names no topic, or the one that is published to."""
        if state.outbox is None and state.protected is None:
            return False
        topic = effect.argument("topic")
        named = topic.value if isinstance(topic, ir.Const) else None
        return not state.rows or named in state.rows

    def _http(self, state: Transaction, witness: Witness, run: Activation[Transaction]) -> None:
        feature = state.opened if state.depth else state.dirty
        if feature is None:
            return
        if feature:
            self._report(Found("EDA103", witness, feature))
        else:
            run.expose("EDA103", witness)

    def exposed(self, exposure: Exposure, point: Point, state: Transaction, run: Activation[Transaction]) -> None:
        """A callee met a feature of this function or of one further up."""
        if exposure.kind == "commit":
            self._premature(state, (point, *exposure.witness), guess=False)
            run.expose("commit", (point, *exposure.witness))
            return
        witness = (point, *exposure.witness)
        if self._rows.exposed(exposure.kind, state, witness, run):
            return
        if exposure.kind.startswith("hook "):
            self._report(Found(exposure.kind.removeprefix("hook "), witness, ()))
            return
        if exposure.kind == "EDA103":
            feature = state.opened if state.depth else state.dirty
        else:
            feature = state.committed if exposure.kind == "EDA201" else state.saved
        if feature is None:
            return
        if feature:
            carried = state.rows if exposure.kind != "EDA103" else frozenset[str]()
            self._report(Found(exposure.kind, witness, feature, carried=carried))
        else:
            run.expose(exposure.kind, witness)

    # ----------------------------------------------------------------- scopes

    def enter(self, node: Scoped, state: Transaction, run: Activation[Transaction]) -> Transaction:
        """Entering a transaction scope."""
        for effect in node.effects:
            if effect.kind == "scope" and effect.api.data.get("on_success") in {"commit", "savepoint"}:
                if is_replica(effect, node.scope, self._evaluator):
                    continue
                opened = state.opened if state.depth else (scope_point(effect, node, run.function),)
                state = state.but(depth=min(state.depth + 1, DEEPEST_SCOPE), opened=opened)
        return state

    def leave(self, node: Scoped, state: Transaction, completed: bool, run: Activation[Transaction]) -> Transaction:
        """Leaving it: the outermost one commits, or rolls back on an exception."""
        for effect in node.effects:
            if effect.kind != "scope" or is_replica(effect, node.scope, self._evaluator):
                continue
            outcome = effect.api.data.get("on_success")
            if outcome == "close":
                if any(holder is None or holder.call is effect.call for holder in state.holders) or not state.holders:
                    state = self._ended_without_commit(state)
            elif outcome in {"commit", "savepoint"} and state.depth:
                if state.depth > 1:
                    state = state.but(depth=state.depth - 1)
                elif not completed or outcome == "savepoint":
                    state = self._ended_without_commit(state)
                elif effect.verb and state.outbox is None:  # a write that opens a transaction of its own
                    written = write_point(effect, node, run.function)
                    self._premature(state, (written,), guess=False)
                    state = self._saved(self._ended_without_commit(state), written)
                else:
                    point = scope_point(effect, node, run.function)
                    state = self._commit(state, point, run, explicit=False, stores=self._stores_changes(effect))
        return state

    def assume(
        self, test: ir.Expr, scope: Scope, outcome: bool, state: Transaction, run: Activation[Transaction]
    ) -> Transaction | None:
        """A test whether a transaction is open decides which side runs."""
        asked = self._asked.get(id(test), ...)
        if asked is ...:
            asked = self._asked[id(test)] = asks_for_transaction(test)
        if asked is None:
            known = self._correlated.assume(test, scope, outcome, state.known)
            return None if known is None else state if known is state.known else state.but(known=known)
        is_open = bool(state.depth) or state.dirty is not None
        return state if is_open == (outcome == asked) else None

    def again(self, node: Repeat, state: Transaction) -> Transaction:
        """The next item or message is another unit of work: what was committed for the last one is settled.

        A loop that works off a queue (`while self.queue`) goes on with the same unit of work.
        """
        if works_off_queue(node.statement):
            return state.but(known=()) if state.known else state
        return state.but(committed=None, saved=None, protected=None, told=frozenset(), stored=None, known=())

    def aside(
        self, node: Aside, state: Transaction, run: Activation[Transaction], engine: Engine[Transaction]
    ) -> list[Transaction]:
        """Deferred code runs later, after-commit hooks after the commit; concurrent code runs now."""
        if node.kind == "concurrent":
            return engine.block(node.body, [state], run).next or [state]
        if node.kind == "after_commit":
            if state.outbox is None and state.protected is None:
                self._hook(node, run, engine)
            return [state]
        after = self._ended_without_commit(state).but(outbox=state.outbox)
        engine.block(node.body, [after], run)
        return [state]

    def _hook(self, node: Aside, run: Activation[Transaction], engine: Engine[Transaction]) -> None:
        """What an after-commit hook tells; what a caller handed over is reported where it was handed over."""
        handed = run.frame.call is not None and any(isinstance(item, Step) and item.dynamic for item in node.body)
        if self._hooks is None:
            self._hooks = AfterCommit(engine.contexts, self._bearing)
        for code, witness in self._hooks.told(node.body, run.function, run.frame):
            if handed and witness[0].function == run.function:
                run.expose(f"hook {code}", witness)
            else:
                self._report(Found(code, witness, ()))


def _part(bears: int) -> _Part:
    """What a function that may come to this is to a state."""
    if not bears & ~Bears.ASKS:
        return _Part.NONE
    return _Part.FAILS if bears == Bears.FAILS else _Part.MATTERS
