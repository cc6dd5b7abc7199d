"""Coroutines that are made first and run later, side by side: `one = get(1)`, `two = get(2)`, `gather(one, two)`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from edanalyze.analyse.trees.trees import Node, Repeat, Step
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, root_of, statements
from edanalyze.link.scopes import Scope

if TYPE_CHECKING:
    from edanalyze.analyse.trees.asides import Asides

_COLLECTING = frozenset({"append", "add", "extend", "insert"})


class Coroutines:
    """Holds back what a function makes and gathers under a name, until it is gathered.

    A coroutine that is made and not awaited has not run. Where it is handed on by name to a call that runs its
    arguments side by side, that call is where it runs.
    """

    def __init__(self, asides: Asides, scope: Scope, body: tuple[ir.Stmt, ...]) -> None:
        self._asides = asides
        self._names: frozenset[str] = frozenset()
        self._begun: dict[str, list[Node]] = defaultdict(list)
        if scope.function is not None and scope.function.asynchronous:
            self._names = self._gathered(body, scope)

    def _gathered(self, body: tuple[ir.Stmt, ...], scope: Scope) -> frozenset[str]:
        found: set[str] = set()
        for statement in statements(body):
            for expr in expressions(statement):
                for call in calls(expr):
                    names = _handed(call)
                    if names and self._asides.aside(call, scope) == "concurrent":
                        found |= names
        return frozenset(found)

    def assigned(self, statement: ir.Assign | ir.Augment, nodes: list[Node]) -> list[Node]:
        """What an assignment does at once: without the coroutines that it puts under a gathered name."""
        if not self._names or statement.value is None:
            return nodes
        targets = statement.targets if isinstance(statement, ir.Assign) else (statement.target,)
        name = root_of(targets[0])[0] if len(targets) == 1 and not isinstance(targets[0], ir.Attr) else ""
        if isinstance(targets[0], ir.Index):
            name = root_of(targets[0].value)[0]
        return self._held_back(name, statement.value, nodes) if name in self._names else nodes

    def collected(self, call: ir.Call, nodes: list[Node]) -> list[Node]:
        """What the arguments of a call do at once: without the coroutines that it adds to a gathered collection."""
        if not self._names:
            return nodes
        match call:
            case ir.Call(function=ir.Attr(value=ir.Name(id=name), name=method), arguments=(*_, value)):
                if name in self._names and method in _COLLECTING:
                    return self._held_back(name, value, nodes)
        return nodes

    def run(self, call: ir.Call) -> list[Node]:
        """The coroutines that a call runs side by side, of those that were held back."""
        return [node for name in sorted(_handed(call) & self._names) for node in self._begun[name]]

    def _held_back(self, name: str, value: ir.Expr, nodes: list[Node]) -> list[Node]:
        made = {id(call) for call in _made(value)}
        later = [node for node in nodes if self._is_begun(node, value, made)]
        self._begun[name] += later
        return [node for node in nodes if node not in later]

    def _is_begun(self, node: Node, value: ir.Expr, made: set[int]) -> bool:
        match node:
            case Step():
                return id(node.call) in made and self._is_coroutine(node)
            case Repeat(body=(*_, Step() as last)):
                return node.statement is value and id(last.call) in made and self._is_coroutine(last)
            case _:
                return False

    def _is_coroutine(self, step: Step) -> bool:
        return any(effect.api.data.get("async") for effect in step.effects) or any(
            self._asides.is_coroutine(target) for target in step.targets
        )


def _handed(call: ir.Call) -> set[str]:
    """The names that stand for arguments of a call: `f(one, *many, *by_key.values())`."""
    found: set[str] = set()
    for argument in call.arguments:
        inner = argument.value if isinstance(argument, ir.Star) else argument
        match inner:
            case ir.Name(id=name) | ir.Call(function=ir.Attr(value=ir.Name(id=name), name="values"), arguments=()):
                found.add(name)
    return found


def _made(value: ir.Expr) -> list[ir.Call]:
    """The calls whose results a value is made of, unless they are awaited."""
    match value:
        case ir.Call():
            parts: tuple[ir.Expr, ...] = (value,)
        case ir.Items(items=items):
            parts = items
        case ir.Mapping(items=pairs):
            parts = tuple(item for _, item in pairs)
        case ir.Comprehension(element=element):
            parts = (element,)
        case _:
            parts = ()
    return [part for part in parts if isinstance(part, ir.Call) and not part.awaited]
