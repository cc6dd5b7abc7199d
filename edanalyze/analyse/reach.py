"""Reach: which effects a function leads to, and by which path."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from edanalyze.analyse.contexts import Contexts
from edanalyze.analyse.effects import Effect
from edanalyze.analyse.trees import Alternative, Aside, Attempt, Cases, Leave, Repeat, Scoped, Step, Tree
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.values import Frame, Function

MOST = 400
DEEPEST = 24


Counts: TypeAlias = Callable[[Step, Witness, Effect], bool]
HTTP = frozenset({"http"})


class _Sought(NamedTuple):
    counts: Counts
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """An effect that a function reaches. `witness` leads from the function's own call down to the effect's.

    `deferred`: nobody waits for it. `concurrent`: it runs side by side with others. `frame`: of the function that
    holds the effect.
    """

    effect: Effect
    step: Step
    witness: Witness
    frame: Frame
    deferred: bool = False
    concurrent: bool = False

    @property
    def place(self) -> tuple[str, ir.Place]:
        """Module and place of the physical call."""
        return (self.step.scope.module, self.step.call.place)


@dataclass(frozen=True, slots=True, eq=False)
class _Walked:
    effects: tuple[Reached, ...]
    functions: tuple[str, ...]


class Reach:
    """Reached effects and functions, per function and call context."""

    def __init__(self, contexts: Contexts) -> None:
        self.contexts = contexts
        self._memo: dict[tuple[str, Hashable], _Walked] = {}
        self._active: list[tuple[str, Hashable]] = []

    def effects(self, function: Function, frame: Frame | None = None) -> tuple[Reached, ...]:
        """The effects that running a function reaches, nearest in the source first."""
        return self._walk(function, frame or self.frame(function)).effects

    def functions(self, function: Function, frame: Frame | None = None) -> tuple[str, ...]:
        """The project functions that running a function may run, itself first."""
        return self._walk(function, frame or self.frame(function)).functions

    def frame(self, function: Function) -> Frame:
        """The frame of any activation of a function value (with its receiver and closure)."""
        return self.contexts.evaluator.results.frame(function, None, None)

    def _walk(self, function: Function, frame: Frame) -> _Walked:
        tree = self.contexts.tree(function.id)
        key = (function.id, self.contexts.key(tree, frame))
        found = self._memo.get(key)
        if found is not None:
            return found
        if key in self._active or len(self._active) > DEEPEST:
            return _Walked((), (function.id,))
        self._active.append(key)
        if key[1] is None:
            frame = self.contexts.root(function.id)
        effects: list[Reached] = []
        functions: dict[str, None] = {function.id: None}
        self._tree(tree.body, function.id, frame, effects, functions)
        self._active.pop()
        kept: dict[tuple[object, ...], Reached] = {}
        for item in effects:
            kept.setdefault((item.witness[0].place, item.place, item.effect.kind, item.deferred), item)
        found = _Walked(tuple(kept.values())[:MOST], tuple(functions))
        self._memo[key] = found
        return found

    def _tree(
        self, tree: Tree, function: str, frame: Frame, effects: list[Reached], functions: dict[str, None]
    ) -> None:
        for node in tree:
            match node:
                case Step():
                    self._step(node, function, frame, effects, functions)
                case Alternative(body=body, orelse=orelse):
                    self._tree(body, function, frame, effects, functions)
                    self._tree(orelse, function, frame, effects, functions)
                case Cases(bodies=bodies):
                    for body in bodies:
                        self._tree(body, function, frame, effects, functions)
                case Repeat(head=head, body=body, orelse=orelse):
                    for part in (head, body, orelse):
                        self._tree(part, function, frame, effects, functions)
                case Attempt(body=body, rescues=rescues, orelse=orelse, final=final):
                    for part in (body, *(rescue.body for rescue in rescues), orelse, final):
                        self._tree(part, function, frame, effects, functions)
                case Scoped():
                    for hook in (*node.enter, *node.leave):
                        self._step(self.contexts.hook(node, hook), function, frame, effects, functions)
                    for generator, call in node.generators:
                        self._step(Step(call, node.scope, (), (generator,)), function, frame, effects, functions)
                    self._tree(node.body, function, frame, effects, functions)
                case Aside(kind=kind, body=body):
                    inner: list[Reached] = []
                    self._tree(body, function, frame, inner, functions)
                    later = kind != "concurrent"
                    effects += [
                        replace(item, deferred=item.deferred or later, concurrent=item.concurrent or not later)
                        for item in inner
                    ]
                case _:
                    pass

    def _step(
        self, node: Step, function: str, frame: Frame, effects: list[Reached], functions: dict[str, None]
    ) -> None:
        step = self.contexts.in_frame(node, frame)
        place = step.call.place
        for effect in step.effects:
            point = Point(step.scope.module, function, place, says(effect), effect.likely)
            effects.append(Reached(effect, step, (point,), frame, deferred=effect.kind == "deferred_publish"))
        for target in step.targets:
            walked = self._walk(target, self.contexts.frame(target, step.call, frame))
            functions.update(dict.fromkeys(walked.functions))
            if walked.effects:
                point = self.contexts.call_point(step, target, function)
                effects += [replace(item, witness=(point, *item.witness)) for item in walked.effects]

    # ---------------------------------------------------------------- sequence

    def longest(self, function: Function, counts: Counts, kinds: frozenset[str] = HTTP) -> list[Witness]:
        """The witnesses of the most effects of some kinds that run one after the other on one path.

        Repetitions are not counted. `counts` is asked of each effect, with the path that leads to it.
        """
        return self._longest(function, self.frame(function), _Sought(counts, kinds), ())

    def _longest(self, function: Function, frame: Frame, counts: _Sought, path: Witness) -> list[Witness]:
        if len(path) > 10 or any(point.function == function.id for point in path):
            return []
        if not any(item.effect.kind in counts.kinds for item in self._walk(function, frame).effects):
            return []
        through, ended = self._sequence(self.contexts.tree(function.id).body, function.id, frame, counts, path)
        return max(through or [], ended, key=len)

    def _sequence(
        self, tree: Tree, function: str, frame: Frame, counts: _Sought, path: Witness
    ) -> tuple[list[Witness] | None, list[Witness]]:
        """The best path that goes on after the tree (None when none does) and the best that ends in it."""
        current: list[Witness] = []
        ended: list[Witness] = []

        def inner(part: Tree) -> tuple[list[Witness] | None, list[Witness]]:
            return self._sequence(part, function, frame, counts, path)

        for node in tree:
            options: list[list[Witness] | None] = []
            ends: list[list[Witness]] = []
            match node:
                case Leave(kind="return" | "raise" | "break" | "continue"):
                    return None, max(ended, current, key=len)
                case Step():
                    options = [self._counted(node, function, frame, counts, path)]
                case Alternative(body=body, orelse=orelse):
                    options, ends = _pairs(inner(body), inner(orelse))
                case Cases(bodies=bodies, exhaustive=exhaustive):
                    options, ends = _pairs(*(inner(body) for body in bodies))
                    if not exhaustive:
                        options.append([])
                case Repeat(head=head, body=body):
                    before, _ = inner(head)
                    through, stopped = inner(body)
                    options, ends = [[*(before or []), *max(through or [], stopped, key=len)]], []
                case Attempt(body=body, orelse=orelse, final=final, rescues=rescues):
                    options, ends = _pairs(inner((*body, *orelse, *final)))
                    if options == [None]:
                        for rescue in rescues:
                            more, stops = _pairs(inner(rescue.body))
                            options += more
                            ends += stops
                case Scoped(body=body):
                    options, ends = _pairs(inner(body))
                case Aside(kind="concurrent", body=body):
                    through, stopped = inner(body)
                    options = [max(through or [], stopped, key=len)[:1]]
                case _:
                    continue
            ended = max([ended, *([*current, *end] for end in ends)], key=len)
            going = [option for option in options if option is not None]
            if not going:
                return None, ended
            current = [*current, *max(going, key=len)]
        return current, ended

    def _counted(self, node: Step, function: str, frame: Frame, counts: _Sought, path: Witness) -> list[Witness]:
        step = self.contexts.in_frame(node, frame)
        for effect in step.effects:
            point = Point(step.scope.module, function, step.call.place, says(effect), effect.likely)
            if effect.kind in counts.kinds and counts.counts(step, (*path, point), effect):
                return [(*path, point)]
        best: list[Witness] = []
        for target in step.targets:
            point = self.contexts.call_point(step, target, function)
            found = self._longest(target, self.contexts.frame(target, step.call, frame), counts, (*path, point))
            best = max(best, found, key=len)
        return best


def _pairs(
    *results: tuple[list[Witness] | None, list[Witness]],
) -> tuple[list[list[Witness] | None], list[list[Witness]]]:
    return [through for through, _ in results], [stopped for _, stopped in results]


def says(effect: Effect) -> str:
    """What an effect does, in words."""
    name = effect.name.rpartition(".")[2] or effect.name
    if effect.api.call.endswith(".__call__"):  # the name under which the code holds the object that is called
        name = spelled(effect.call.function).rpartition(".")[2] or name
    return {
        "http": f"`{name}` sends an HTTP request and waits for the answer",
        "rpc": f"`{name}` calls a remote procedure",
        "publish": f"`{name}` publishes a message",
        "deferred_publish": f"`{name}` publishes a message after the commit",
        "write": f"`{name}` writes to the database",
        "dedupe": f"`{name}` writes to the database",
        "commit": f"`{name}` commits the transaction",
        "mail": f"`{name}` sends mail",
        "payment": f"`{name}` moves money",
        "ack": f"`{name}` settles the message",
        "outbox": f"`{name}` stores an event",
    }.get(effect.kind, f"`{name}` ({effect.kind})")
