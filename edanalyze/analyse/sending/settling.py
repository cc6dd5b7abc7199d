"""Settling: the calls that wait for what a producer has sent, or that switch on the broker's confirmations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from edanalyze.analyse.effects.connections import made_by
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.trees.trees import Step
from edanalyze.facts import ir
from edanalyze.facts.children import spelled, statements
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Display, ExternalInstance, String

CONFIRMS = "enable_confirms"
CLOSE = "close"

_PRODUCER = re.compile(r"(^|_)(producer|kafka|publisher|channel|ch)$", re.I)
_CALLBACK = re.compile(r"^(on_delivery|dr_cb|dr_msg_cb|delivery_callback)$")


class _Settles(NamedTuple):
    """A settling call: its form, the object that it settles and the call that made it, and the function it is in."""

    form: str
    receiver: ExternalInstance | None
    made_by: ir.Call | None
    where: Scope


class Settling:
    """Knows the settling calls of a program."""

    def __init__(self, effects: Effects, service_of: Callable[[str], str]) -> None:
        self._effects = effects
        self._program = effects.evaluator.program
        self._service_of = service_of

    def is_settled(self, effect: Effect, step: Step) -> bool:
        """Whether anything waits for what the producer of this message has sent."""
        return self._is_left(effect, step) or any(
            self._is_same(found, effect, step)
            for found in self._calls
            if found.form != CONFIRMS and (found.form != CLOSE or found.where is step.scope.lexical)
        )

    def _is_left(self, effect: Effect, step: Step) -> bool:
        """Whether the producer is made by a `with` of the same function, which waits when it is left."""
        made = made_by(effect.receiver)
        function = step.scope.lexical.function
        return (
            made is not None
            and function is not None
            and any(
                item is made
                for statement in statements(function.body)
                if isinstance(statement, ir.With)
                for item, _ in statement.items
            )
        )

    def is_confirmed(self, effect: Effect, step: Step) -> bool:
        """Whether the broker's confirmations are switched on for the channel of this message."""
        return any(self._is_same(found, effect, step) for found in self._calls if found.form == CONFIRMS)

    @cached_property
    def switches(self) -> frozenset[str]:
        """The methods that switch confirmations on."""
        rows = self._effects.library.models.of_kind("flush")
        return frozenset(api.call.rpartition(".")[2] for api in rows if api.data.get("form") == CONFIRMS)

    def has_callback(self, effect: Effect) -> bool:
        """Whether a producer was built with a callback that hears of every delivery."""
        site = effect.receiver.site if isinstance(effect.receiver, ExternalInstance) else None
        if site is None:
            return False
        given = (*site.call.arguments, *(value for _, value in site.call.keywords))
        if any(_CALLBACK.match(name) for name, _ in site.call.keywords):
            return True
        evaluator = self._effects.evaluator
        for expr in given:
            for value in evaluator.values(expr, site.frame):
                if isinstance(value, Display) and isinstance(value.expr, ir.Mapping):
                    for key, _ in value.expr.items:
                        texts = evaluator.values(key, value.frame) if key is not None else ()
                        if any(isinstance(text, String) and _CALLBACK.match(text.text) for text in texts):
                            return True
        return False

    def _is_same(self, found: _Settles, effect: Effect, step: Step) -> bool:
        """Whether a settling call is about the object that sends; where that is not known, about its like nearby."""
        mine = made_by(effect.receiver)
        if found.made_by is not None and mine is not None:
            return found.made_by is mine
        if found.receiver is None or not isinstance(effect.receiver, ExternalInstance):
            return found.where.module == step.scope.module or self._is_held_above(found.where, step.scope)
        if found.receiver.name != effect.receiver.name:
            return False
        return self._service(found.where) == self._service(step.scope)

    def _is_held_above(self, settles: Scope, sends: Scope) -> bool:
        """Whether one of two methods is inherited by the class of the other."""
        owners = [self._owner(scope) for scope in (settles, sends)]
        if None in owners:
            return False
        orders = [self._effects.evaluator.classes.order(owner)[0] for owner in owners if owner is not None]
        return owners[0] in orders[1] or owners[1] in orders[0]

    @staticmethod
    def _owner(scope: Scope) -> str | None:
        function = scope.lexical.function
        return f"{scope.module}:{function.owner}" if function is not None and function.owner else None

    def _service(self, scope: Scope) -> str:
        return self._service_of(self._program.paths[scope.module])

    @cached_property
    def _calls(self) -> tuple[_Settles, ...]:
        models = self._effects.library.models
        names = {
            api.call.rpartition(".")[2]
            for api in (*models.of_kind("flush"), *models.of_kind("producer_transaction"))
            if api.kind == "flush" or api.data.get("action") in {"commit", "scope"}
        }
        return tuple(
            found
            for name in sorted(names)
            for call, scope in self._program.calls.get(name, ())
            for found in self._of_call(call, scope)
        )

    def _of_call(self, call: ir.Call, scope: Scope) -> Iterator[_Settles]:
        effects, targets = self._effects.classify(call, self._effects.evaluator.root(scope))
        where = scope.lexical
        for effect in effects:
            settles = effect.kind == "producer_transaction" and effect.api.data.get("action") in {"commit", "scope"}
            if effect.kind == "flush" or settles:
                receiver = effect.receiver if isinstance(effect.receiver, ExternalInstance) else None
                yield _Settles(effect.flag if effect.kind == "flush" else "", receiver, made_by(receiver), where)
        if not effects and not targets and isinstance(call.function, ir.Attr):
            name = call.function.name
            if _PRODUCER.search(spelled(call.function.value).rpartition(".")[2]) and self._is_open(call, scope):
                rows = [api for api in self._effects.library.models.of_kind("flush") if api.call.endswith(f".{name}")]
                yield from (_Settles(str(api.data.get("form", "")), None, None, where) for api in rows)

    def _is_open(self, call: ir.Call, scope: Scope) -> bool:
        assert isinstance(call.function, ir.Attr)
        values = self._effects.evaluator.values(call.function.value, self._effects.evaluator.root(scope))
        return not any(isinstance(value, ExternalInstance) for value in values)
