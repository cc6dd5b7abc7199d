"""Idempotency: effects of a message handler that differ when it is repeated, and the guards that dominate them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

import msgspec
from msgspec.structs import replace

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.tables import table_of
from edanalyze.analyse.engine.domain import Activation, Domain
from edanalyze.analyse.handling.guards import Guard, Guards
from edanalyze.analyse.handling.repetition import Repeating
from edanalyze.analyse.handling.unique import catches_duplicates, catches_missing, has_unique_key
from edanalyze.analyse.trees.trees import Attempt, Mutation, Repeat, Rescue, Scoped, Step, is_broad
from edanalyze.analyse.witness import INHERITED, Exposure, Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, spelled, statements
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Instance

FLUSHES = frozenset({"commit", "db_flush"})
ANY: frozenset[str] = frozenset({"*"})
"""Stands for every field, where it does not matter what a handler sets."""
FLUSH = "flush"
MOST_PENDING = 4
_HERE, _BELOW, _ABOVE = range(3)
_NOWHERE = ir.Place(0, 0, 0, 0)
_LOOKING = re.compile(r"a?(get|one|find|fetch|read|load|first|lookup)(_|$)", re.I)


class Repetition(msgspec.Struct, frozen=True, gc=False):
    """What protects a path against a repeated message.

    `guard`: the guard that was passed, and `store`, the library that a look-up asked. `marked`: something was stored
    after it. `inserted`: the guard is an insert that a unique key refuses. `caught` and `broad`: how many `try` blocks
    around catch the error of a unique key, or every error. `pending`: inserts that the next flush carries out.
    `emptied`: tables from which rows were deleted before, so that an insert replaces them, and how far away that was:
    in the function itself, or one call below or above it; what is further away is forgotten.
    """

    guard: Guard | None = None
    store: str = ""
    marked: bool = False
    inserted: bool = False
    caught: int = 0
    broad: int = 0
    pending: tuple[Witness, ...] = ()
    emptied: frozenset[tuple[str, int]] = frozenset()


class Idempotency(Domain[Repetition]):
    """The domain of EDA301: exposes every effect that a repetition would repeat.

    `changed` are the fields that the handler sets: a test of a field guards only what goes on to change it. `reading`
    are the loops (by identity) in which messages are read: what was tested before one of them says nothing of these.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        guards: Guards,
        repeating: Repeating,
        changed: frozenset[str],
        reading: frozenset[int] = frozenset(),
    ) -> None:
        self._evaluator = evaluator
        self._guards = guards
        self._repeating = repeating
        self._changed = changed
        self._reading = reading

    def shape(self, state: Repetition) -> Hashable:
        """All but how deep `try` blocks are nested."""
        pending = (
            tuple([witness and (witness[0].place, witness[-1].place) for witness in state.pending])
            if state.pending
            else ()
        )
        caught, broad = bool(state.caught), bool(state.broad)
        # A guard is told by its identity: members of an enum are hashed slowly.
        return (id(state.guard), state.store, state.marked, state.inserted, caught, broad, pending, state.emptied)

    def entry(self, state: Repetition) -> Repetition:
        """A callee is as protected as its caller, and may carry out what the caller left pending."""
        if not state.pending and not state.emptied:
            return state
        emptied = frozenset([(table, _ABOVE) for table, where in state.emptied if where != _ABOVE])
        return replace(state, pending=(INHERITED,) if state.pending else (), emptied=emptied)

    def exit(self, callers: Sequence[Repetition], state: Repetition, point: Point) -> Repetition:
        """A guard that a callee passed protects what follows in the caller, too."""
        caller = callers[0]
        emptied = caller.emptied
        if state.emptied:
            emptied |= {(table, _BELOW) for table, where in state.emptied if where == _HERE}
        if not state.pending and (caller.caught, caller.broad, emptied) == (state.caught, state.broad, state.emptied):
            return state
        before = caller.pending if INHERITED in state.pending else ()
        pending = (*before, *((point, *witness) for witness in state.pending if witness))[:MOST_PENDING]
        return replace(state, caught=caller.caught, broad=caller.broad, pending=pending, emptied=emptied)

    # ----------------------------------------------------------------- effects

    def effect(self, effect: Effect, step: Step, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """Inserts, increments, POSTs, mails and payments are exposed unless guarded."""
        if effect.kind == "guard":
            return replace(state, guard=Guard.CLAIM, marked=True)
        if effect.kind in FLUSHES:
            return self._flushed(state, run)
        what = self._repeating.what(effect, step, run.frame)
        stored = effect.kind in {"write", "dedupe"}
        if stored and effect.verb == "delete":
            return self._emptied(effect, step, state, run)
        if what is None:
            return replace(state, marked=True) if stored else state
        if stored and state.emptied:
            table = table_of(effect, step.scope, run.frame, self._evaluator)
            if any(each == table for each, _ in state.emptied):
                return replace(state, marked=True)
        point = Point(step.scope.module, run.function, step.call.place, what, effect.likely)
        if stored and effect.verb == "insert" and effect.api.data.get("executes") == "flush":
            if not self._protected(state, effect) and not (state.caught or self._is_refused(effect, step, state)):
                return replace(state, pending=(*state.pending, (point,))[:MOST_PENDING], marked=state.marked)
            return replace(state, marked=True, inserted=state.inserted or bool(state.caught or state.broad))
        if self._is_refused(effect, step, state):
            return replace(state, marked=True, inserted=True)
        if not self._protected(state, effect):
            run.expose(effect.kind, (point,))
        return replace(state, marked=True) if stored else state

    def _emptied(self, effect: Effect, step: Step, state: Repetition, run: Activation[Repetition]) -> Repetition:
        table = table_of(effect, step.scope, run.frame, self._evaluator)
        return replace(state, marked=True, emptied=state.emptied | {(table, _HERE)} if table else state.emptied)

    def _is_refused(self, effect: Effect, step: Step, state: Repetition) -> bool:
        """Whether a repeated insert is refused by a unique key, and the refusal caught."""
        if effect.kind != "write" or effect.verb not in {"insert", "write"}:
            return False
        if state.caught:
            return True
        return bool(state.broad) and self._is_unique(effect, step)

    def _is_unique(self, effect: Effect, step: Step) -> bool:
        entity = effect.argument("entity")
        values = self._evaluator.values(entity, self._evaluator.root(step.scope)) if entity is not None else ()
        return any(isinstance(value, Instance) and has_unique_key(value.id, self._evaluator) for value in values)

    def _flushed(self, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """What was pending is carried out: it is refused the second time where the refusal is caught."""
        if state.caught:
            return replace(state, pending=(), inserted=state.inserted or bool(state.pending), marked=True)
        self._carry_out(state, run)
        return replace(state, pending=(), marked=True)

    @staticmethod
    def _carry_out(state: Repetition, run: Activation[Repetition]) -> None:
        for witness in state.pending:
            if witness:
                run.expose("write", witness)
            else:
                run.expose(FLUSH, (Point(run.function.partition(":")[0], run.function, _NOWHERE, ""),))

    def _protected(self, state: Repetition, effect: Effect) -> bool:
        if state.guard is None:
            return False
        if state.guard is not Guard.LOOKUP or state.marked:
            return True
        stored = effect.kind in {"write", "dedupe"}
        return stored and (state.store != "redis" or effect.api.library == "redis")

    def exposed(self, exposure: Exposure, point: Point, state: Repetition, run: Activation[Repetition]) -> None:
        """An unguarded effect of a callee is one of the caller's; a flush carries out what the caller left pending."""
        if exposure.kind == FLUSH:
            if not state.caught:
                self._carry_out(state, run)
            return
        run.expose(exposure.kind, (point, *exposure.witness))

    def mutation(self, node: Mutation, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """`entity.count += n` adds to a stored value."""
        if state.guard is None and self._repeating.is_added_to(node, run.frame):
            place = ir.Place(node.line, 1, node.line, 1)
            module = run.function.partition(":")[0]
            run.expose("write", (Point(module, run.function, place, f"`{node.target.name}` is added to", True),))
        return state

    def unflushed(self, states: Sequence[Repetition]) -> list[Exposure]:
        """What is still pending at the end, as exposures."""
        return [Exposure("write", witness) for state in states for witness in state.pending if witness]

    # ------------------------------------------------------------------ guards

    def begun(self, node: Repeat, state: Repetition) -> Repetition:
        """A loop that reads messages starts without a guard."""
        if id(node.statement) not in self._reading:
            return state
        return replace(state, guard=None, store="", marked=False, inserted=False, emptied=frozenset())

    again = begun

    def attempt(self, node: Attempt, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """A `try` that catches the error of a unique key protects the inserts in it."""
        return replace(
            state,
            caught=state.caught + any(catches_duplicates(rescue.handler) for rescue in node.rescues),
            broad=state.broad + any(is_broad(rescue.handler) for rescue in node.rescues),
        )

    def attempted(self, node: Attempt, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """The protection ends with the `try`, but what was inserted under it marks the message as seen."""
        duplicates = any(catches_duplicates(rescue.handler) for rescue in node.rescues)
        guard = state.guard or (Guard.CLAIM if state.inserted and not state.caught - duplicates else None)
        return replace(
            state,
            guard=guard,
            caught=max(0, state.caught - duplicates),
            broad=max(0, state.broad - any(is_broad(rescue.handler) for rescue in node.rescues)),
        )

    def rescued(self, node: Attempt, rescue: Rescue, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """A refused insert means a repetition, which nothing protects; a look-up that fails a first delivery."""
        if catches_duplicates(rescue.handler) and (state.inserted or state.pending):
            return replace(state, guard=None, inserted=False, pending=())
        if catches_missing(rescue.handler) and state.guard is None and _looks_up(node.statement.body):
            return replace(state, guard=Guard.LOOKUP)
        return state

    def enter(self, node: Scoped, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """An idempotency context manager or decorator guards what it holds."""
        if any(effect.kind == "guard" for effect in node.effects):
            return replace(state, guard=Guard.CLAIM, marked=True)
        return state

    def leave(self, node: Scoped, state: Repetition, completed: bool, run: Activation[Repetition]) -> Repetition:
        """A transaction scope that is completed flushes."""
        if completed and any(
            effect.kind == "scope" and effect.api.data.get("on_success") == "commit" for effect in node.effects
        ):
            return self._flushed(state, run)
        return state

    def assume(
        self, test: ir.Expr, scope: Scope, outcome: bool, state: Repetition, run: Activation[Repetition]
    ) -> Repetition | None:
        """The side of a guard's test that a first delivery takes is guarded."""
        verdict = self._guards.judge(test, scope)
        if verdict is None or (verdict.first is not None and verdict.first is not outcome):
            return state
        if verdict.guard is Guard.STATE and self._changed is not ANY:
            if not {verdict.field, f"@{verdict.root}"} & self._changed:
                return state
        if state.guard is Guard.CLAIM:
            return state
        return replace(state, guard=verdict.guard, store=verdict.store)


def _looks_up(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether the body of a `try` reads something by its key."""
    return any(
        _LOOKING.match(spelled(call.function).rpartition(".")[2])
        for statement in statements(body)
        for expr in expressions(statement)
        for call in calls(expr)
    )
