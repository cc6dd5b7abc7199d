"""Confirmations: messages whose delivery nobody learns of.

How the caller of an API learns that the broker took a message is told by the models (`confirm`, `partial`). What the
code does with that is followed through the function, and through the callers of a wrapper that gives it to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.analyse.bearing import Bears
from edanalyze.analyse.effects.connections import in_pipeline
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.reach import says
from edanalyze.analyse.sending.fates import Fate, Fates
from edanalyze.analyse.sending.settling import Settling
from edanalyze.analyse.sending.unconfirmed import AWAIT, CALLBACK, CONFIRMS, FUTURE, Unconfirmed
from edanalyze.analyse.trees.trees import Step, steps
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.link.library import has_unpacking
from edanalyze.link.scopes import Scope

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

DEEPEST = 4
_SENDS = frozenset({"publish", "deferred_publish"})
_PLAIN = frozenset({"staticmethod", "classmethod", "override", "abstractmethod"})


class Confirmations:
    """Finds the messages."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._fates = Fates(system.evaluator)
        self._settling = Settling(system.effects, system.service_of)

    def missing(self) -> Iterator[Unconfirmed]:
        """One record for each call at which something is missing, in a stable order."""
        seen: set[tuple[str, ir.Place]] = set()
        contexts, bearing = self._system.contexts, self._system.bearing
        for function in contexts.inventory.functions:
            if not bearing.may(function, Bears.SENDS | Bears.DEFERS):
                continue
            for step in steps(contexts.tree(function).body):
                for found in (*self._of_step(step), *self._of_coroutine(step)):
                    first = found.witness[0]
                    if (first.module, first.place) not in seen:
                        seen.add((first.module, first.place))
                        yield found

    # ------------------------------------------------------------ library calls

    def _of_step(self, step: Step) -> Iterator[Unconfirmed]:
        sent = [effect for effect in step.effects if effect.kind in _SENDS and not effect.handed]
        if not sent or any(in_pipeline(effect) for effect in sent):
            return
        found = [list(self._of_effect(effect, step)) for effect in sent]
        if all(found):
            yield from found[0]

    def _of_effect(self, effect: Effect, step: Step) -> Iterator[Unconfirmed]:
        data = effect.api.data
        confirm = data.get("confirm")
        pending: tuple[str, ...] = (AWAIT,) if data.get("async") or confirm == AWAIT else ()
        if confirm == FUTURE:
            pending = (*pending, FUTURE)
        elif data.get("partial"):
            pending = (*pending, str(data["partial"]))
        point = Point(step.scope.module, step.scope.lexical.id, step.call.place, says(effect), effect.likely)
        settled = confirm in {FUTURE, CALLBACK} and self._settling.is_settled(effect, step)
        if settled:
            pending = tuple(item for item in pending if item == AWAIT)
        if pending:
            yield from self._dropped(step.call, step.scope, pending, (point,), 0)
        elif confirm == CALLBACK and not settled and not self._has_callback(effect):
            yield Unconfirmed((point,), CALLBACK)
        elif confirm == "configured" and data.get("confirm_by") in self._settling.switches:
            if not self._settling.is_confirmed(effect, step):
                yield from self._after_commit(point, str(data["confirm_by"]))

    def _has_callback(self, effect: Effect) -> bool:
        given = [effect.argument(role) for role in ("callback", "on_delivery")]
        if any(expr is not None and not (isinstance(expr, ir.Const) and expr.value is None) for expr in given):
            return True
        return has_unpacking(effect.call) or self._settling.has_callback(effect)

    def _dropped(
        self, call: ir.Call, scope: Scope, pending: tuple[str, ...], below: Witness, depth: int
    ) -> Iterator[Unconfirmed]:
        """Where what is pending of a call's value is dropped: here, or by callers that are given it."""
        verdict = self._fates.of(call, scope, pending)
        if verdict.fate is Fate.DROPPED:
            yield Unconfirmed(below, verdict.pending[0])
        elif verdict.fate is Fate.RETURNED and depth < DEEPEST:
            function = scope.lexical
            if not self._is_plain(function):
                return
            for caller, frame in self._system.evaluator.callers.of(function.id):
                where = frame.scope.lexical
                if where.kind == "class":
                    continue
                point = Point(where.module, where.id, caller.place, f"`{function.name}` is called")
                yield from self._dropped(caller, frame.scope, verdict.pending, (point, *below), depth + 1)

    def _is_plain(self, scope: Scope) -> bool:
        """Whether calling a function gives what it returns: no decorator stands in between."""
        if scope.function is None or scope.function.generator or scope.id not in self._system.program.functions:
            return False
        names = [getattr(item, "id", getattr(item, "name", "")) for item in scope.function.decorators]
        return all(name in _PLAIN for name in names)

    def _after_commit(self, point: Point, method: str) -> Iterator[Unconfirmed]:
        """A message that may follow a commit: what was stored is told of for certain only with confirmations."""
        for found in self._system.transactions:
            last = found.witness[-1]
            if found.code in {"EDA201", "EDA205"} and (last.module, last.place) == (point.module, point.place):
                before = (*found.before, *found.witness[:-1])
                yield Unconfirmed((point,), CONFIRMS, before, method, found.guess)
                return

    # ------------------------------------------------------------ project calls

    def _of_coroutine(self, step: Step) -> Iterator[Unconfirmed]:
        """A call of a project coroutine that would publish, if only it were awaited."""
        if step.effects or not step.targets or step.call.awaited:
            return
        program = self._system.program
        for target in step.targets:
            facts = program.functions.get(target.id)
            if facts is None or not facts.asynchronous or not self._is_plain(program.scopes[target.id]):
                return
        if self._fates.of(step.call, step.scope, (AWAIT,)).fate is not Fate.DROPPED:
            return
        where = step.scope.lexical.id
        for target in step.targets:
            for item in self._system.reach.effects(target):
                if item.effect.kind in _SENDS:
                    point = self._system.contexts.call_point(step, target, where)
                    yield Unconfirmed((point, *item.witness), AWAIT)
                    return
