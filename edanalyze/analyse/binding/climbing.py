"""Climbing: the contexts in which a function runs, from its open frame outwards to callers and constructors.

A context is a chain of links from the outermost function down to the one that makes the library call. Its frames are
built from the outside in, with the outermost function's own parameters left open: what is still a hole there depends
on who calls that function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edanalyze.analyse.binding.handing import Handing
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, Frame, Function, Instance, Partial, Site, String, Value

MOST_LINKS = 6
MOST_CONTEXTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """How the next inner function comes to run: `call` in `scope` calls it or constructs its object ("construct");
    "within" says that `scope` encloses it, and has no call.
    """

    kind: str
    call: ir.Call | None
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """A chain of links (the innermost first) around the function `inner`; `receiver` is that of the outermost."""

    inner: Scope
    links: tuple[Link, ...] = ()
    receiver: Instance | None = None

    @property
    def top(self) -> Scope:
        """The outermost function (or module)."""
        return self.links[-1].scope.lexical if self.links else self.inner.lexical


class Climbing:
    """Contexts of a program."""

    def __init__(self, contexts: Contexts, handing: Handing) -> None:
        self._program = contexts.program
        self._evaluator = contexts.evaluator
        self._handing = handing
        self._constructions: dict[str, list[tuple[ir.Call, Scope]]] = {}
        self._callers: dict[str, list[tuple[ir.Call, Scope]]] = {}

    # ------------------------------------------------------------------ frames

    def frames(self, context: Context) -> list[Frame]:
        """The frames of the innermost function in a context."""
        outer = context.links[-1].scope if context.links else context.inner
        root = self._evaluator.root(outer, open=True)
        if context.receiver is not None:
            function = outer.lexical
            root = self._evaluator.frames(function, receiver=context.receiver, closure=root.closure, open=True)
            if function is not outer:
                root = self._evaluator.inner(outer, root)
        frames = [root]
        for position in range(len(context.links) - 1, -1, -1):
            link = context.links[position]
            target = context.links[position - 1].scope if position else context.inner
            function = target.lexical
            entered = [new for frame in frames for new in self._entered(link, function, frame)]
            frames = [frame if function is target else self._evaluator.inner(target, frame) for frame in entered]
        return list(dict.fromkeys(frames))

    def _entered(self, link: Link, function: Scope, frame: Frame) -> Iterator[Frame]:
        evaluator = self._evaluator
        if link.call is None:
            root = evaluator.root(function, open=True)
            yield evaluator.frames(function, receiver=root.receiver, closure=frame, open=True)
            return
        values = evaluator.values(link.call.function, frame)
        if link.kind == "call" and values and all(isinstance(value, String) for value in values):
            values = evaluator.values(link.call.function, evaluator.root(link.scope))  # what is called is handed in
        for value in values:
            if link.kind == "construct":
                if isinstance(value, Class) and self._inherits(value.id, function):
                    receiver = Instance(value.id, Site(link.call, frame))
                    yield evaluator.frames(function, receiver=receiver, open=True)
            else:
                yield from self._called(value, link.call, function, frame)

    def _called(self, value: Value, call: ir.Call, function: Scope, frame: Frame) -> Iterator[Frame]:
        evaluator = self._evaluator
        match value:
            case Function(id=identifier) if identifier == function.id:
                yield evaluator.results.frame(value, call, frame)
            case Function(id=identifier) if identifier in evaluator.classes.stands_for(function.id):
                override = Function(function.id, Instance(function.id.rpartition(".")[0]))
                yield evaluator.results.frame(override, call, frame)
            case Function():
                for inner in evaluator.decorators.wrapped(value):
                    if inner.id == function.id:
                        yield evaluator.results.frame(inner, call, frame)
            case Class(id=cls) if evaluator.results.constructor(cls) == function.id:
                yield evaluator.frames(function, call=call, caller=frame, receiver=Instance(cls, Site(call, frame)))
            case Partial(target=Function(id=identifier) as target, site=site) if identifier == function.id:
                yield evaluator.results.frame(target, self._handing.partial(value, call), site.frame)
            case Instance():
                for method in evaluator.attributes.of(value, "__call__"):
                    if isinstance(method, Function) and method.id == function.id:
                        yield evaluator.results.frame(method, call, frame)

    def _inherits(self, cls: str, function: Scope) -> bool:
        owner = f"{function.module}:{function.function.owner}" if function.function is not None else ""
        return owner in self._evaluator.classes.order(cls)[0]

    # ------------------------------------------------------------------- steps

    def outwards(self, context: Context, kind: str) -> list[Context]:
        """The contexts one step further out, through callers ("call"), constructions, subclasses or what encloses."""
        if len(context.links) >= MOST_LINKS:
            return []
        found = list(self._further(context, kind))[:MOST_CONTEXTS]
        return [each for each in found if not self._repeats(each)]

    @staticmethod
    def _repeats(context: Context) -> bool:
        calls = [id(link.call) for link in context.links if link.call is not None]
        return len(set(calls)) < len(calls)

    def _further(self, context: Context, kind: str) -> Iterator[Context]:
        top = context.top
        function = top.function
        if function is None:
            return
        if kind == "call":
            for call, scope in self.callers(top.id):
                yield Context(context.inner, (*context.links, Link("call", call, scope)))
        elif kind == "enclose":
            if top.parent is not None and top.parent.lexical.kind == "function":
                within = Context(context.inner, (*context.links, Link("within", None, top.parent)))
                for step in ("subclass", "construct", "call", "enclose"):
                    yield from self._further(within, step)
        elif function.owner is not None and "." not in _below(function.qualname, function.owner):
            own = f"{top.module}:{function.owner}"
            cls = context.receiver.id if context.receiver is not None else own
            if kind == "construct":
                for call, scope in self.constructions(cls):
                    yield Context(context.inner, (*context.links, Link("construct", call, scope)))
            elif kind == "subclass" and context.receiver is None:
                for child in self._evaluator.classes.descendants(own):
                    if self._runs(child, function.name, top.id):
                        yield Context(context.inner, context.links, Instance(child, None, open=True))

    def _runs(self, cls: str, name: str, function: str) -> bool:
        """Whether objects of a class run that very method."""
        values = self._evaluator.attributes.of(Instance(cls, None, open=True), name)
        return any(isinstance(value, Function) and value.id == function for value in values)

    def callers(self, function: str) -> list[tuple[ir.Call, Scope]]:
        """The calls that run a function, also those that an executor or thread makes."""
        found = self._callers.get(function)
        if found is None:
            found = [(call, frame.scope) for call, frame in self._evaluator.callers.of(function)]
            name = self._program.functions[function].name
            for call, scope in self._handing.references(name):
                values = self._evaluator.values(call.function, self._evaluator.root(scope))
                if any(isinstance(value, Function) and value.id == function for value in values):
                    found.append((call, scope))
            self._callers[function] = found
        return found

    def constructions(self, cls: str) -> list[tuple[ir.Call, Scope]]:
        """The calls that construct a class (or a subclass)."""
        found = self._constructions.get(cls)
        if found is None:
            found = []
            for each in (cls, *self._evaluator.classes.descendants(cls)):
                for call, scope in self._program.calls.get(self._program.classes[each].name, ()):
                    if Class(each) in self._evaluator.values(call.function, self._evaluator.root(scope)):
                        found.append((call, scope))
            self._constructions[cls] = found
        return found

    # ------------------------------------------------------------------ points

    def path(self, context: Context, links: int, last: Point) -> tuple[Point, ...]:
        """The way from the `links`-th link (counted from the inside) down to the library call."""
        points = [self._point(context, position) for position in range(links - 1, -1, -1)]
        return (*(point for point in points if point is not None), last)

    @staticmethod
    def _point(context: Context, position: int) -> Point | None:
        link = context.links[position]
        if link.call is None:
            return None
        inner = (context.links[position - 1].scope if position else context.inner).lexical
        owner = link.scope.lexical
        name = inner.name
        if link.kind == "construct" and inner.function is not None and inner.function.owner is not None:
            name = inner.function.owner
        return Point(owner.module, owner.id, link.call.place, f"`{name}` is called")


def _below(qualname: str, owner: str) -> str:
    return qualname[len(owner) + 1 :]


def named(scope: Scope) -> Iterable[str]:
    """The parameters of a function."""
    return (parameter.name for parameter in scope.function.parameters) if scope.function is not None else ()
