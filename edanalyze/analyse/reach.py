"""Reach: which effects a function leads to, and by which path."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from edanalyze.analyse.bearing import AFFECTS, Bearing
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.trees.trees import Alternative, Aside, Attempt, Cases, Leave, Repeat, Scoped, Step, Tree, parts
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


class Reached(msgspec.Struct, frozen=True, eq=False):
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


class _Run(NamedTuple):
    """A step that running a function runs, be it aside."""

    step: Step
    deferred: bool
    concurrent: bool


T = TypeVar("T")


class _Walk(Generic[T]):
    """What was found per function and call context, and the functions that are being walked."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, Hashable], tuple[T, ...]] = {}
        self.active: list[tuple[str, Hashable]] = []


class Reach:
    """Reached effects and functions, per function and call context."""

    def __init__(self, contexts: Contexts, bearing: Bearing) -> None:
        self.contexts = contexts
        self._bearing = bearing
        self._runs: dict[str, tuple[_Run, ...]] = {}
        self._effects = _Walk[Reached]()
        self._functions = _Walk[str]()

    def effects(self, function: Function, frame: Frame | None = None) -> tuple[Reached, ...]:
        """The effects that running a function reaches, nearest in the source first."""
        if not self._bearing.may(function.id, AFFECTS):
            return ()
        return self._walk(self._effects, self._reached, (), function, frame or self.frame(function))

    def functions(self, function: Function, frame: Frame | None = None) -> tuple[str, ...]:
        """The project functions that running a function may run, itself first."""
        return self._walk(self._functions, self._called, (function.id,), function, frame or self.frame(function))

    def frame(self, function: Function) -> Frame:
        """The frame of any activation of a function value (with its receiver and closure)."""
        return self.contexts.evaluator.results.frame(function, None, None)

    def _walk(
        self,
        walk: _Walk[T],
        find: Callable[[str, Frame], tuple[T, ...]],
        own: tuple[T, ...],
        function: Function,
        frame: Frame,
    ) -> tuple[T, ...]:
        """What `find` finds in a function; only `own` where that is being found already, or lies too deep."""
        key = (function.id, self.contexts.key(self.contexts.tree(function.id), frame))
        found = walk.found.get(key)
        if found is None:
            if key in walk.active or len(walk.active) > DEEPEST:
                return own
            walk.active.append(key)
            found = walk.found[key] = find(
                function.id, frame if key[1] is not None else self.contexts.root(function.id)
            )
            walk.active.pop()
        return found

    def _called(self, function: str, frame: Frame) -> tuple[str, ...]:
        functions: dict[str, None] = {function: None}
        for node, _, _ in self._run_by(function):
            step = self.contexts.in_frame(node, frame)
            for target in step.targets:
                if self._run_by(target.id):
                    inner = self.contexts.frame(target, step.call, frame)
                    functions.update(dict.fromkeys(self.functions(target, inner)))
                else:
                    functions[target.id] = None
        return tuple(functions)

    def _reached(self, function: str, frame: Frame) -> tuple[Reached, ...]:
        kept: dict[tuple[object, ...], Reached] = {}
        for run in self._run_by(function):
            for item in self._of_step(run, function, frame):
                kept.setdefault((item.witness[0].place, item.place, item.effect.kind, item.deferred), item)
        return tuple(kept.values())[:MOST]

    def _of_step(self, run: _Run, function: str, frame: Frame) -> Iterator[Reached]:
        node, later, beside = run
        step = self.contexts.in_frame(node, frame)
        for effect in step.effects:
            point = Point(step.scope.module, function, step.call.place, says(effect), effect.likely)
            yield Reached(effect, step, (point,), frame, later or effect.kind == "deferred_publish", beside)
        for target in step.targets:
            if self._bearing.may(target.id, AFFECTS):
                point = self.contexts.call_point(step, target, function)
                for item in self.effects(target, self.contexts.frame(target, step.call, frame)):
                    way = (point, *item.witness)
                    yield Reached(
                        item.effect, item.step, way, item.frame, later or item.deferred, beside or item.concurrent
                    )

    def _run_by(self, function: str) -> tuple[_Run, ...]:
        found = self._runs.get(function)
        if found is None:
            found = self._runs[function] = tuple(self._steps(self.contexts.tree(function).body, False, False))
        return found

    def _steps(self, tree: Tree, deferred: bool, concurrent: bool) -> Iterator[_Run]:
        for node in tree:
            match node:
                case Step():
                    yield _Run(node, deferred, concurrent)
                case Scoped():
                    around = [self.contexts.hook(node, hook) for hook in (*node.enter, *node.leave)]
                    around += [Step(call, node.scope, (), (generator,)) for generator, call in node.generators]
                    yield from (_Run(step, deferred, concurrent) for step in around)
                    yield from self._steps(node.body, deferred, concurrent)
                case Aside(kind=kind, body=body):
                    beside = kind == "concurrent"
                    yield from self._steps(body, deferred or not beside, concurrent or beside)
                case _:
                    for part in parts(node):
                        yield from self._steps(part, deferred, concurrent)

    # ---------------------------------------------------------------- sequence

    def longest(self, function: Function, counts: Counts, kinds: frozenset[str] = HTTP) -> list[Witness]:
        """The witnesses of the most effects of some kinds that run one after the other on one path.

        Repetitions are not counted. `counts` is asked of each effect, with the path that leads to it.
        """
        return self._longest(function, self.frame(function), _Sought(counts, kinds), ())

    def _longest(self, function: Function, frame: Frame, counts: _Sought, path: Witness) -> list[Witness]:
        if len(path) > 10 or any(point.function == function.id for point in path):
            return []
        if not any(item.effect.kind in counts.kinds for item in self.effects(function, frame)):
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
                case Aside(kind="concurrent", body=body):  # of what runs side by side, the longest counts
                    tasks = [inner((task,)) for task in body]
                    options = [max((through or stopped for through, stopped in tasks), key=len, default=[])]
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
    held = isinstance(effect.call.function, ir.Name) and not effect.handed
    if held or effect.api.call.endswith(".__call__"):  # the name under which the code holds what is called
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
