"""Change streams: code that a store calls, or that listens to it, when something was written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.facts.children import spelled, walk
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import Class, External, Frame, Instance, Module, String

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

TABLE_STREAM = "dynamodb-stream"
DEEPEST = 6
# What a write of some verb is called in the changes that a stream tells of.
_CHANGES = {
    "insert": frozenset({"insert", "INSERT"}),
    "update": frozenset({"update", "MODIFY"}),
    "increment": frozenset({"update", "MODIFY"}),
    "replace": frozenset({"replace", "MODIFY"}),
    "delete": frozenset({"delete", "REMOVE"}),
    "upsert": frozenset({"insert", "update", "INSERT", "MODIFY"}),
}
_OPENING = frozenset({"get_collection", "collection", "Table", "table", "get_table", "with_options"})
_TYPES = frozenset({"operationType", "eventName"})


class Watcher(NamedTuple):
    """A function that is told of what is written to a collection or a table.

    `library`: that of the store. `accepted`: the changes it asks for, None for all of them.
    """

    function: str
    name: str
    library: str
    accepted: frozenset[str] | None = None


class ChangeStreams:
    """Finds them, and the writes that they tell of."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._evaluator = system.evaluator

    @cached_property
    def watchers(self) -> tuple[Watcher, ...]:
        """All functions that listen to a change stream, in a stable order."""
        found: dict[tuple[str, str], Watcher] = {}
        for entry in self._system.message_handlers:
            if entry.transport == TABLE_STREAM:
                for topic in entry.topics:
                    found.setdefault((entry.function, topic.text), Watcher(entry.function, topic.text, "boto3"))
        if self._system.models.of_kind("cdc"):
            for identifier in sorted(self._system.program.functions):
                for watcher in self._watching(identifier):
                    found.setdefault((watcher.function, watcher.name), watcher)
        return tuple(found.values())

    def _watching(self, function: str) -> Iterator[Watcher]:
        for call, scope in self._system.program.scopes[function].calls:
            if not isinstance(call.function, ir.Attr):
                continue
            frame = self._evaluator.root(scope)
            for callee in self._evaluator.values(call.function, frame):
                if not isinstance(callee, External):
                    continue
                for api in self._system.models.find(callee.name, "cdc"):
                    slot = api.slots.get("pipeline")
                    accepted = self._accepted(call, slot is not None)
                    if accepted == frozenset():
                        continue
                    for name in sorted(self.names(call.function.value, frame)):
                        yield Watcher(function, name, api.library, accepted)

    @staticmethod
    def _accepted(call: ir.Call, filtered: bool) -> frozenset[str] | None:
        """The changes that a pipeline lets through: None for all, none when it filters by what is stored."""
        texts: set[str] = set()
        narrowed = False
        for expr in (*call.arguments, *(value for _, value in call.keywords)) if filtered else ():
            for node in walk(expr):
                if isinstance(node, ir.Mapping):
                    for key, value in node.items:
                        if isinstance(key, ir.Const) and key.value in _TYPES:
                            narrowed = True
                            texts |= {
                                each.value
                                for each in walk(value)
                                if isinstance(each, ir.Const) and isinstance(each.value, str)
                            }
                        elif isinstance(key, ir.Const) and str(key.value).startswith("fullDocument."):
                            return frozenset()
        return frozenset(texts) if narrowed else None

    # ------------------------------------------------------------------ writes

    def of(self, effect: Effect, frame: Frame) -> Iterator[Watcher]:
        """The watchers that are told of a write."""
        if not self.watchers or effect.argument("condition") is not None:
            return
        names = self._written(effect, frame)
        kinds = self.kinds(effect)
        for watcher in self.watchers:
            if watcher.name in names and _is_same_store(watcher.library, effect.api.library):
                if watcher.accepted is None or (kinds and kinds & watcher.accepted and effect.verb != "upsert"):
                    yield watcher

    @staticmethod
    def kinds(effect: Effect) -> frozenset[str]:
        """What a change is called that a write makes."""
        return _CHANGES.get(effect.verb, frozenset())

    def _written(self, effect: Effect, frame: Frame) -> frozenset[str]:
        table = effect.argument("table")
        if table is not None:
            return frozenset(text.text.strip("{}") for text in self._evaluator.strings(table, frame))
        function = effect.call.function
        return self.names(function.value, frame) if isinstance(function, ir.Attr) else frozenset()

    # ------------------------------------------------------------------- names

    def names(self, expr: ir.Expr, frame: Frame, depth: int = 0) -> frozenset[str]:
        """The names of the collections or tables that an expression may stand for."""
        if depth > DEEPEST:
            return frozenset()
        match expr:
            case ir.Index(key=key):
                return frozenset(self._texts(key, frame))
            case ir.Call(function=ir.Attr(name=name) | ir.Name(id=name), arguments=(first, *_)) if name in _OPENING:
                return frozenset(self._texts(first, frame))
            case ir.Call():
                return self._returned(expr, frame, depth)
            case ir.Await(value=value):
                return self.names(value, frame, depth + 1)
            case ir.Attr(value=value, name=name):
                return self._attribute(value, name, frame, depth)
            case ir.Name(id=name):
                return self._named(name, frame.scope, depth)
            case _:
                return frozenset()

    def _texts(self, expr: ir.Expr, frame: Frame) -> list[str]:
        found = [text for text in self._evaluator.strings(expr, frame) if isinstance(text, String)]
        return [text.text.strip("{}") for text in found if text.parts]

    def _returned(self, call: ir.Call, frame: Frame, depth: int) -> frozenset[str]:
        _, targets = self._system.effects.classify(call, frame)
        scopes = [self._system.program.scopes[target.id] for target in targets]
        return frozenset().union(
            *(self.names(expr, self._evaluator.root(scope), depth + 1) for scope in scopes for expr in scope.returned)
        )

    def _attribute(self, value: ir.Expr, name: str, frame: Frame, depth: int) -> frozenset[str]:
        owners = self._evaluator.values(value, frame)
        found: set[str] = set()
        for owner in owners:
            if isinstance(owner, Module):
                scope = self._system.program.scopes.get(f"{owner.name}:")
                if scope is not None:
                    found |= self._named(name, scope, depth + 1)
            elif isinstance(owner, Instance | Class):
                for cls in self._evaluator.classes.order(owner.id)[0]:
                    for store in self._evaluator.classes.stores(cls).get(name, ()):
                        found |= self._bound([store.binding], store.scope, depth + 1)
                    defined = self._evaluator.classes.definition(cls, name)
                    if defined is not None:
                        found |= self._bound(defined[0], defined[1], depth + 1)
        if any(isinstance(owner, Instance | Class | Module) for owner in owners):
            return frozenset(found)
        return frozenset({name}) if spelled(value) else frozenset()

    def _named(self, name: str, scope: Scope | None, depth: int) -> frozenset[str]:
        while scope is not None and name not in scope.bindings:
            scope = scope.parent
        return self._bound(scope.bindings[name], scope, depth) if scope is not None else frozenset()

    def _bound(self, bindings: list[Binding], scope: Scope, depth: int) -> frozenset[str]:
        found: set[str] = set()
        for binding in bindings:
            if binding.kind == "value" and binding.expr is not None:
                found |= self.names(binding.expr, self._evaluator.root(scope), depth + 1)
            elif binding.imported is not None and binding.imported.member:
                module = self._evaluator.module(scope.module, binding.imported.level, binding.imported.module)
                origin = self._system.program.scopes.get(f"{module}:")
                if origin is not None:
                    found |= self._named(binding.imported.member, origin, depth + 1)
            elif binding.kind == "function" and binding.qualname:
                function = self._system.program.scopes.get(f"{scope.module}:{binding.qualname}")
                if function is not None:
                    for expr in function.returned:
                        found |= self.names(expr, self._evaluator.root(function), depth + 1)
            elif binding.kind == "parameter" and scope.function is not None and depth < DEEPEST:
                found |= self._given(binding, scope, depth + 1)
        return frozenset(found)

    def _given(self, binding: Binding, scope: Scope, depth: int) -> frozenset[str]:
        """What the callers of a function (or of the constructor it is) pass for a parameter."""
        found: set[str] = set()
        function = scope.function
        assert function is not None
        for call, caller in self._evaluator.callers.of(scope.id):
            for name, value in self._evaluator.parameters.of_call(scope, call, function.owner is not None).items():
                if scope.bindings.get(name) and binding in scope.bindings[name]:
                    found |= self.names(value, caller, depth + 1)
        return frozenset(found)


def _is_same_store(one: str, other: str) -> bool:
    mongo = {"pymongo", "motor", "beanie", "mongoengine"}
    return one == other or (one in mongo and other in mongo)
