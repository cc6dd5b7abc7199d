"""Activations: the contexts in which a function's body is known to run, one frame each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, Frame, Function, Instance, Site, Value

MOST_FRAMES = 24
MOST_APPLICATIONS = 400
DEEPEST = 4


class Activations:
    """Finds for a scope the frames that tell its callers, construction sites and enclosing calls apart.

    A registration inside `def install(app, prefix)` means something else for each caller; a poll loop in a method
    reads the topic that its object was constructed with.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._frames: dict[int, tuple[Frame, ...]] = {}
        self._depth = 0
        self._constructed: dict[str, list[tuple[ir.Call, Frame]]] = {}
        self._applied: dict[str, list[tuple[Function, ir.Call, Frame]]] | None = None

    def of(self, scope: Scope) -> tuple[Frame, ...]:
        """The frames of a scope; its root frame when no caller is known."""
        key = id(scope)
        found = self._frames.get(key)
        if found is None:
            root = self._evaluator.root(scope)
            self._frames[key] = (root,)
            if scope.kind == "function" and self._depth < DEEPEST:
                self._depth += 1
                try:
                    found = tuple(dict.fromkeys(self._find(scope))) or (root,)
                finally:
                    self._depth -= 1
            else:
                found = (root,)
            self._frames[key] = found
        return found

    def inner(self, scope: Scope) -> Iterable[Frame]:
        """The frames of a scope that may be a comprehension inside a function."""
        if scope.lexical is scope:
            return self.of(scope)
        return [self._evaluator.inner(scope, frame) for frame in self.of(scope.lexical)]

    # ------------------------------------------------------------------- calls

    def _find(self, scope: Scope) -> list[Frame]:
        evaluator = self._evaluator
        groups: list[list[Frame]] = []
        for call, root in evaluator.callers.of(scope.id):
            for caller in self.inner(root.scope):
                values = evaluator.values(call.function, caller)
                groups.append([frame for value in values for frame in self._entered(value, scope, call, caller)])
        found = _fairly(groups)
        for value, call, frame in self.applications().get(scope.id, ())[:MOST_APPLICATIONS]:
            found.append(evaluator.results.frame(value, call, frame))
        return found or self._by_surroundings(scope)

    def _entered(self, value: Value, scope: Scope, call: ir.Call, caller: Frame) -> Iterable[Frame]:
        evaluator = self._evaluator
        if isinstance(value, Function):
            if value.id == scope.id:
                yield evaluator.results.frame(value, call, caller)
            else:
                for inner in evaluator.decorators.wrapped(value):
                    if inner.id == scope.id:
                        yield evaluator.results.frame(inner, call, caller)
        elif isinstance(value, Class) and evaluator.results.constructor(value.id) == scope.id:
            receiver = Instance(value.id, Site(call, caller))
            yield evaluator.frames(scope, call=call, caller=caller, receiver=receiver)

    def _by_surroundings(self, scope: Scope) -> list[Frame]:
        """Without a known caller: per object the method belongs to, or per activation of the enclosing function."""
        evaluator = self._evaluator
        root = evaluator.root(scope)
        if scope.function is not None and scope.function.owner is not None:
            if not isinstance(root.receiver, Instance):
                return []
            return [evaluator.frames(scope, receiver=instance) for instance in self.instances(root.receiver.id)]
        if scope.parent is not None and scope.parent.kind == "function":
            return [evaluator.frames(scope, receiver=root.receiver, closure=frame) for frame in self.of(scope.parent)]
        return []

    # ------------------------------------------------------------ construction

    def instances(self, cls: str) -> list[Instance]:
        """The objects of a class or one of its subclasses, by their construction sites."""
        found: list[Instance] = []
        for each in (cls, *self._evaluator.classes.descendants(cls)):
            for call, root in self._constructions(each):
                found += [Instance(each, Site(call, frame)) for frame in self.inner(root.scope)]
        return found[:MOST_FRAMES]

    def _constructions(self, cls: str) -> list[tuple[ir.Call, Frame]]:
        found = self._constructed.get(cls)
        if found is None:
            found = self._constructed[cls] = []
            for call, scope in self._program.calls.get(self._program.classes[cls].name, ()):
                root = self._evaluator.root(scope)
                if Class(cls) in self._evaluator.values(call.function, root):
                    found.append((call, root))
        return found

    # -------------------------------------------------------------- decoration

    def applications(self) -> dict[str, list[tuple[Function, ir.Call, Frame]]]:
        """Project decorator -> its applications: the function with its closure, the applying call, the frame."""
        if self._applied is None:
            self._applied = defaultdict(list)
            for identifier in sorted(self._program.functions):
                facts = self._program.functions[identifier]
                scope = self._program.scopes[identifier]
                frame = self._evaluator.root(scope.parent or scope)
                for decorator in facts.decorators:
                    for value in self._evaluator.values(decorator, frame):
                        if isinstance(value, Function):
                            call = self._evaluator.decorators.application(decorator, identifier)
                            self._applied[value.id].append((value, call, frame))
        return self._applied


def _fairly(groups: list[list[Frame]]) -> list[Frame]:
    """All frames, or as many as are followed: the first of every caller before the second of any."""
    if sum(map(len, groups)) > MOST_FRAMES:
        groups = [[each for each in row if each is not None] for row in zip_longest(*groups)]
    return [frame for group in groups for frame in group][:MOST_FRAMES]
