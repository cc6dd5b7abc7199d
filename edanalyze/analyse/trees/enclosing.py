"""Enclosing nodes: the branches, loops and `try` blocks of a function that a call lies in."""

from __future__ import annotations

from typing import NamedTuple

from edanalyze.analyse.trees.trees import (
    Alternative,
    Aside,
    Attempt,
    Cases,
    Leave,
    Node,
    Repeat,
    Scoped,
    Step,
    Tree,
)
from edanalyze.facts.ir import Place


class Within(NamedTuple):
    """A node that a call lies in. `part`: "body", "orelse", "rescue", "final", "case", "head"; `block`: that part."""

    node: Node
    part: str
    block: Tree


def enclosing(tree: Tree, place: Place) -> tuple[Within, ...] | None:
    """The nodes around the call at a place, outermost first; None when the tree does not hold it."""
    for node in tree:
        if isinstance(node, Step) and node.call.place == place:
            return ()
        if isinstance(node, Scoped) and any(effect.call.place == place for effect in node.effects):
            return ()
        for part, block in _parts(node):
            inner = enclosing(block, place)
            if inner is not None:
                return (Within(node, part, block), *inner)
    return None


def _parts(node: Node) -> list[tuple[str, Tree]]:
    match node:
        case Alternative(body=body, orelse=orelse):
            return [("body", body), ("orelse", orelse)]
        case Cases(bodies=bodies):
            return [("case", body) for body in bodies]
        case Repeat(head=head, body=body, orelse=orelse):
            return [("head", head), ("body", body), ("orelse", orelse)]
        case Attempt(body=body, rescues=rescues, orelse=orelse, final=final):
            clauses = [("rescue", rescue.body) for rescue in rescues]
            return [("body", body), *clauses, ("orelse", orelse), ("final", final)]
        case Scoped(body=body) | Aside(body=body):
            return [("body", body)]
        case _:
            return []


def ways_out(tree: Tree) -> frozenset[str]:
    """How control may leave a block: "" when it may go on after it, else the kinds of its jumps."""
    found: set[str] = set()
    for node in tree:
        match node:
            case Leave(kind="yield"):
                continue
            case Leave(kind=kind):
                return frozenset({*found, kind})
            case Alternative(body=body, orelse=orelse):
                inner = ways_out(body) | ways_out(orelse)
            case Cases(bodies=bodies, exhaustive=exhaustive):
                inner = frozenset[str]().union(*map(ways_out, bodies), frozenset() if exhaustive else {""})
            case Attempt(body=body, rescues=rescues, orelse=orelse):
                inner = ways_out((*body, *orelse)).union(*(ways_out(rescue.body) for rescue in rescues))
            case Scoped(body=body):
                inner = ways_out(body)
            case Repeat(body=body):
                inner = (ways_out(body) - {"break", "continue"}) | {""}
            case _:
                continue
        found |= inner - {""}
        if "" not in inner:
            return frozenset(found)
    return frozenset({*found, ""})
