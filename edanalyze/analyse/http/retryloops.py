"""Loops that try the same thing again until it succeeds, as opposed to loops over many things."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from edanalyze.analyse.trees.trees import (
    Alternative,
    Attempt,
    Cases,
    Leave,
    Node,
    Repeat,
    Rescue,
    Scoped,
    Step,
    Tree,
    parts,
)
from edanalyze.facts import ir
from edanalyze.facts.children import calls, spelled, statements, walk

Wanted = Callable[[Step], bool]

_ATTEMPT = re.compile(r"attempt|retr(y|ies)|(^|_)tr(y|ies)(_|$)|backoff|delays?(_|$)", re.I)
_COUNTER = re.compile(r"^(_|i|n|count|counter)$|attempt|retr(y|ies)|(^|_)tr(y|ies)(_|$)|delay|backoff|wait|sleep", re.I)
_UNSENT = re.compile(
    r"^(ConnectError|ConnectTimeout|ConnectTimeoutError|NewConnectionError|ConnectionRefusedError|PoolTimeout"
    r"|NameResolutionError|gaierror|EmptyPoolError|ClientConnectorError)$"
    r"|rate_?limit|too_?many_?requests|throttl",
    re.I,
)


def tried_again(node: Repeat, wanted: Wanted) -> Tree:
    """What a loop runs again when it fails, as far as it holds a step that is `wanted`; empty when it is no retry."""
    loop = node.statement
    if not isinstance(loop, ir.Loop) or not _may_count(loop):
        return ()
    for attempt in _attempts(node.body):
        sent = [step for step in _straight(attempt.body) if isinstance(step, Step) and wanted(step)]
        if not sent or not any(_goes_on(rescue) for rescue in attempt.rescues) or _visits(loop, sent):
            continue
        if _leaves_after(attempt, node.body, wanted) or _flagged(loop):
            return attempt.body
    if _says_attempt(loop) and _completes(node.body) and _is_left_after(node.body, wanted):
        return node.body
    return ()


def is_unsent(types: ir.Expr | None) -> bool:
    """Whether exceptions all say that the request never reached its receiver, or was turned away."""
    names = [
        spelled(part).rpartition(".")[2]
        for part in (types.items if isinstance(types, ir.Items) else (types,))
        if part is not None
    ]
    return bool(names) and all(_UNSENT.search(name) for name in names)


# ------------------------------------------------------------------------ loops


def _may_count(loop: ir.Loop) -> bool:
    if loop.kind == "while":
        return True
    source = loop.source
    if isinstance(source, ir.Call) and spelled(source.function).rpartition(".")[2] in {"range", "count"}:
        return not any(spelled(call.function) == "len" for call in calls(source))
    if isinstance(source, ir.Items):
        return all(isinstance(item, ir.Const) and isinstance(item.value, int | float) for item in source.items)
    return _says_attempt(loop)


def _says_attempt(loop: ir.Loop) -> bool:
    return loop.kind == "for" and any(
        _ATTEMPT.search(name)
        for expr in (loop.target, loop.source)
        if expr is not None
        for node in walk(expr)
        if (name := _name(node))
    )


def _visits(loop: ir.Loop, sent: list[Step]) -> bool:
    """Whether the calls are about the item of the loop, so that each turn sends something else."""
    target = loop.target
    if loop.kind == "while":
        if any(_ATTEMPT.search(_name(node)) for node in walk(loop.source)):
            return False
        changing = {
            inner.id
            for statement in statements(loop.body)
            if isinstance(statement, ir.Assign)
            for inner in statement.targets
            if isinstance(inner, ir.Name)
        }
    elif not isinstance(target, ir.Name) or _ATTEMPT.search(target.id):
        return False
    elif not _COUNTER.search(target.id):
        return True
    else:
        changing = {target.id}
    return any(
        isinstance(node, ir.Name) and node.id in changing
        for step in sent
        for value in (*step.call.arguments, *(value for _, value in step.call.keywords))
        for node in walk(value)
    )


def _flagged(loop: ir.Loop) -> bool:
    """Whether a `while` goes on until a flag is set in its body: `while not sent`."""
    flags = {
        node.operands[0].id
        for node in walk(loop.source)
        if isinstance(node, ir.Operation) and node.operator == "not" and isinstance(node.operands[0], ir.Name)
    }
    return loop.kind == "while" and any(
        isinstance(target, ir.Name) and target.id in flags
        for statement in statements(loop.body)
        if isinstance(statement, ir.Assign)
        for target in statement.targets
    )


# ------------------------------------------------------------------------ trees


def _attempts(tree: Tree) -> Iterator[Attempt]:
    """The `try` statements of a loop body; nested loops speak for themselves."""
    for node in tree:
        if isinstance(node, Attempt):
            yield node
        if isinstance(node, Attempt | Scoped | Alternative | Cases):
            for part in parts(node):
                yield from _attempts(part)


def _straight(tree: Tree) -> Iterator[Node]:
    """The nodes of a tree in source order, without `except` clauses, nested loops and what runs aside."""
    for node in tree:
        yield node
        match node:
            case Attempt(body=body, orelse=orelse, final=final):
                yield from _straight((*body, *orelse, *final))
            case Scoped(body=body):
                yield from _straight(body)
            case Alternative(body=body, orelse=orelse):
                yield from _straight((*body, *orelse))
            case Cases(bodies=bodies):
                for body in bodies:
                    yield from _straight(body)
            case _:
                pass


def _goes_on(rescue: Rescue) -> bool:
    """Whether a clause may end without leaving the loop, so that the next turn tries again."""
    return not is_unsent(rescue.handler.types) and _completes(rescue.body)


def _completes(tree: Tree) -> bool:
    """Whether a tree may run to its end, or on to the next turn, without an error that is caught in it."""
    for node in tree:
        match node:
            case Leave(kind="continue"):
                return True
            case Leave(kind="return" | "raise" | "break"):
                return False
            case Alternative(body=body, orelse=orelse):
                if not _completes(body) and not _completes(orelse):
                    return False
            case Cases(bodies=bodies, exhaustive=True):
                if not any(_completes(body) for body in bodies):
                    return False
            case Scoped(body=body):
                if not _completes(body):
                    return False
            case Attempt(body=body, orelse=orelse):
                if not _completes((*body, *orelse)):
                    return False
            case _:
                pass
    return True


def _leaves_after(attempt: Attempt, body: Tree, wanted: Wanted) -> bool:
    """Whether success leaves the loop: behind the call, in the `else`, or behind the `try`."""
    if _is_left_after(attempt.body, wanted) or any(_is_leave(node) for node in _straight(attempt.orelse)):
        return True
    found = False
    for node in _straight(body):
        if node is attempt:
            found = True
        elif found and _is_leave(node) and not any(node is inner for inner in _straight((attempt,))):
            return True
    return False


def _is_left_after(tree: Tree, wanted: Wanted) -> bool:
    sent = False
    for node in _straight(tree):
        if isinstance(node, Step) and wanted(node):
            sent = True
        elif sent and _is_leave(node):
            return True
    return False


def _is_leave(node: Node) -> bool:
    return isinstance(node, Leave) and node.kind in {"return", "break"}


def _name(node: ir.Expr) -> str:
    match node:
        case ir.Name(id=name) | ir.Attr(name=name):
            return name
        case _:
            return ""
