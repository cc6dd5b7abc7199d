"""Requeues: a message that a broad `except` puts back, to be delivered again as it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edanalyze.analyse.bearing import Bears
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.domain import Activation, Domain
from edanalyze.analyse.poison.limits import is_limit
from edanalyze.analyse.poison.told import Told
from edanalyze.analyse.trees.trees import Attempt, Repeat, Rescue, Scoped, Step, is_broad
from edanalyze.analyse.witness import INHERITED, Exposure, Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, statements, walk
from edanalyze.link.entries.delivery import Deliveries
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Constant

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

BACK = frozenset({"nack", "reject", "requeue"})


@dataclass(frozen=True, slots=True)
class Caught:
    """Whether any failure was caught, and by which clause: its `except`, and the calls in its body."""

    clause: Witness | None = None
    body: frozenset[ir.Place] = frozenset()


Report = Callable[[Witness, Witness], None]  # the clause, the way to what puts the message back


class Requeues(Domain[Caught]):
    """The domain of EDA603: from the clause that catches everything to the call that puts the message back."""

    def __init__(self, system: System, report: Report, republished: Callable[[Step], bool]) -> None:
        self._report = report
        self._republished = republished
        self._deliveries = Deliveries(system.evaluator)
        self._contexts = system.contexts
        self._bearing = system.bearing
        self._told = Told(system)

    def passes(self, function: str, state: Caught) -> bool:
        """Whether a function neither settles nor sends a message, nor fails."""
        return not self._bearing.may(function, Bears.SETTLES | Bears.SENDS | Bears.RAISES)

    def shape(self, state: Caught) -> Hashable:
        """The clause."""
        return None if state.clause is None else (bool(state.clause), state.clause[-1:] and state.clause[-1].place)

    def entry(self, state: Caught) -> Caught:
        """A clause of the caller is inherited."""
        return state if state.clause is None else Caught(INHERITED)

    def exit(self, callers: Sequence[Caught], state: Caught, point: Point) -> Caught:
        """What a callee catches is its own affair."""
        return callers[0] if callers else Caught()

    def rescued(self, node: Attempt, rescue: Rescue, state: Caught, run: Activation[Caught]) -> Caught:
        """A clause is entered: a broad one is remembered, a narrow one knows what it puts back."""
        handler = rescue.handler
        if not is_broad(handler):
            return Caught()
        point = Point(node.scope.module, run.function, handler.place, "any failure is caught")
        return Caught((point,), frozenset(_calls(handler.body)))

    def attempt(self, node: Attempt, state: Caught, run: Activation[Caught]) -> Caught:
        """What an earlier `try` caught is over, unless this one stands in its clause."""
        inside = state.clause is not None and (not state.clause or _first(node.statement.body) in state.body)
        return state if inside else Caught()

    def again(self, node: Repeat, state: Caught) -> Caught:
        """The next message has not failed yet."""
        return Caught()

    def assume(
        self, test: ir.Expr, scope: Scope, outcome: bool, state: Caught, run: Activation[Caught]
    ) -> Caught | None:
        """A test on attempts or on the kind of failure ends the loop some day."""
        if is_limit(test):
            return Caught() if state.clause is not None else state
        if state.clause is None and scope.function is not None:
            told = self._told.clause(test, scope, outcome, run.frame)
            if told is not None:  # the branch deals with what a callee has caught
                return Caught((told,), frozenset(_calls(_under(test, outcome, scope.function.body))))
        return state

    def effect(self, effect: Effect, step: Step, state: Caught, run: Activation[Caught]) -> Caught:
        """The message is put back."""
        if state.clause is None:
            return state
        if self.puts_back(effect, run) or (effect.kind == "publish" and self._republished(step)):
            name = effect.name.rpartition(".")[2]
            says = "sends the message again" if effect.kind == "publish" else "puts the message back into the queue"
            point = Point(step.scope.module, run.function, step.call.place, f"`{name}` {says}", effect.likely)
            self._met((point,), state, run)
        return state

    def exposed(self, exposure: Exposure, point: Point, state: Caught, run: Activation[Caught]) -> None:
        """A callee puts the message back."""
        if state.clause is not None:
            self._met((point, *exposure.witness), state, run)

    def _met(self, witness: Witness, state: Caught, run: Activation[Caught]) -> None:
        if not state.clause:
            run.expose("requeue", witness)
        elif witness[0].place in state.body:
            self._report(state.clause, witness)

    def enter(self, node: Scoped, state: Caught, run: Activation[Caught]) -> Caught:
        """A scope that puts back the message on any failure within."""
        for effect in node.effects:
            if effect.kind == "ack_scope" and self._is_on(effect, "requeue", run):
                if not self._is_on(effect, "reject_redelivered", run):
                    says = f"`{effect.name.rpartition('.')[2]}` puts the message back on any failure"
                    self._report((), (Point(node.scope.module, run.function, effect.call.place, says, effect.likely),))
        return state

    def puts_back(self, effect: Effect, run: Activation[Caught]) -> bool:
        """Whether an effect gives the message back to be delivered again, by its arguments or by default."""
        if effect.kind != "ack" or effect.api.data.get("action") not in BACK:
            return False
        slot = effect.api.slots.get("requeue")
        given = self._deliveries.setting(slot, effect.call, run.frame) if slot is not None else None
        if given is None or effect.handed:
            return bool(effect.api.data.get("requeues")) or effect.api.data.get("action") == "requeue"
        return bool(given) and all(isinstance(value, Constant) and value.value is True for value in given)

    def _is_on(self, effect: Effect, role: str, run: Activation[Caught]) -> bool:
        slot = effect.api.slots.get(role)
        given = self._deliveries.setting(slot, effect.call, run.frame) if slot is not None else None
        return any(isinstance(value, Constant) and bool(value.value) for value in given or ())


def _calls(body: tuple[ir.Stmt, ...]) -> list[ir.Place]:
    return [call.place for statement in statements(body) for expr in expressions(statement) for call in calls(expr)]


def _under(test: ir.Expr, outcome: bool, body: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...]:
    """What runs for one outcome of a test alone: its branch, or all that follows where the other branch leaves."""
    for statement in statements(body):
        if isinstance(statement, ir.Branch) and any(part is test for part in walk(statement.test)):
            own, other = (statement.body, statement.orelse) if outcome else (statement.orelse, statement.body)
            leaves = bool(other) and isinstance(other[-1], ir.Return | ir.Raise | ir.Continue | ir.Break)
            return body if leaves else own
    return body


def _first(body: tuple[ir.Stmt, ...]) -> ir.Place | None:
    return next(iter(_calls(body)), None)
