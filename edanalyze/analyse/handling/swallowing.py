"""Swallowed failures: broad `except` clauses after which a message counts as done although its work failed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from edanalyze.analyse.bearing import Bears
from edanalyze.analyse.effects.connections import is_transient, is_upkeep
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.domain import Activation, Domain
from edanalyze.analyse.engine.engine import Engine
from edanalyze.analyse.handling.acknowledgement import SETTLING
from edanalyze.analyse.handling.clauses import discarded, first_work, gives_values
from edanalyze.analyse.reach import says
from edanalyze.analyse.trees.trees import Attempt, Leave, Repeat, Rescue, Scoped, Step, Tree, is_broad, nodes, steps
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, spelled, statements, walk
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, ExternalInstance, Frame, Function

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

WORK = frozenset({"write", "dedupe", "publish", "http", "mail", "payment", "commit", "outbox", "rpc"})
"""Effects whose failure a handler must not swallow."""
OBSERVERS = frozenset(
    {"opentelemetry", "prometheus_client", "statsd", "datadog", "ddtrace", "newrelic", "elasticapm", "sentry_sdk"}
)
"""Packages that measure and report: their failure loses no message."""
_MATTERS = Bears.SETTLES | Bears.RAISES
AUTOMATIC = frozenset({"before", "after", "timer", "none"})
"""When messages count as done without a call in the code."""


class Clause(NamedTuple):
    """A clause that swallows: where it is, and the way from its `try` to the work that may fail.

    `collected` names what the `try` gathers of the items that succeed. `known`: the work is a known effect, not just
    any call.
    """

    module: str
    function: str
    place: ir.Place
    work: Witness
    collected: frozenset[str] = frozenset()
    known: bool = True


@dataclass(frozen=True, slots=True)
class Attempted:
    """The state of a message: the clause that swallowed its failure, and whether it was acknowledged.

    `sure`: the acknowledgement came before the `try` that runs, so that it was not itself what failed.
    """

    clause: Clause | None = None
    acknowledged: bool = False
    sure: bool = False


class Swallowed(Domain[Attempted]):
    """The domain of EDA601: follows a swallowed failure to the point where the message counts as done."""

    def __init__(self, system: System, automatic: bool, declared: tuple[str, ir.Place]) -> None:
        self._system = system
        self._clauses = system.clauses
        self._declared = declared
        self._automatic = automatic
        self._found: dict[tuple[str, ir.Place], Clause] = {}
        self._steps: set[tuple[str, ir.Place]] = set()
        self._discarded: dict[str, frozenset[ir.Place]] = {}

    def passes(self, function: str, state: Attempted) -> bool:
        """Whether a function neither swallows a failure nor settles a message, nor fails; where nothing of it was."""
        if state.clause is not None or state.acknowledged:
            return False
        system = self._system
        return not (system.bearing.may(function, _MATTERS) or system.swallowing.may_swallow(function))

    def shape(self, state: Attempted) -> Hashable:
        """The clause and the acknowledgement."""
        clause = state.clause
        return (clause and (clause.module, clause.place), state.acknowledged, state.sure)

    def entry(self, state: Attempted) -> Attempted:
        """A callee handles the same message."""
        return state

    def exit(self, callers: Sequence[Attempted], state: Attempted, point: Point) -> Attempted:
        """A failure that a callee tells its caller by what it returns is not swallowed."""
        if state.clause is None or any(caller.clause == state.clause for caller in callers):
            return state
        return replace(state, clause=None) if self._is_told(point, state.clause.function) else state

    def _is_told(self, point: Point, function: str) -> bool:
        facts = self._system.program.functions.get(function)
        if facts is None or not gives_values(facts.body):
            return False
        return point.place not in self._ignored(point.function)

    def _ignored(self, function: str) -> frozenset[ir.Place]:
        """The places of the calls in a function whose results nobody looks at."""
        if function not in self._discarded:
            facts = self._system.program.functions.get(function)
            body = facts.body if facts is not None else self._system.program.modules[function.partition(":")[0]].body
            self._discarded[function] = frozenset(discarded(body))
        return self._discarded[function]

    def effect(self, effect: Effect, step: Step, state: Attempted, run: Activation[Attempted]) -> Attempted:
        """An acknowledgement settles the message, a refusal gives it back.

        Where work is done after the failure of some other call, that was a step which may fail.
        """
        if effect.kind in WORK and state.clause is not None and not state.clause.known:
            self._steps.add((state.clause.module, state.clause.place))
            return replace(state, clause=None)
        if effect.kind != "ack":
            return state
        if effect.api.data.get("action") not in SETTLING or effect.api.data.get("raised"):
            return replace(state, clause=None)
        if state.clause is not None and _mentions(step.call, state.clause.collected):
            return replace(state, clause=None)  # only what succeeded is acknowledged
        self._done(state)
        return Attempted(None, True, False)

    def leave(self, node: Scoped, state: Attempted, completed: bool, run: Activation[Attempted]) -> Attempted:
        """A scope that acknowledges does so when it is left."""
        if completed and any(effect.kind == "ack_scope" for effect in node.effects):
            self._done(state)
            return Attempted(None, True, False)
        return state

    def attempt(self, node: Attempt, state: Attempted, run: Activation[Attempted]) -> Attempted:
        """What was acknowledged before a `try` is acknowledged whatever fails in it."""
        return replace(state, sure=state.acknowledged)

    def rescued(self, node: Attempt, rescue: Rescue, state: Attempted, run: Activation[Attempted]) -> Attempted:
        """A failure is caught; from here on it is swallowed, if the clause at most logs it."""
        valued = self._is_valued(run.function)
        if state.acknowledged is not state.sure or not self._clauses.swallows(rescue.handler, node.scope, valued):
            return replace(state, clause=None)
        known = self._known((*node.body, *node.orelse), run)
        work = known or self._work(node, run)
        if not work:
            return state
        collected = frozenset(_collected(node.statement.body))
        clause = Clause(node.scope.module, run.function, rescue.handler.place, work, collected, bool(known))
        after = replace(state, clause=clause)
        if state.acknowledged:
            self._done(after)
        return after

    def again(self, node: Repeat, state: Attempted) -> Attempted:
        """The next item: another attempt at the same message, or another message."""
        if state.clause is None:
            return replace(state, acknowledged=False, sure=False)
        if _tries_until_success(node.body):
            return replace(state, clause=None)
        if self._automatic and (state.clause.known or self._reads(node)):
            self._done(state)
            return Attempted()
        return Attempted() if self._settles(node) else state

    def _reads(self, node: Repeat) -> bool:
        """Whether a loop is the one that reads the messages."""
        module, place = self._declared
        return node.scope.module == module and isinstance(node.statement, ir.Loop) and _reads(node.statement, place)

    def _settles(self, node: Repeat) -> bool:
        """Whether a loop acknowledges item by item."""
        return any(
            effect.kind in {"ack", "ack_scope"} for step in steps(node.body) for effect in self._effects_of(step)
        ) or any(_has_scope(inner) for inner in node.body)

    def _effects_of(self, step: Step) -> Iterator[Effect]:
        yield from step.effects
        for target in step.targets:
            yield from (item.effect for item in self._system.reach.effects(target))

    def finish(self, states: Sequence[Attempted]) -> dict[tuple[str, ir.Place], Clause]:
        """The handler has returned: the clauses that lose messages, by their places."""
        if self._automatic:
            for state in states:
                self._done(state)
        return {key: clause for key, clause in self._found.items() if clause.known or key not in self._steps}

    def _done(self, state: Attempted) -> None:
        if state.clause is not None:
            self._found.setdefault((state.clause.module, state.clause.place), state.clause)

    # ------------------------------------------------------------------- work

    def _is_valued(self, function: str) -> bool:
        """Whether what a function returns may tell the framework or the caller about a failure."""
        return not any(
            entry.function == function
            and entry.transport in {"sqs", "sns", "kinesis", "dynamodb-stream", "s3", "eventbridge"}
            for entry in self._system.message_handlers
            if entry.delivery.ack == "after"
        )

    def _work(self, node: Attempt, run: Activation[Attempted]) -> Witness:
        """The way to the work in a `try` without any known effect: a call that may be one."""
        call = first_work(node.statement.body, lambda call: self._is_aside(call, node.scope))
        if call is None:
            return ()
        name = spelled(call.function).rpartition(".")[2] or "the call"
        return (Point(node.scope.module, run.function, call.place, f"`{name}` is called"),)

    def _is_aside(self, call: ir.Call, scope: Scope) -> bool:
        """Whether a call only receives the message, or tells an observer of what goes on."""
        if self._declared == (scope.module, call.place):
            return True
        root = call.function
        while isinstance(root, ir.Attr | ir.Call):
            root = root.value if isinstance(root, ir.Attr) else root.function
        values = self._system.evaluator.values(root, self._system.evaluator.root(scope))
        return any(
            isinstance(value, External | ExternalInstance) and value.name.partition(".")[0] in OBSERVERS
            for value in values
        )

    @staticmethod
    def _is_work(effect: Effect, step: Step) -> bool:
        """Whether the failure of an effect loses anything."""
        return effect.kind in WORK and not is_upkeep(effect) and not is_transient(effect, step.scope)

    def _known(self, tree: Tree, run: Activation[Attempted]) -> Witness:
        caught = {id(step) for node in nodes(tree) if _catches_all(node) for step in steps(node.body)}
        for step in sorted(steps(tree), key=lambda step: id(step) in caught):
            for effect in step.effects:
                if self._is_work(effect, step):
                    return (Point(step.scope.module, run.function, step.call.place, says(effect), effect.likely),)
            for target in self._system.contexts.in_frame(step, run.frame).targets:
                for item in self._system.reach.effects(target):
                    if self._is_work(item.effect, item.step):
                        return (self._system.contexts.call_point(step, target, run.function), *item.witness)
        return ()


class Swallowing:
    """Finds swallowed failures of message handlers."""

    def __init__(self, system: System) -> None:
        self._system = system

    def clauses(self) -> Iterator[tuple[EntryPoint, Clause]]:
        """Each clause once, with a handler whose messages it loses."""
        seen: set[tuple[str, ir.Place]] = set()
        for entry in self._system.message_handlers:
            if self._system.jobs.is_job(entry):
                continue
            for function, frame in self.roots(entry):
                if not self.may_swallow(function.id):
                    continue
                domain = Swallowed(self._system, self._is_automatic(entry, function), entry.declared)
                engine = Engine(domain, self._system.contexts)
                found = domain.finish(engine.run(function, frame, Attempted()).exits)
                for key, clause in found.items():
                    if key not in seen and not self._is_about_loop(clause, function, entry):
                        seen.add(key)
                        yield entry, clause

    def may_swallow(self, function: str) -> bool:
        """Whether a function may come to a clause that swallows."""
        return self._system.bearing.leads_to(function, self._swallowing)

    @cached_property
    def _swallowing(self) -> frozenset[str]:
        """The functions that hold such a clause."""
        swallows = self._system.clauses.swallows
        return frozenset(
            function
            for function, attempt in self._system.contexts.inventory.attempts
            if any(swallows(rescue.handler, attempt.scope, False) for rescue in attempt.rescues)
        )

    def _is_about_loop(self, clause: Clause, function: Function, entry: EntryPoint) -> bool:
        """Whether a clause stands outside the loop that reads the messages: no message is done when it is entered."""
        scope = self._system.program.scopes[function.id]
        body = scope.function.body if scope.function is not None else ()
        if clause.function != function.id or scope.module != entry.declared[0]:
            return False
        loops = [each for each in statements(body) if isinstance(each, ir.Loop) and _reads(each, entry.declared[1])]
        return bool(loops) and not any(_holds(loop, clause.place) for loop in loops)

    def roots(self, entry: EntryPoint) -> Iterator[tuple[Function, Frame]]:
        """The handler, and the loop or callback that passes the message on to it."""
        if entry.driver is not None:
            yield entry.driver, entry.frame or self._system.reach.frame(entry.driver)
        elif entry.value is not None:
            yield entry.value, self._system.reach.frame(entry.value)

    def _is_automatic(self, entry: EntryPoint, function: Function) -> bool:
        """Whether a message counts as done when its handler returns, be it for want of a known acknowledgement."""
        if entry.delivery.ack in AUTOMATIC:
            return True
        effects = self._system.reach.effects(function)
        return not any(item.effect.kind == "ack" for item in effects) and not any(
            _has_scope(node)
            for name in self._system.reach.functions(function)
            for node in self._system.contexts.tree(name).body
        )


def _catches_all(node: object) -> TypeGuard[Attempt]:
    """Whether nothing that fails in the body of a node gets out of it."""
    return isinstance(node, Attempt) and any(is_broad(rescue.handler) for rescue in node.rescues)


def _reads(loop: ir.Loop, place: ir.Place) -> bool:
    """Whether a loop is the one that reads messages, by the place of the reading call or its own line."""
    if loop.line == place.line:
        return True
    inner = (expr for statement in statements(loop.body) for expr in expressions(statement))
    return any(call.place == place for expr in (loop.source, *inner) for call in calls(expr))


def _holds(loop: ir.Loop, clause: ir.Place) -> bool:
    """Whether the `try` of an `except` clause stands in a loop."""
    tries = (each for each in statements(loop.body) if isinstance(each, ir.Try))
    return any(handler.place == clause for each in tries for handler in each.handlers)


def _collected(body: tuple[ir.Stmt, ...]) -> Iterator[str]:
    """The lists and sets that a block adds to."""
    for statement in statements(body):
        for expr in expressions(statement):
            for call in calls(expr):
                match call.function:
                    case ir.Attr(value=ir.Name(id=name), name="append" | "add" | "extend" | "update" | "setdefault"):
                        yield name


def _mentions(call: ir.Call, names: frozenset[str]) -> bool:
    values = (*call.arguments, *(value for _, value in call.keywords))
    return bool(names) and any(
        isinstance(node, ir.Name) and node.id in names for value in values for node in walk(value)
    )


def _has_scope(node: object) -> bool:
    """Whether a node is a scope that acknowledges, or holds one."""
    match node:
        case Scoped(effects=effects, body=body):
            return any(effect.kind == "ack_scope" for effect in effects) or any(_has_scope(inner) for inner in body)
        case Repeat(body=body):
            return any(_has_scope(inner) for inner in body)
        case Attempt(body=body, orelse=orelse):
            return any(_has_scope(inner) for inner in (*body, *orelse))
        case _:
            return False


def _tries_until_success(tree: Tree) -> bool:
    """Whether a loop repeats one attempt until it succeeds (retries, failover)."""
    return any(
        isinstance(node, Attempt)
        and any(isinstance(inner, Leave) and inner.kind in {"break", "return"} for inner in (*node.body, *node.orelse))
        for node in tree
    )
