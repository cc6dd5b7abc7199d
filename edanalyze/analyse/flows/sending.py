"""Sending: what a handler sends or writes on its way through, and which messages get there.

A walk over effect trees that follows the successful way: what runs in an `except` clause, for each item of a
collection, or in one case of a match does not run for every message.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.flows.passage import Passage, Passages
from edanalyze.analyse.reach import says
from edanalyze.analyse.trees.trees import (
    Alternative,
    Aside,
    Attempt,
    Cases,
    Leave,
    Mutation,
    Repeat,
    Scoped,
    Step,
    Tree,
)
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import bodies
from edanalyze.link.values import Frame, Function

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

KINDS = frozenset({"publish", "deferred_publish", "outbox", "write", "dedupe"})
DEEPEST = 16
GUARDED = Passage(guarded=True)


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A publish or a write that a message gets to, with the way there and what the message had to pass."""

    effect: Effect
    step: Step
    witness: Witness
    frame: Frame
    passage: Passage


class _Way(NamedTuple):
    """Where control is after a block: what was passed, and how the block was left ("" when it goes on)."""

    passage: Passage
    left: str = ""


class Sending:
    """Walks the functions of a system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._contexts = system.contexts
        self._passages = Passages(system.evaluator)
        self._memo: dict[tuple[str, Hashable, Passage], tuple[tuple[Sent, ...], _Way]] = {}
        self._active: list[str] = []

    def of(self, function: Function, frame: Frame | None = None) -> tuple[Sent, ...]:
        """What running a function sends and writes for messages that no guard stops."""
        return self._function(function, frame or self._system.reach.frame(function), Passage())[0]

    def _function(self, function: Function, frame: Frame, passage: Passage) -> tuple[tuple[Sent, ...], _Way]:
        tree = self._contexts.tree(function.id)
        if function.id in self._active or len(self._active) > DEEPEST:
            return (), _Way(passage)
        key = (function.id, self._contexts.key(tree, frame), passage)
        if key not in self._memo:
            self._active.append(function.id)
            sent: list[Sent] = []
            inside = frame if key[1] is not None else self._contexts.root(function.id)
            way = self._block(tree.body, _Way(replace(passage, outward=False)), function.id, inside, sent)
            self._active.pop()
            guarded = passage.guarded or way.passage.outward or self._refuses(function)
            after = replace(passage, guarded=guarded)
            self._memo[key] = (tuple(sent), _Way(after, "raise" if way.left == "raise" else ""))
        return self._memo[key]

    def _refuses(self, function: Function) -> bool:
        """Whether a function that does nothing else raises under some condition: it checks what it is given."""
        facts = self._system.program.functions.get(function.id)
        if facts is None or self._contexts.tree(function.id).body:
            return False
        return any(isinstance(statement, ir.Branch) and _raises(statement) for statement in facts.body)

    # ------------------------------------------------------------------- nodes

    def _block(self, tree: Tree, way: _Way, function: str, frame: Frame, sent: list[Sent]) -> _Way:
        for node in tree:
            if way.left:
                break
            way = self._node(node, way, function, frame, sent)
        return way

    def _node(self, node: object, way: _Way, function: str, frame: Frame, sent: list[Sent]) -> _Way:
        match node:
            case Step():
                return self._step(node, way, function, frame, sent)
            case Leave(kind=kind):
                return way if kind == "yield" else _Way(way.passage, kind)
            case Alternative():
                return self._alternative(node, way, function, frame, sent)
            case Repeat(head=head, body=body, orelse=orelse):
                way = self._block(head, way, function, frame, sent)
                if not self._system.loops.visits_items(node):
                    inside = self._block(body, way, function, frame, sent)
                    if inside.left in {"return", "raise"} and not way.left:
                        return inside
                return self._block(orelse, way, function, frame, sent)
            case Attempt(body=body, orelse=orelse, final=final):
                after = self._block((*body, *orelse), way, function, frame, sent)
                ended = self._block(final, way, function, frame, sent)
                return ended if ended.left else after
            case Scoped(body=body):
                return self._block(body, way, function, frame, sent)
            case Aside(body=body):
                self._block(body, way, function, frame, sent)
                return way
            case Cases() | Mutation():
                return way
            case _:
                raise AssertionError(node)

    def _alternative(self, node: Alternative, way: _Way, function: str, frame: Frame, sent: list[Sent]) -> _Way:
        if node.test is None:
            return way
        known = self._contexts.truth(node.test, frame)
        sides: list[_Way] = []
        for outcome, tree in ((True, node.body), (False, node.orelse)):
            if known is None or known is outcome:
                passed = (
                    way.passage
                    if known is not None
                    else self._passages.after(node.test, outcome, self._inner(node, frame), way.passage)
                )
                sides.append(self._block(tree, _Way(passed), function, frame, sent))
        going = [side for side in sides if not side.left]
        if len(going) == 1 and len(sides) == 2:
            (stopped,) = [side for side in sides if side.left]
            passage = going[0].passage
            outward = passage.guarded and stopped.left == "raise"
            return _Way(replace(passage, outward=passage.outward or outward))
        if len(sides) == 1:
            return sides[0]
        return _Way(way.passage) if going else sides[0]

    def _inner(self, node: Alternative, frame: Frame) -> Frame:
        return self._system.evaluator.inner(node.scope, frame)

    def _step(self, node: Step, way: _Way, function: str, frame: Frame, sent: list[Sent]) -> _Way:
        if way.passage.guarded:
            return way
        step = self._contexts.in_frame(node, frame)
        for effect in step.effects:
            if effect.kind in KINDS:
                point = Point(step.scope.module, function, step.call.place, says(effect), effect.likely)
                sent.append(Sent(effect, step, (point,), frame, way.passage))
        after: list[_Way] = []
        if len({target.id.rpartition(".")[2] for target in step.targets}) > 1:
            return way  # a table of functions: which one runs is decided by what the message says
        for target in step.targets:
            inner, ended = self._function(target, self._contexts.frame(target, step.call, frame), way.passage)
            point = self._contexts.call_point(step, target, function)
            sent += [replace(item, witness=(point, *item.witness)) for item in inner]
            after.append(ended)
        if not after:
            return way
        if all(each.left for each in after):
            return after[0]
        if all(each.passage.guarded for each in after):
            return _Way(replace(way.passage, guarded=True, outward=True))
        return way


def _raises(statement: ir.Stmt) -> bool:
    return any(isinstance(inner, ir.Raise) or _raises(inner) for body in bodies(statement) for inner in body)
