"""Loops that try one message, or one batch, again and again: the code around a failure never goes on to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.analyse.handling.clauses import first_work
from edanalyze.analyse.handling.swallowing import WORK
from edanalyze.analyse.poison.limits import counts, is_limit
from edanalyze.analyse.poison.records import Endless
from edanalyze.analyse.reach import says
from edanalyze.analyse.trees.trees import is_broad, steps
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import bodies, calls, expressions, spelled, statements, walk
from edanalyze.link.values import External

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

POLLING = frozenset({"poll", "iterate", "reclaim"})
SAME_BATCH = "the same messages are tried again for ever, and nothing behind them is read"
SAME_WORK = "work that always fails is tried again for ever, and holds up all messages"


class Batches:
    """Finds such loops in the functions that a message handler, or the loop that drives it, runs."""

    def __init__(self, system: System) -> None:
        self._system = system

    def of(self, entry: EntryPoint, function: str) -> Iterator[Endless]:
        """The loops of one function."""
        facts = self._system.program.functions.get(function)
        for loop in _loops(facts.body if facts is not None else ()):
            yield from self._loop(entry, function, loop)

    def _loop(self, entry: EntryPoint, function: str, loop: ir.Loop) -> Iterator[Endless]:
        if loop.kind != "while" or is_limit(loop.source):
            return
        polls = [call for call in _calls(loop.body) if self._polls(call, function)]
        for attempt in _attempts(loop.body):
            for handler in attempt.handlers:
                if not is_broad(handler) or _leaves(handler.body) or _counts(handler.body):
                    continue
                if polls:
                    if any(self._keeps(loop, handler, poll) for poll in polls):
                        work = self._work(attempt, function, True)
                        yield self._endless(entry, function, handler, work, SAME_BATCH)
                elif _is_endless(loop) and _succeeds(attempt, loop) and not _counts(loop.body):
                    work = self._work(attempt, function, False)
                    if work:
                        yield self._endless(entry, function, handler, work, SAME_WORK)

    def _endless(self, entry: EntryPoint, function: str, handler: ir.Handler, work: Witness, how: str) -> Endless:
        module = function.partition(":")[0]
        clause = Point(module, function, handler.place, "any failure is caught, and the loop starts over")
        return Endless(entry, how, (clause, *work))

    # -------------------------------------------------------------------- polls

    def _polls(self, call: ir.Call, function: str) -> bool:
        evaluator = self._system.evaluator
        frame = evaluator.root(self._system.program.scopes[function])
        return any(
            api.data.get("form") in POLLING
            for value in evaluator.values(call.function, frame)
            if isinstance(value, External)
            for api in evaluator.models.rows(value.name, "consumer")
        )

    def _keeps(self, loop: ir.Loop, handler: ir.Handler, poll: ir.Call) -> bool:
        """Whether a clause keeps what was read in a variable whose being set makes the loop read nothing new."""
        kept = {
            target.id
            for statement in statements(handler.body)
            if isinstance(statement, ir.Assign) and statement.value not in (None, ir.Const(None), ir.Const(False))
            for target in statement.targets
            if isinstance(target, ir.Name)
        }
        return any(
            _mentions(branch.test, name) and _reads_only_without(branch, name, poll)
            for name in kept
            for branch in statements(loop.body)
            if isinstance(branch, ir.Branch)
        )

    def _work(self, attempt: ir.Try, function: str, any_call: bool) -> Witness:
        """The way to the work in a `try`: a known effect, or else (if that is enough) any call that may be one."""
        contexts = self._system.contexts
        places = {call.place for call in _calls(attempt.body)}
        for step in steps(contexts.tree(function).body):
            if step.call.place not in places:
                continue
            for effect in step.effects:
                if effect.kind in WORK:
                    return (Point(step.scope.module, function, step.call.place, says(effect), effect.likely),)
            for target in step.targets:
                for item in self._system.reach.effects(target):
                    if item.effect.kind in WORK:
                        return (contexts.call_point(step, target, function), *item.witness)
        call = first_work(attempt.body, lambda call: self._polls(call, function)) if any_call else None
        if call is None:
            return ()
        name = spelled(call.function).rpartition(".")[2] or "the call"
        return (Point(function.partition(":")[0], function, call.place, f"`{name}` is called"),)


def _reads_only_without(branch: ir.Branch, name: str, poll: ir.Call) -> bool:
    """Whether a branch reads new messages on the side on which a variable is not set."""
    negated = isinstance(branch.test, ir.Operation) and branch.test.operator in {"not", "is", "=="}
    side = branch.body if negated else branch.orelse
    return any(call is poll for call in _calls(side))


def _loops(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Loop]:
    return (statement for statement in statements(body) if isinstance(statement, ir.Loop))


def _attempts(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Try]:
    """The `try` statements of a loop, without those of loops inside it."""
    for statement in body:
        if isinstance(statement, ir.Try):
            yield statement
        if not isinstance(statement, ir.Loop):
            for block in bodies(statement):
                yield from _attempts(block)


def _calls(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Call]:
    for statement in statements(body):
        for expr in expressions(statement):
            yield from calls(expr)


def _leaves(body: tuple[ir.Stmt, ...]) -> bool:
    return any(isinstance(statement, ir.Raise | ir.Return | ir.Break) for statement in statements(body))


def _counts(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a block counts attempts, tests their number, or settles the message otherwise."""
    return any(
        isinstance(statement, ir.Augment) or (isinstance(statement, ir.Branch) and counts(statement.test))
        for statement in statements(body)
    )


def _is_endless(loop: ir.Loop) -> bool:
    return isinstance(loop.source, ir.Const) and bool(loop.source.value)


def _succeeds(attempt: ir.Try, loop: ir.Loop) -> bool:
    """Whether the loop ends with the first success, so that each round is another attempt at the same."""
    ends = (ir.Return, ir.Break)
    inside = (*attempt.body, *attempt.orelse)
    if any(isinstance(statement, ends) for statement in statements(inside)):
        return True
    after = loop.body[loop.body.index(attempt) + 1 :] if attempt in loop.body else ()
    return any(isinstance(statement, ends) for statement in after)


def _mentions(expr: ir.Expr, name: str) -> bool:
    return any(isinstance(node, ir.Name) and node.id == name for node in walk(expr))
