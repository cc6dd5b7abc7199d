"""Idempotency: effects of a message handler that differ when it is repeated, and the guards that dominate them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from edanalyze.analyse.effects import Effect
from edanalyze.analyse.engine import Activation, Domain
from edanalyze.analyse.guards import Guard, Guards, catches_duplicates
from edanalyze.analyse.outbox import is_outbox_write
from edanalyze.analyse.trees import Attempt, Mutation, Scoped, Step
from edanalyze.analyse.witness import Exposure, Point
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})


@dataclass(frozen=True, slots=True)
class Repetition:
    """What protects a path against a repeated message.

    `guard`: the guard that was passed. `marked`: something was stored after it. `caught`: how many `try` blocks
    around catch the error of a unique key.
    """

    guard: Guard | None = None
    marked: bool = False
    caught: int = 0


class Idempotency(Domain[Repetition]):
    """The domain of EDA301: exposes every effect that a repetition would repeat."""

    def __init__(self, evaluator: Evaluator, guards: Guards, harmless: Callable[[Effect, Step], bool]) -> None:
        self._evaluator = evaluator
        self._guards = guards
        self._harmless = harmless

    def shape(self, state: Repetition) -> Hashable:
        """The whole state."""
        return (state.guard, state.marked, bool(state.caught))

    def entry(self, state: Repetition) -> Repetition:
        """A callee is as protected as its caller."""
        return state

    def exit(self, callers: Sequence[Repetition], state: Repetition, point: Point) -> Repetition:
        """A guard that a callee passed protects what follows in the caller, too."""
        return replace(state, caught=callers[0].caught)

    def effect(self, effect: Effect, step: Step, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """Inserts, increments, POSTs, mails and payments are exposed unless guarded."""
        if effect.kind == "guard":
            return replace(state, guard=Guard.CLAIM, marked=True)
        if effect.kind == "dedupe":
            return replace(state, marked=True)
        what = self._repeats(effect, step)
        if what is None:
            return replace(state, marked=True) if effect.kind == "write" and state.guard is not None else state
        stored = effect.kind == "write"
        if not self._protected(state, stored):
            place = step.call.place
            run.expose(effect.kind, (Point(step.scope.module, run.function, place, what, effect.likely),))
        return replace(state, marked=True) if stored and state.guard is not None else state

    def _protected(self, state: Repetition, stored: bool) -> bool:
        if stored and state.caught:
            return True
        if state.guard is None:
            return False
        return state.guard is not Guard.LOOKUP or stored or state.marked

    def _repeats(self, effect: Effect, step: Step) -> str | None:
        """What a repetition does again, or None when nothing."""
        name = effect.name.rpartition(".")[2]
        match effect.kind:
            case "write" if not is_outbox_write(effect, step.scope, self._evaluator):
                if effect.verb == "increment":
                    return f"`{name}` adds to a stored value"
                if effect.verb in {"insert", "copy"} or (effect.verb == "write" and self._is_new(effect, step)):
                    return f"`{name}` inserts a new row"
                return None
            case "http":
                method = str(effect.api.data.get("method", ""))
                if not method:
                    given = self._evaluator.literals(effect.argument("method_arg"), self._evaluator.root(step.scope))
                    method = given[0].upper() if given else "GET"
                if method in IDEMPOTENT_METHODS or self._harmless(effect, step):
                    return None
                return f"`{name}` sends a {method}"
            case "mail":
                return f"`{name}` sends mail"
            case "payment" if effect.argument("idempotency_key") is None:
                return f"`{name}` moves money"
            case _:
                return None

    def _is_new(self, effect: Effect, step: Step) -> bool:
        """Whether `entity.save()` stores an object that was made here."""
        function = step.call.function
        if not isinstance(function, ir.Attr):
            return False
        from edanalyze.link.values import Instance

        frame = self._evaluator.root(step.scope)
        values = self._evaluator.values(function.value, frame)
        return any(isinstance(value, Instance) and value.site is not None for value in values)

    def exposed(self, exposure: Exposure, point: Point, state: Repetition, run: Activation[Repetition]) -> None:
        """An unguarded effect of a callee is one of the caller's."""
        run.expose(exposure.kind, (point, *exposure.witness))

    def mutation(self, node: Mutation, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """`entity.count += n` adds to a stored value."""
        if node.augmented and state.guard is None:
            place = ir.Place(node.line, 1, node.line, 1)
            module = run.function.partition(":")[0]
            run.expose("write", (Point(module, run.function, place, f"`{node.target.name}` is added to", True),))
        return state

    def attempt(self, node: Attempt, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """A `try` that catches the error of a unique key protects the inserts in it."""
        if any(catches_duplicates(rescue.handler) for rescue in node.rescues):
            return replace(state, caught=state.caught + 1)
        return state

    def attempted(self, node: Attempt, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """The protection ends with the `try`, but what was inserted under it marks the message as seen."""
        if any(catches_duplicates(rescue.handler) for rescue in node.rescues):
            return replace(state, caught=max(0, state.caught - 1), guard=state.guard or Guard.CLAIM)
        return state

    def enter(self, node: Scoped, state: Repetition, run: Activation[Repetition]) -> Repetition:
        """An idempotency context manager or decorator guards what it holds."""
        if any(effect.kind == "guard" for effect in node.effects):
            return replace(state, guard=Guard.CLAIM, marked=True)
        return state

    def assume(
        self, test: ir.Expr, scope: Scope, outcome: bool, state: Repetition, run: Activation[Repetition]
    ) -> Repetition | None:
        """The side of a guard's test that a first delivery takes is guarded."""
        verdict = self._guards.judge(test, scope)
        if verdict is None:
            return state
        guard, first = verdict
        if first is not None and first is not outcome:
            return state
        if state.guard is Guard.CLAIM:
            return state
        return replace(state, guard=guard)
