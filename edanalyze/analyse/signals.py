"""Code that a framework calls around database work: model signals, after-commit listeners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Function, Instance, Value

if TYPE_CHECKING:
    from edanalyze.analyse.effects import Effect

# Which signals a write of a mapped class sends, by the method that writes.
_SAVING = frozenset({"save", "create", "acreate", "asave", "get_or_create", "update_or_create", "aget_or_create"})
_DELETING = frozenset({"delete", "adelete"})
_SIGNALS = {"post_save": _SAVING, "pre_save": _SAVING, "post_delete": _DELETING, "pre_delete": _DELETING}
_SIGNAL_MODULE = "django.db.models.signals."


class Signals:
    """Receivers of model signals, which run inside the write that sends the signal."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    @cached_property
    def _connected(self) -> dict[str, list[tuple[str | None, Function]]]:
        """Signal name -> (sending class or None for any, receiver)."""
        found: dict[str, list[tuple[str | None, Function]]] = defaultdict(list)
        program = self._evaluator.program
        if "django" not in self._evaluator.models.models.packages:
            return found
        for identifier, facts in program.functions.items():
            for decorator in facts.decorators:
                if isinstance(decorator, ir.Call) and decorator.arguments:
                    scope = program.scopes[identifier]
                    frame = self._evaluator.root(scope.parent or scope)
                    if self._names(decorator.function, frame, "django.dispatch.receiver"):
                        for signal in self._signals(decorator.arguments[0], frame):
                            found[signal] += self._pairs(Function(identifier), decorator, frame)
        for call, scope in program.calls.get("connect", ()):
            frame = self._evaluator.root(scope)
            if isinstance(call.function, ir.Attr) and call.arguments:
                for signal in self._signals(call.function.value, frame):
                    for value in self._evaluator.values(call.arguments[0], frame):
                        if isinstance(value, Function):
                            found[signal] += self._pairs(value, call, frame)
        return found

    def _names(self, expr: ir.Expr, frame: Frame, name: str) -> bool:
        canonical = self._evaluator.models.models.canonical
        return any(
            isinstance(value, External) and canonical(value.name) == name for value in self._evaluator.values(expr, frame)
        )

    def _signals(self, expr: ir.Expr, frame: Frame) -> Iterable[str]:
        parts = expr.items if isinstance(expr, ir.Items) else (expr,)
        for part in parts:
            for value in self._evaluator.values(part, frame):
                if isinstance(value, External) and value.name.startswith(_SIGNAL_MODULE):
                    yield value.name.removeprefix(_SIGNAL_MODULE)

    def _pairs(self, receiver: Function, call: ir.Call, frame: Frame) -> list[tuple[str | None, Function]]:
        senders = [value for name, value in call.keywords if name == "sender"]
        if not senders:
            return [(None, receiver)]
        classes = [value.id for value in self._evaluator.values(senders[0], frame) if isinstance(value, Class)]
        return [(cls, receiver) for cls in classes]

    def receivers(self, effects: Iterable[Effect], frame: Frame) -> list[Function]:
        """The receivers that a write tells, in the transaction of the write."""
        found: list[Function] = []
        for effect in effects:
            if effect.kind not in {"write", "dedupe"} or not effect.api.origin.startswith("django"):
                continue
            cls = _entity(effect.receiver)
            method = effect.name.rpartition(".")[2]
            if cls is None or not self._connected:
                continue
            ancestors = self._evaluator.classes.order(cls)[0]
            for signal, methods in _SIGNALS.items():
                if method in methods:
                    found += [fn for sender, fn in self._connected.get(signal, ()) if sender is None or sender in ancestors]
        return list(dict.fromkeys(found))


def _entity(value: Value | None) -> str | None:
    """The project class that a manager or an instance stands for."""
    for _ in range(4):
        match value:
            case Class(id=cls) | Instance(id=cls):
                return cls
            case ExternalInstance(owner=owner):
                value = owner
            case External(receiver=receiver):
                value = receiver
            case _:
                return None
    return None


def after_commit_listeners(evaluator: Evaluator) -> tuple[str, ...]:
    """Functions registered for the after-commit event of a session, by decorator or by call."""
    program = evaluator.program
    found: dict[str, None] = {}
    for identifier, facts in sorted(program.functions.items()):
        scope = program.scopes[identifier]
        frame = evaluator.root(scope.parent or scope)
        for decorator in facts.decorators:
            if isinstance(decorator, ir.Call) and _listens(decorator, frame, evaluator):
                found[identifier] = None
    for call, scope in program.calls.get("listen", ()):
        frame = evaluator.root(scope)
        for handler in _listens(call, frame, evaluator):
            for value in evaluator.values(handler, frame):
                if isinstance(value, Function):
                    found[value.id] = None
    return tuple(found)


def _listens(call: ir.Call, frame: Frame, evaluator: Evaluator) -> list[ir.Expr]:
    """The handler argument of a registration for the after-commit event (the call itself for a decorator)."""
    for callee in evaluator.values(call.function, frame):
        if not isinstance(callee, External):
            continue
        for api in evaluator.models.rows(callee.name, "after_commit"):
            event = api.slots.get("event")
            named = argument(event, call) if event is not None else None
            if named is not None and "after_commit" in evaluator.literals(named, frame):
                handler = api.slots.get("handler")
                given = argument(handler, call) if handler is not None else None
                return [given if given is not None else call]
    return []
