"""Sagas: entry points that change the state of several others one after the other, and what undoes it on failure.

The word is that of Garcia-Molina and Salem (1987): a row of transactions, each with one that compensates for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edanalyze.analyse.flows.remotechanges import REMOTE, RemoteChanges
from edanalyze.analyse.handling.clauses import discarded
from edanalyze.analyse.handling.failures import fails
from edanalyze.analyse.trees.enclosing import Within, enclosing, ways_out
from edanalyze.analyse.trees.trees import Alternative, Attempt, Rescue, Scoped, nodes
from edanalyze.analyse.witness import Point, Witness, parting
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, spelled, statements
from edanalyze.link.values import External, ExternalInstance

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

ENTRIES = frozenset({"route", "handler", "task", "job", "command", "rpc"})
_UNDOES = re.compile(
    r"compensat|roll_?back|undo|revert|refund|release|cancel|void|unreserve|restore|restock|reverse|delete|remove"
    r"|deallocate|unbook|withdraw",
    re.I,
)
_TAKES_BACK = re.compile(r"compensat|roll_?back|undo|revert|refund|release|unreserve|restock|cancel|reverse", re.I)
_PREPARES = re.compile(
    r"seed|populate|demo|sample|fixture|bootstrap|set_?up|migrat|load_?(data|test)|smoke|import", re.I
)
_ENGINE = re.compile(r"saga|compensat|state_?machine|step_?function", re.I)
_LOCAL = re.compile(
    r"(^|[._])(db|session|conn\w*|tx|transaction|trans|cursor|uow|lock\w*|mutex|sem\w*|pool|os|path|shutil|tempfile|file"
    r"|tmp\w*|cache|task|timer|logger|log|context)\w*\.",
    re.I,
)
_DURABLE = frozenset({"saga", "workflow"})
_SETTLES_LATER = frozenset({"after", "manual"})


@dataclass(frozen=True, slots=True, eq=False)
class Saga:
    """A handler that makes at least two changes elsewhere: an `earlier` one, and a `later` one that may fail."""

    entry: EntryPoint
    changes: tuple[Witness, ...]
    earlier: Witness
    later: Witness


class Sagas:
    """Finds those that nothing undoes."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._changes = RemoteChanges(system)
        self._discarded: dict[str, frozenset[ir.Place]] = {}

    def find(self) -> Iterator[Saga]:
        """The entry points whose earlier changes stay when a later one fails, each function once."""
        seen: set[str] = set()
        swallowing: set[str] | None = None
        for entry in self._system.entries:
            if entry.kind not in ENTRIES or entry.value is None or entry.function in seen:
                continue
            if entry.kind == "command" and _PREPARES.search(entry.function):
                continue  # fills a system with data
            changes = self._system.reach.longest(entry.value, self._changes.counts, REMOTE)
            pair = self._pair(changes) if len(changes) > 1 else None
            if pair is None or self._is_durable(entry) or self._is_undone(entry):
                continue
            if entry.kind in {"handler", "task"} and entry.delivery.at_least_once:
                if swallowing is None:
                    swallowing = {each.function for each, _ in self._system.swallowing.clauses()}
                if entry.delivery.ack in _SETTLES_LATER and entry.function not in swallowing:
                    continue  # the message comes again until all is done
            seen.add(entry.function)
            yield Saga(entry, tuple(changes), *pair)

    def _pair(self, changes: list[Witness]) -> tuple[Witness, Witness] | None:
        """The first change that is followed by one whose failure is not shrugged off."""
        for position, later in enumerate(changes):
            for earlier in changes[:position]:
                if self._may_fail_quietly(later, earlier) or self._exclude_each_other(earlier, later):
                    continue
                if not self._are_one(earlier, later):
                    return earlier, later
        return None

    def _are_one(self, earlier: Witness, later: Witness) -> bool:
        """Whether two requests have the same method and URL: the second tries again."""
        first, second = self._requests(earlier), self._requests(later)
        return bool(first) and first == second

    def _requests(self, witness: Witness) -> set[tuple[tuple[str, ...], str]]:
        return {(call.methods, call.url.text) for call in self._system.hops.on_path(witness) if call.url.parts}

    # ----------------------------------------------------------------- failures

    def _around(self, witness: Witness, start: int = 0) -> Iterator[tuple[Point, tuple[Within, ...]]]:
        """The points of a path from some level on, with the nodes around each."""
        for point in witness[start:]:
            if point.function in self._system.program.scopes:
                yield point, enclosing(self._system.contexts.tree(point.function).body, point.place) or ()

    def _may_fail_quietly(self, later: Witness, earlier: Witness) -> bool:
        """Whether the code goes on as if nothing had happened when a call fails."""
        level = parting(earlier, later)
        shared = self._shared(earlier, later, level)
        for point, around in self._around(later, level):
            for within in around:
                if id(within.node) in shared or not isinstance(within.node, Attempt):
                    continue
                if within.part in {"body", "orelse"} and self._shrugs(within.node, point):
                    return True
            shared = frozenset()
        return False

    def _shared(self, earlier: Witness, later: Witness, level: int) -> frozenset[int]:
        """The nodes that lie around both calls in the function where their paths part."""
        if level >= min(len(earlier), len(later)) or earlier[level].function != later[level].function:
            return frozenset()
        tree = self._system.contexts.tree(later[level].function).body
        return frozenset(id(within.node) for within in enclosing(tree, earlier[level].place) or ())

    def _shrugs(self, node: Attempt, point: Point) -> bool:
        """Whether both the success and the failure of a `try` go on in the same way."""
        if not node.rescues:
            return False
        success = ways_out((*node.body, *node.orelse))
        for rescue in node.rescues:
            failure = ways_out(rescue.body)
            if "" in success and "" in failure and not _remembers(rescue):
                return True
            if failure <= {"return", ""} and point.function and self._is_ignored(point.function):
                return True
        return False

    def _is_ignored(self, function: str) -> bool:
        """Whether every caller of a function throws away what it returns."""
        callers = self._system.evaluator.callers.of(function)
        return bool(callers) and all(call.place in self._thrown_away(frame.scope.id) for call, frame in callers)

    def _thrown_away(self, function: str) -> frozenset[ir.Place]:
        if function not in self._discarded:
            facts = self._system.program.functions.get(function)
            self._discarded[function] = frozenset(discarded(facts.body)) if facts is not None else frozenset()
        return self._discarded[function]

    def _exclude_each_other(self, one: Witness, other: Witness) -> bool:
        """Whether two calls lie behind tests of the same thing for different values."""
        level = parting(one, other)
        if level >= min(len(one), len(other)) or one[level].function != other[level].function:
            return False
        tree = self._system.contexts.tree(one[level].function).body
        first = _required(enclosing(tree, one[level].place) or ())
        second = _required(enclosing(tree, other[level].place) or ())
        return any(name in second and not values & second[name] for name, values in first.items())

    # ------------------------------------------------------------- compensation

    def _is_durable(self, entry: EntryPoint) -> bool:
        """Whether an engine for workflows or sagas runs an entry point, or is asked by it."""
        assert entry.value is not None
        models = self._system.models
        for function in self._system.reach.functions(entry.value):
            if _ENGINE.search(function.partition(":")[2]):
                return True
            scope = self._system.program.scopes[function]
            for call, inner in scope.calls:
                if _ENGINE.search(spelled(call.function)):
                    return True
                if any(models.of_kind(kind) for kind in _DURABLE):
                    for callee in self._system.evaluator.values(call.function, self._system.evaluator.root(inner)):
                        if isinstance(callee, External | ExternalInstance) and any(
                            row.kind in _DURABLE for row in models.find(callee.name)
                        ):
                            return True
        return False

    def _is_undone(self, entry: EntryPoint) -> bool:
        """Whether some way of failure changes something elsewhere, or calls what its name says undoes something."""
        assert entry.value is not None
        reach = self._system.reach
        takes_back = bool(_TAKES_BACK.search(f"{entry.function.partition(':')[2]} {entry.path} {entry.name}"))
        for item in reach.effects(entry.value):
            if item.effect.kind in REMOTE and not takes_back and self._takes_back(item.witness):
                return True
            if item.effect.kind in {"http", "rpc", "payment", "publish", "deferred_publish", "outbox"}:
                if item.effect.kind == "http" and not self._may_undo(item.witness):
                    continue
                if any(_is_failure(within) for _, around in self._around(item.witness) for within in around):
                    return True
        return any(self._undoes(function) for function in reach.functions(entry.value))

    def _takes_back(self, witness: Witness) -> bool:
        """Whether the functions or the URL on the way to a call say that it takes something back."""
        names = [point.function.rpartition(":")[2].rpartition(".")[2] for point in witness[1:]]
        urls = [call.url.text for call in self._system.hops.on_path(witness)]
        return any(_TAKES_BACK.search(text) for text in (*names, *urls))

    def _may_undo(self, witness: Witness) -> bool:
        calls_made = self._system.hops.on_path(witness)
        return not calls_made or any(set(call.methods) - {"GET", "HEAD", "OPTIONS"} for call in calls_made)

    def _undoes(self, function: str) -> bool:
        """Whether a clause of a function calls something that sounds like compensation."""
        for node in nodes(self._system.contexts.tree(function).body):
            if isinstance(node, Scoped) and any(_UNDOES.search(hook.id.rpartition(":")[2]) for hook in node.leave):
                return True
            if isinstance(node, Attempt):
                bodies = [*(handler.body for handler in node.statement.handlers), node.statement.final]
                if any(_undoing(body) for body in bodies):
                    return True
        return False


