"""Code that a framework calls around database work: model signals, after-commit listeners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Function, Instance, Value
from edanalyze.models import Api

if TYPE_CHECKING:
    from edanalyze.analyse.effects.effect import Effect

# Which signals a write of a mapped class sends, by the method that writes.
_SAVING = frozenset({"save", "create", "acreate", "asave", "get_or_create", "update_or_create", "aget_or_create"})
_DELETING = frozenset({"delete", "adelete"})
_SIGNALS = {"post_save": _SAVING, "pre_save": _SAVING, "post_delete": _DELETING, "pre_delete": _DELETING}
_SIGNAL_MODULE = "django.db.models.signals."


class Signals:
    """Receivers of signals, which run inside the write or the call that sends the signal."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._models = evaluator.models

    @cached_property
    def _connected(self) -> dict[Hashable, list[tuple[str | None, Function]]]:
        """Signal -> (sending class or None for any, receiver)."""
        found: dict[Hashable, list[tuple[str | None, Function]]] = defaultdict(list)
        program = self._evaluator.program
        if not {"django", "blinker"} & self._models.models.packages:
            return found
        for identifier, facts in program.functions.items():
            scope = program.scopes[identifier]
            frame = self._evaluator.root(scope.parent or scope)
            for decorator in facts.decorators:
                call = decorator if isinstance(decorator, ir.Call) else None
                for api, owner in self._apis(call.function if call is not None else decorator, frame):
                    for signal in self._meant(api, owner, call, frame):
                        found[signal] += self._pairs([Function(identifier)], api, call, frame)
        for call, scope in program.calls.get("connect", ()):
            for frame in self._activations(call, scope):
                for api, owner in self._apis(call.function, frame):
                    handler = argument(api.slots["handler"], call) if "handler" in api.slots else None
                    if handler is not None:
                        receivers = [
                            value for value in self._evaluator.values(handler, frame) if isinstance(value, Function)
                        ]
                        for signal in self._meant(api, owner, call, frame):
                            found[signal] += self._pairs(receivers, api, call, frame)
        return found

    def _activations(self, call: ir.Call, scope: Scope) -> list[Frame]:
        """The frames in which a connection is made: one per caller where parameters say what is connected to what."""
        root = self._evaluator.root(scope)
        if scope.function is None or sum(_is_parameter(expr, scope) for expr in _given(call)) < 2:
            return [root]
        made = Function(scope.id)
        callers = self._evaluator.callers.of(scope.id)
        return [self._evaluator.results.frame(made, outer, frame) for outer, frame in callers] or [root]

    def is_receiver(self, function: str) -> bool:
        """Whether a function is connected to a signal."""
        return any(receiver.id == function for pairs in self._connected.values() for _, receiver in pairs)

    def _apis(self, expr: ir.Expr, frame: Frame) -> Iterator[tuple[Api, Value | None]]:
        """The ways of connecting a receiver that an expression names, with the signal they are methods of."""
        for value in self._evaluator.values(expr, frame):
            if isinstance(value, External):
                if value.name.startswith(_SIGNAL_MODULE) and value.name.endswith(".connect"):
                    yield from ((api, value.receiver) for api in self._models.rows("django.dispatch.Signal.connect"))
                for api in self._models.rows(value.name):
                    if api.kind in {"handler", "consumer"} and api.data.get("in_process"):
                        yield api, value.receiver

    def _meant(self, api: Api, owner: Value | None, call: ir.Call | None, frame: Frame) -> Iterator[Hashable]:
        """The signals that a connection is made to: those it is given, or the one it is a method of."""
        topic = api.slots.get("topic")
        given = argument(topic, call) if topic is not None and call is not None else None
        if given is None:
            signal = self._signal(owner)
            if signal is not None:
                yield signal
            return
        for part in given.items if isinstance(given, ir.Items) else (given,):
            for value in self._evaluator.values(part, frame):
                signal = self._signal(value)
                if signal is not None:
                    yield signal

    def _signal(self, value: Value | None) -> Hashable:
        """What tells a signal from others: its name, or the call that made it; None when the value is no signal."""
        match value:
            case External(name=name) if name.startswith(_SIGNAL_MODULE):
                return name.removeprefix(_SIGNAL_MODULE)
            case ExternalInstance(name=name, site=site) if site is not None and name.endswith("Signal"):
                names = [
                    text for expr in site.call.arguments[:1] for text in self._evaluator.literals(expr, site.frame)
                ]
                return f"{name}:{names[0]}" if names else id(site.call)
            case _:
                return None

    def _pairs(
        self, receivers: list[Function], api: Api, call: ir.Call | None, frame: Frame
    ) -> list[tuple[str | None, Function]]:
        sender = argument(api.slots["sender"], call) if "sender" in api.slots and call is not None else None
        if sender is None:
            return [(None, receiver) for receiver in receivers]
        classes = [value.id for value in self._evaluator.values(sender, frame) if isinstance(value, Class)]
        return [(cls, receiver) for cls in classes for receiver in receivers]

    def receivers(self, effects: Iterable[Effect]) -> list[Function]:
        """The receivers that a write tells, in the transaction of the write."""
        found: list[Function] = []
        for effect in effects:
            if effect.kind not in {"write", "dedupe"} or not effect.api.origin.startswith("django"):
                continue
            cls = _entity(effect.receiver)
            method = effect.name.rpartition(".")[2]
            if cls is None or not self._connected:
                continue
            cls = self._stored(cls)
            for signal, methods in _SIGNALS.items():
                if method in methods:
                    found += self._told(signal, cls)
        return list(dict.fromkeys(found))

    def opened(self, effects: tuple[Effect, ...], targets: tuple[Function, ...]) -> Effect | None:
        """The transaction in which a deletion tells its receivers; None where it tells nobody."""
        for effect in effects if targets else ():
            if effect.kind == "write" and effect.name.rpartition(".")[2] in _DELETING and self.receivers((effect,)):
                rows = self._models.rows("django.db.transaction.atomic", "scope")
                if rows:
                    return replace(effect, kind="scope", api=rows[0])
        return None

    def _stored(self, cls: str) -> str:
        """The mapped class whose rows a form or serializer stores (`class Meta: model = Order`), else the class."""
        for meta in self._evaluator.attributes.of(Class(cls), "Meta"):
            for model in self._evaluator.attributes.of(meta, "model") if isinstance(meta, Class) else ():
                if isinstance(model, Class):
                    return model.id
        return cls

    def sent(self, callee: External, rows: Iterable[Api], call: ir.Call, frame: Frame) -> list[Function]:
        """The receivers of a signal that a call sends."""
        for api in rows:
            if api.kind == "publish" and api.data.get("form") == "signal" and self._connected:
                signal = self._signal(callee.receiver)
                sender = argument(api.slots["sender"], call) if "sender" in api.slots else None
                values = self._evaluator.values(sender, frame) if sender is not None else ()
                classes = [value.id for value in values if isinstance(value, Class)]
                return self._told(signal, classes[0] if len(classes) == 1 else None) if signal is not None else []
        return []

    def _told(self, signal: Hashable, sender: str | None) -> list[Function]:
        """The receivers of a signal from a class (None: from an unknown sender)."""
        ancestors = self._evaluator.classes.order(sender)[0] if sender is not None else ()
        return [
            receiver
            for wanted, receiver in self._connected.get(signal, ())
            if wanted is None or sender is None or wanted in ancestors
        ]


def _given(call: ir.Call) -> Iterator[ir.Expr]:
    """The signal, if the call is a method of it, and the arguments."""
    yield from (call.function.value,) if isinstance(call.function, ir.Attr) else ()
    yield from call.arguments
    yield from (value for _, value in call.keywords)


def _is_parameter(expr: ir.Expr, scope: Scope) -> bool:
    return isinstance(expr, ir.Name) and any(binding.kind == "parameter" for binding in scope.bindings.get(expr.id, ()))


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
