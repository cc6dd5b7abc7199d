"""HTTP calls per item: loops and comprehensions over a collection whose body waits for one answer per item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.analyse.bearing import Bears
from edanalyze.analyse.trees.trees import Alternative, Aside, Attempt, Cases, Leave, Repeat, Scoped, Step, Tree
from edanalyze.analyse.witness import Witness
from edanalyze.facts import ir
from edanalyze.facts.children import calls, last_name, spelled, walk
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Display, External, ExternalInstance, Frame, Function

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

FEW = 2
"""Calls one after the other that are none too many."""
_BATCHES = re.compile(r"batch|chunk|page|paginat|slice|window|partition|group", re.I)
_STREAMS = re.compile(
    r"(^|\.)(poll|getmany|get_messages|listen|consume|receive\w*|iter_messages|stream\w*|subscribe|xread\w*|fetch_messages"
    r"|messages|records|pull|read_messages|events_stream|iterator)(\(\))?(\[\])?$|consumer(\(\))?$",
    re.I,
)
_WRAPPERS = frozenset({"enumerate", "sorted", "reversed", "list", "tuple", "set", "zip", "filter", "iter"})
_POLLED = re.compile(r"_(messages|msgs|records)(\[\])?$", re.I)
_COUNTING = frozenset({"range", "count", "repeat", "cycle", "Retrying", "AsyncRetrying", "retry_context"})


class Loops:
    """Finds the calls, innermost loop first."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._found: dict[tuple[str, ir.Place], tuple[Witness, str]] = {}

    def calls(self) -> Iterator[tuple[Witness, str]]:
        """The path from the call in the loop to the HTTP call, and what is iterated ("" when that has no name)."""
        contexts = self._system.contexts
        for function in dict.fromkeys(function for function, _ in contexts.inventory.repeats):
            if self._system.bearing.may(function, Bears.SENDS):
                self._tree(contexts.tree(function).body, function)
        for key in sorted(self._found, key=lambda key: (key[0], key[1].line, key[1].column)):
            witness, name = self._found[key]
            if not any((point.module, point.place) in self._found for point in witness[1:]):  # the innermost loop only
                yield witness, name

    def visits_items(self, node: Repeat) -> bool:
        """Whether a loop visits the items of a collection, rather than messages, batches or attempts."""
        return self._collection(node)[0] is not None

    def _tree(self, tree: Tree, function: str) -> None:
        for node in tree:
            match node:
                case Repeat():
                    self._repeat(node, function)
                    self._tree((*node.head, *node.body, *node.orelse), function)
                case Alternative(body=body, orelse=orelse):
                    self._tree((*body, *orelse), function)
                case Cases(bodies=bodies):
                    for body in bodies:
                        self._tree(body, function)
                case Attempt(body=body, rescues=rescues, orelse=orelse, final=final):
                    for part in (body, *(rescue.body for rescue in rescues), orelse, final):
                        self._tree(part, function)
                case Scoped(body=body):
                    self._tree(body, function)
                case Aside(kind=kind, body=body) if kind != "concurrent":
                    self._tree(body, function)
                case _:
                    pass

    def _repeat(self, node: Repeat, function: str) -> None:
        source, name = self._collection(node)
        if source is None or _stops_at_once(node.body):
            return
        lazily = isinstance(node.statement, ir.Comprehension)
        for step, witness in self._waits(node.body, function, lazily):
            key = (step.scope.module, step.call.place)
            self._found.setdefault(key, (witness, name))

    def _collection(self, node: Repeat) -> tuple[ir.Expr | None, str]:
        statement = node.statement
        if isinstance(statement, ir.Loop):
            if statement.kind != "for" or statement.asynchronous:
                return None, ""
            source = statement.source
        else:
            if any(generator.asynchronous for generator in statement.generators):
                return None, ""
            source = statement.generators[-1].source
        return (source, _named(source)) if self._is_collection(source, node.scope) else (None, "")

    def _is_collection(self, source: ir.Expr, scope: Scope) -> bool:
        text = spelled(source)
        if any(isinstance(node, ir.Const) and node.value in {"Records", "Messages"} for node in walk(source)):
            return False
        if _BATCHES.search(text) or _STREAMS.search(text) or (_POLLED.search(text) and self._handles(scope)):
            return False
        if isinstance(source, ir.Items):
            return not all(isinstance(item, ir.Const) for item in source.items)
        if isinstance(source, ir.Call):
            last = text.removesuffix("()").rsplit(".", 1)[-1]
            if last in _COUNTING:
                return len(source.arguments) < 3 and any(spelled(call.function) == "len" for call in calls(source))
            if last in _WRAPPERS and source.arguments:
                return self._is_collection(source.arguments[0], scope)
        frame = self._system.evaluator.root(scope)
        if self._is_fixed(source, frame):
            return False
        for value in self._system.evaluator.values(source, frame):
            if isinstance(value, External | ExternalInstance):
                rows = self._system.models.find(value.name.removesuffix("()").removesuffix("[]"))
                if any(row.kind in {"consumer", "retry"} for row in rows):
                    return False
        return not any(
            isinstance(node, ir.Name | ir.Attr)
            and re.search(r"attempt|retr(y|ies)|backoff|mirrors|hosts$|fallback", spelled(node), re.I)
            for node in walk(source)
        )

    def _is_fixed(self, source: ir.Expr, frame: Frame) -> bool:
        """Whether the code says how many items there are: a constant's, or those of a list that a function returns."""
        match source:
            case ir.Call(function=ir.Attr(value=held, name="keys" | "values" | "items"), arguments=()):
                source = held
        constant = isinstance(source, ir.Name | ir.Attr) and last_name(source).isupper()
        if not constant and not isinstance(source, ir.Call):
            return False
        values = self._system.evaluator.values(source, frame)
        return bool(values) and all(
            isinstance(value, Display) and _is_counted(value.expr, constant) for value in values
        )

    def _handles(self, scope: Scope) -> bool:
        """Whether nothing but handlers of messages leads to a function: what it visits is what they have read."""
        entries = self._system.redelivery.entries_of.get(scope.lexical.id, ())
        return bool(entries) and all(entry.kind == "handler" for entry in entries)

    def _waits(self, tree: Tree, function: str, lazily: bool) -> Iterator[tuple[Step, Witness]]:
        """The steps of a loop body that wait for an HTTP call; nested loops speak for themselves.

        A block that leaves the loop runs once: it found what was looked for.
        """
        if any(isinstance(node, Leave) and node.kind in {"break", "return"} for node in tree):
            return
        for node in tree:
            match node:
                case Step():
                    witness = self._waited(node, function)
                    if witness is not None:
                        yield node, witness
                case Alternative(body=body, orelse=orelse):
                    yield from self._waits((*body, *orelse), function, lazily)
                case Cases(bodies=bodies):
                    for body in bodies:
                        yield from self._waits(body, function, lazily)
                case Attempt(body=body, rescues=rescues, orelse=orelse, final=final):
                    for part in (body, *(rescue.body for rescue in rescues), orelse, final):
                        yield from self._waits(part, function, lazily)
                case Scoped(body=body):
                    yield from self._waits(body, function, lazily)
                case Repeat(body=body) if self._collection(node)[0] is None:
                    yield from self._waits(body, function, lazily)
                case _:
                    pass

    def _waited(self, step: Step, function: str) -> Witness | None:
        from edanalyze.analyse.reach import says
        from edanalyze.analyse.witness import Point

        for effect in step.effects:
            if effect.kind == "http" and not (
                effect.api.data.get("async") and not step.call.awaited and not self._entered(effect.api.data)
            ):
                point = Point(step.scope.module, function, step.call.place, says(effect), effect.likely)
                return (point,)
        for target in step.targets:
            if not self._system.bearing.may(target.id, Bears.SENDS):
                continue
            if self._is_coroutine(target) and not step.call.awaited:
                continue
            for item in self._system.reach.effects(target):
                if item.effect.kind == "http" and not item.deferred and not item.concurrent:
                    point = self._system.contexts.call_point(step, target, function)
                    return (point, *item.witness)
        return None

    @staticmethod
    def _entered(data: object) -> bool:
        return isinstance(data, dict) and str(data.get("style", "")).endswith("async_with")

    def _is_coroutine(self, function: Function) -> bool:
        facts = self._system.program.functions.get(function.id)
        return facts is not None and facts.asynchronous and not facts.generator


