"""Effect trees: a function's control flow reduced to the calls that matter.

A tree is a tuple of nodes in execution order. It is built once per function, in the function's root frame, and read by
every analysis. A call that neither has an effect nor runs project code leaves no node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Function


class Step(msgspec.Struct, frozen=True, gc=False, eq=False):
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


class Mutation(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A change of an object that may be a persistent entity: `order.status = ...`, `self.lines.append(...)`.

    `augmented`: something is added to an attribute of another object.
    """

    line: int
    target: ir.Attr
    augmented: bool = False


class Alternative(msgspec.Struct, frozen=True, gc=False, eq=False):
    """`if test` with both sides (also conditional expressions and short-circuit operators, whose test may be None)."""

    test: ir.Expr | None
    scope: Scope
    body: Tree
    orelse: Tree


class Cases(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A match statement: one body runs, or none unless `exhaustive`."""

    subject: ir.Expr
    scope: Scope
    bodies: tuple[Tree, ...]
    exhaustive: bool


class Repeat(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A loop or comprehension. `statement` is the source construct; `collection`: it visits the items of one."""

    statement: ir.Loop | ir.Comprehension
    scope: Scope
    head: Tree
    body: Tree
    orelse: Tree = ()


class Rescue(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One `except` clause."""

    handler: ir.Handler
    body: Tree


class Attempt(msgspec.Struct, frozen=True, gc=False, eq=False):
    """`try` with its clauses."""

    statement: ir.Try
    scope: Scope
    body: Tree
    rescues: tuple[Rescue, ...]
    orelse: Tree
    final: Tree


class Scoped(msgspec.Struct, frozen=True, gc=False, eq=False):
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


class Aside(msgspec.Struct, frozen=True, gc=False, eq=False):
    """Code that does not run in line: `kind` "deferred", "concurrent" or "after_commit", made by `call`.

    Concurrent code is waited for; deferred code is not.
    """

    kind: str
    call: ir.Call
    scope: Scope
    body: Tree
    direct: bool = False  # the function itself was handed over, not a lambda


class Leave(msgspec.Struct, frozen=True, gc=False, eq=False):
    """`return`, `raise`, `break`, `continue`, or the `yield` of a context manager (`kind`)."""

    kind: str
    value: ir.Expr | None = None
    line: int = 0


Node: TypeAlias = Step | Mutation | Alternative | Cases | Repeat | Attempt | Scoped | Aside | Leave
Tree: TypeAlias = tuple[Node, ...]

EMPTY: Tree = ()


class FunctionTree(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The tree of one function (or of a module's top level).

    `callables` are parameters that are called or handed on; `switches` those that are tested; `selectors` those that
    name an attribute for `getattr`: they make a call context worth telling apart.
    """

    id: str
    scope: Scope
    body: Tree
    callables: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()
    selectors: frozenset[str] = frozenset()

    @property
    def telling(self) -> tuple[str, ...]:
        """The callables and switches, in order."""
        return tuple(sorted(self.callables | self.switches))


def is_broad(handler: ir.Handler) -> bool:
    """Whether an `except` clause catches every ordinary exception."""
    types = handler.types
    if types is None:
        return True
    names = types.items if isinstance(types, ir.Items) else (types,)
    return any(isinstance(name, ir.Name) and name.id in {"Exception", "BaseException"} for name in names)


def nodes(tree: Tree) -> list[Node]:
    """All nodes of a tree, also those that run aside, in source order; a node comes before what it holds."""
    found: list[Node] = []
    _gather(tree, found)
    return found


def _gather(tree: Tree, found: list[Node]) -> None:
    for node in tree:
        found.append(node)
        held = _PARTS.get(type(node))
        for part in held(node) if held is not None else ():
            if part:
                _gather(part, found)


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
    return [node for node in nodes(tree) if type(node) is Step]