def _undoing(body: tuple[ir.Stmt, ...]) -> bool:
    for statement in statements(body):
        for expr in expressions(statement):
            for call in calls(expr):
                name = spelled(call.function)
                if _UNDOES.search(name.rpartition(".")[2]) and not _LOCAL.search(name):
                    return True
    return False


def _is_failure(within: Within) -> bool:
    """Whether a block runs because something failed."""
    match within:
        case Within(node=Attempt(), part="rescue" | "final"):
            return True
        case Within(node=Alternative(test=test), part="body" | "orelse" as part) if test is not None:
            return fails(test, part == "body") and "" not in ways_out(within.block)
        case _:
            return False


def _remembers(rescue: Rescue) -> bool:
    """Whether a clause sets something that the code after it can look at: `error = str(exc)`, `failed = True`."""
    return any(
        isinstance(statement, ir.Assign | ir.Augment)
        or any(
            isinstance(call.function, ir.Attr) and call.function.name in {"append", "add"}
            for expr in expressions(statement)
            for call in calls(expr)
        )
        for statement in statements(rescue.handler.body)
    )


def _required(around: tuple[Within, ...]) -> dict[str, frozenset[object]]:
    """What is compared with constants on the way to a call, by name, with the values that let it through."""
    found: dict[str, frozenset[object]] = {}
    for within in around:
        node = within.node
        if not isinstance(node, Alternative) or within.part != "body":
            continue
        match node.test:
            case ir.Operation(operator="==", operands=(left, ir.Const(value=value))):
                found[spelled(left)] = frozenset({value})
            case ir.Operation(operator="==", operands=(left, ir.Attr() as right)):
                found[spelled(left)] = frozenset({spelled(right)})
            case ir.Operation(operator="in", operands=(left, ir.Items(items=items))):
                found[spelled(left)] = frozenset(item.value for item in items if isinstance(item, ir.Const))
            case _:
                pass
    return found
