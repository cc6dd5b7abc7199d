"""Effect trees: a function's control flow reduced to the calls that matter.

A tree is a tuple of nodes in execution order. It is built once per function, in the function's root frame, and read by
every analysis. A call that neither has an effect nor runs project code leaves no node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Function


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A call: its library effects, then the project functions it may run.

    `dynamic`: look again in a call frame; `selected`: and believe it when there is nothing, because the caller chooses
    by name what is called.
    """

    call: ir.Call
    scope: Scope
    effects: tuple[Effect, ...]
    targets: tuple[Function, ...]
    dynamic: bool = False
    selected: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Mutation:
    """A change of an object that may be a persistent entity: `order.status = ...`, `self.lines.append(...)`.

    `augmented`: something is added to an attribute of another object.
    """

    line: int
    target: ir.Attr
    augmented: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """`if test` with both sides (also conditional expressions and short-circuit operators, whose test may be None)."""

    test: ir.Expr | None
    scope: Scope
    body: Tree
    orelse: Tree


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """A match statement: one body runs, or none unless `exhaustive`."""

    subject: ir.Expr
    scope: Scope
    bodies: tuple[Tree, ...]
    exhaustive: bool


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """A loop or comprehension. `statement` is the source construct; `collection`: it visits the items of one."""

    statement: ir.Loop | ir.Comprehension
    scope: Scope
    head: Tree
    body: Tree
    orelse: Tree = ()


@dataclass(frozen=True, slots=True, eq=False)
class Rescue:
    """One `except` clause."""

    handler: ir.Handler
    body: Tree


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """`try` with its clauses."""

    statement: ir.Try
    scope: Scope
    body: Tree
    rescues: tuple[Rescue, ...]
    orelse: Tree
    final: Tree


@dataclass(frozen=True, slots=True, eq=False)
class Scoped:
    """A `with` item (or a decorator) around a body.

    `effects` are those of the library object that is entered (a transaction scope); `enter`/`leave` the project
    methods that run; `generator` the context manager function whose body stands around.
    """

    expr: ir.Expr
    scope: Scope
    effects: tuple[Effect, ...]
    enter: tuple[Function, ...]
    leave: tuple[Function, ...]
    generators: tuple[tuple[Function, ir.Call], ...]
    body: Tree


@dataclass(frozen=True, slots=True, eq=False)
class Aside:
    """Code that does not run in line: `kind` "deferred", "concurrent" or "after_commit", made by `call`.

    Concurrent code is waited for; deferred code is not.
    """

    kind: str
    call: ir.Call
    scope: Scope
    body: Tree
    direct: bool = False  # the function itself was handed over, not a lambda


@dataclass(frozen=True, slots=True, eq=False)
class Leave:
    """`return`, `raise`, `break`, `continue`, or the `yield` of a context manager (`kind`)."""

    kind: str
    value: ir.Expr | None = None
    line: int = 0


Node: TypeAlias = Step | Mutation | Alternative | Cases | Repeat | Attempt | Scoped | Aside | Leave
Tree: TypeAlias = tuple[Node, ...]

EMPTY: Tree = ()


@dataclass(frozen=True, slots=True, eq=False)
class FunctionTree:
    """The tree of one function (or of a module's top level).

    `callables` are parameters that are called or handed on; `switches` those that are tested; `selectors` those that
    name an attribute for `getattr`: they make a call context worth telling apart.
    """

    id: str
    scope: Scope
    body: Tree
    callables: frozenset[str] = field(default=frozenset())
    switches: frozenset[str] = field(default=frozenset())
    selectors: frozenset[str] = field(default=frozenset())
    telling: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "telling", tuple(sorted(self.callables | self.switches)))


def is_broad(handler: ir.Handler) -> bool:
    """Whether an `except` clause catches every ordinary exception."""
    types = handler.types
    if types is None:
        return True
    names = types.items if isinstance(types, ir.Items) else (types,)
    return any(isinstance(name, ir.Name) and name.id in {"Exception", "BaseException"} for name in names)


def nodes(tree: Tree) -> Iterator[Node]:
    """All nodes of a tree, also those that run aside, in source order; a node comes before what it holds."""
    for node in tree:
        yield node
        for part in parts(node):
            yield from nodes(part)


_PARTS: dict[type, Callable[[Any], tuple[Tree, ...]]] = {
    Alternative: lambda node: (node.body, node.orelse),
    Cases: lambda node: node.bodies,
    Repeat: lambda node: (node.head, node.body, node.orelse),
    Attempt: lambda node: (node.body, *[rescue.body for rescue in node.rescues], node.orelse, node.final),
    Scoped: lambda node: (node.body,),
    Aside: lambda node: (node.body,),
}


def parts(node: Node) -> tuple[Tree, ...]:
    """The trees that a node holds, in source order."""
    held = _PARTS.get(type(node))
    return held(node) if held is not None else ()


def steps(tree: Tree) -> list[Step]:
    """All steps of a tree, also those that run aside, in source order."""
    return [node for node in nodes(tree) if isinstance(node, Step)]
