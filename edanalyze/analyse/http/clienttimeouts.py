"""Timeouts of clients: what a client's constructor, its adapters, its own class or its library give to each request."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.trees.trees import Step
from edanalyze.facts import ir
from edanalyze.facts.children import expressions, statements, walk
from edanalyze.link.library import argument, has_unpacking
from edanalyze.link.values import Constant, Display, External, ExternalInstance, Frame, Instance, Value

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

_SENDING = ("send", "request", "_request", "prepare_request", "handle_request", "handle_async_request", "build_request")
_LIMITED = re.compile(r"timeout", re.I)


class Limit(enum.Enum):
    """Whether a request ends by itself."""

    GIVEN = "there is a timeout"
    NONE = "there is none"
    UNKNOWN = "not known"


class ClientTimeouts:
    """Judges the objects that send requests."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._evaluator = system.evaluator
        self._models = system.models

    def limit(self, effect: Effect, step: Step) -> Limit:
        """What applies to a call that gives no timeout itself."""
        receiver = effect.receiver
        if effect.likely or effect.api.kind != "http":
            return Limit.UNKNOWN
        if isinstance(receiver, ExternalInstance):
            found = self._of_client(receiver)
            if found is not None:
                return found
        elif receiver is not None and not isinstance(receiver, External):
            return Limit.UNKNOWN
        return Limit.GIVEN if effect.api.data.get("default_timeout") else Limit.NONE

    # ------------------------------------------------------------------ clients

    def _of_client(self, client: ExternalInstance) -> Limit | None:
        if isinstance(client.owner, Instance) and self._class_limits(client.owner.id):
            return Limit.GIVEN
        if client.site is None:
            return None
        constructed = self._constructed(client)
        if constructed is not None:
            return constructed
        return Limit.GIVEN if self._is_fitted(client) else None

    def _constructed(self, client: ExternalInstance) -> Limit | None:
        """By the arguments of the constructor."""
        site = client.site
        assert site is not None
        for name in (client.name, *self._models.bases(client.name)):
            for api in self._models.find(name, "client"):
                slot = api.slots.get("timeout")
                given = argument(slot, site.call) if slot is not None else None
                if given is not None:
                    return self.of_value(given, site.frame)
                transport = api.slots.get("transport")
                used = argument(transport, site.call) if transport is not None else None
                if used is not None and self._limits(self._evaluator.values(used, site.frame)):
                    return Limit.GIVEN
        if has_unpacking(site.call):
            merged = [self.keys(value, site.frame) for key, value in site.call.keywords if not key]
            if any(keys is None or "timeout" in keys for keys in merged):
                return Limit.UNKNOWN
        return None

    def _is_fitted(self, client: ExternalInstance) -> bool:
        """Whether a client was given an adapter, or another way to send, that limits every request."""
        site = client.site
        assert site is not None
        module = site.frame.scope.module
        for scope in self._system.program.scopes.values():
            if scope.module != module:
                continue
            for call, inner in scope.calls:
                if isinstance(call.function, ir.Attr) and call.function.name == "mount" and len(call.arguments) > 1:
                    if self._is_same(call.function.value, self._evaluator.root(inner), client):
                        if self._limits(self._evaluator.values(call.arguments[1], self._evaluator.root(inner))):
                            return True
            for store in scope.stores:
                if store.key in {"request", "send", "get", "post"} and store.binding.expr is not None:
                    if self._is_same(store.base, self._evaluator.root(scope), client) and _LIMITED.search(
                        " ".join(_words(store.binding.expr))
                    ):
                        return True
        return False

    def _is_same(self, expr: ir.Expr, frame: Frame, client: ExternalInstance) -> bool:
        return any(
            isinstance(value, ExternalInstance)
            and value.site is not None
            and client.site is not None
            and value.site.call is client.site.call
            for value in self._evaluator.values(expr, frame)
        )

    def _limits(self, values: tuple[Value, ...]) -> bool:
        """Whether an adapter or transport limits what it sends: a class of the project that speaks of timeouts."""
        for value in values:
            match value:
                case Instance(id=cls):
                    if self._class_limits(cls):
                        return True
                case ExternalInstance(name=name) if _LIMITED.search(name):
                    return True
                case _:
                    pass
        return False

    def _class_limits(self, cls: str) -> bool:
        program = self._system.program
        for ancestor in self._evaluator.classes.order(cls)[0]:
            for name in _SENDING:
                facts = program.functions.get(f"{ancestor}.{name}")
                if facts is not None and any(_LIMITED.search(word) for word in _spoken(facts.body)):
                    return True
        return False

    # ------------------------------------------------------------------- values

    def of_value(self, expr: ir.Expr, frame: Frame) -> Limit:
        """What a timeout that is given amounts to: `None`, and an object that holds nothing but None, are none."""
        if isinstance(expr, ir.Const):
            return Limit.NONE if expr.value is None else Limit.GIVEN
        values = self._evaluator.values(expr, frame)
        if not values:
            return Limit.UNKNOWN
        found = {self._of_object(value) for value in values}
        return found.pop() if len(found) == 1 else Limit.UNKNOWN

    def _of_object(self, value: Value) -> Limit:
        match value:
            case Constant(value=None):
                return Limit.NONE
            case ExternalInstance(name=name, site=site) if site is not None:
                for api in self._models.find(name, "http_option"):
                    if api.data.get("form") == "timeout":
                        return self._of_option(site.call, site.frame)
                return Limit.UNKNOWN
            case External() | ExternalInstance():
                return Limit.UNKNOWN
            case _:
                return Limit.GIVEN

    def _of_option(self, call: ir.Call, frame: Frame) -> Limit:
        given = (*call.arguments, *(value for _, value in call.keywords))
        if given and all(self.of_value(value, frame) is Limit.NONE for value in given):
            return Limit.NONE
        return Limit.GIVEN

    def keys(self, expr: ir.Expr, frame: Frame) -> dict[str, ir.Expr] | None:
        """The literal keys of a mapping with their values; None when it may hold others."""
        found: dict[str, ir.Expr] = {}
        values = self._evaluator.values(expr, frame)
        if not values:
            return None
        for value in values:
            if not isinstance(value, Display) or not isinstance(value.expr, ir.Mapping):
                return None
            for key, item in value.expr.items:
                if key is None or not isinstance(key, ir.Const):
                    return None
                found[str(key.value)] = item
        return found


def _words(expr: ir.Expr) -> Iterator[str]:
    """The names, keywords and strings of an expression."""
    for node in walk(expr):
        match node:
            case ir.Call(keywords=keywords):
                yield from (name for name, _ in keywords)
            case ir.Name(id=name) | ir.Attr(name=name):
                yield name
            case ir.Const(value=str() as text):
                yield text
            case _:
                pass


def _spoken(body: tuple[ir.Stmt, ...]) -> Iterator[str]:
    for statement in statements(body):
        for expr in expressions(statement):
            yield from _words(expr)