def _named(source: ir.Expr) -> str:
    """What is iterated, as it is written: `orders` of `enumerate(sorted(orders))`, `skus` of `range(len(skus))`."""
    while isinstance(source, ir.Call) and source.arguments:
        wrapper = spelled(source.function)
        counted = next((call for call in calls(source) if spelled(call.function) == "len" and call.arguments), None)
        if wrapper in _WRAPPERS:
            source = source.arguments[0]
        elif wrapper in _COUNTING and counted is not None:
            source = counted.arguments[0]
        else:
            break
    return _written(source)


def _written(expr: ir.Expr) -> str:
    """A name, attributes, items and calls as they are written, without arguments; "" where it is something else."""
    match expr:
        case ir.Name(id=name):
            return name
        case ir.Attr(value=value, name=name):
            return f"{base}.{name}" if (base := _written(value)) else ""
        case ir.Call(function=function):
            return f"{base}()" if (base := _written(function)) else ""
        case ir.Index(value=value, key=key):
            item = f'"{key.value}"' if isinstance(key, ir.Const) and isinstance(key.value, str) else "…"
            return f"{base}[{item}]" if (base := _written(value)) else ""
        case ir.Await(value=value):
            return _written(value)
        case _:
            return ""


def _is_counted(display: ir.Expr, constant: bool) -> bool:
    """Whether a display has the few items that are written: those of a constant, or literals that nobody adds to."""
    match display:
        case ir.Items(items=items) if len(items) <= FEW:
            return not any(isinstance(item, ir.Star) or not (constant or isinstance(item, ir.Const)) for item in items)
        case ir.Mapping(items=pairs) if len(pairs) <= FEW:
            return constant and all(key is not None for key, _ in pairs)
        case _:
            return False


def _stops_at_once(body: Tree) -> bool:
    """A loop that leaves after its first turn tries alternatives (failover), it does not visit the items."""
    for node in body:
        match node:
            case Leave(kind="break" | "return"):
                return True
            case Attempt(body=inner, orelse=orelse):
                if _stops_at_once(inner) or _stops_at_once(orelse):
                    return True
            case Scoped(body=inner):
                if _stops_at_once(inner):
                    return True
            case _:
                pass
    return False
