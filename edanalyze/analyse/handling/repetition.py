"""Repetition: what a call does a second time when its message is delivered again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.mapped import is_mapped
from edanalyze.analyse.effects.origin import Origin, Origins
from edanalyze.analyse.effects.outbox import is_outbox_write
from edanalyze.analyse.effects.stores import are_queues
from edanalyze.analyse.trees.trees import Mutation, Step
from edanalyze.facts import ir
from edanalyze.facts.children import calls, spelled, walk
from edanalyze.link.values import Class, Frame, Instance

if TYPE_CHECKING:
    from edanalyze.analyse.handling.guards import Guards
    from edanalyze.link.evaluate import Evaluator

_KEYED = frozenset({"id", "pk", "_id"})


class Repeating:
    """Judges effects by their kind, verb and arguments; `harmless` tells requests whose callee changes nothing more."""

    def __init__(self, evaluator: Evaluator, guards: Guards, harmless: Callable[[Effect, Step], bool]) -> None:
        self._evaluator = evaluator
        self._guards = guards
        self._harmless = harmless
        self._origins = Origins(evaluator)

    def what(self, effect: Effect, step: Step, frame: Frame) -> str | None:
        """What a repetition does again, in words; None when nothing."""
        name = effect.name.rpartition(".")[2]
        match effect.kind:
            case "write" | "dedupe" if not is_outbox_write(effect, step.scope, self._evaluator):
                return self._of_write(effect, step, frame, name)
            case "append" | "publish" if effect.flag == "list" and not are_queues(self._evaluator.program):
                return f"`{name}` appends to a stored list"
            case "http":
                return self._of_request(effect, step, name)
            case "mail":
                return f"`{name}` sends mail"
            case "payment" if effect.argument("idempotency_key") is None and not self._harmless(effect, step):
                return f"`{name}` moves money"
            case _:
                return None

    def _of_write(self, effect: Effect, step: Step, frame: Frame, name: str) -> str | None:
        if effect.verb == "increment":
            if self._guards.is_counter(step.call, step.scope) or self._guards.is_guarded(effect, frame):
                return None
            return f"`{name}` adds to a stored value"
        if effect.kind == "write" and effect.verb in {"insert", "copy"} and self._is_new(effect, step, frame, True):
            return None if self._replaces(step, frame) else f"`{name}` inserts a new row"
        saves = effect.verb == "write" or (
            effect.verb in {"upsert", "insert_or_update"} and name.removeprefix("a") == "save"
        )
        if effect.kind == "write" and saves and self._is_new(effect, step, frame, False):
            return f"`{name}` inserts a new row"
        if effect.verb in {"replace", "upsert", "update", "insert_or_update"} and effect.flag != "sql":
            if self._origins.has_fresh_key(step.call, frame):
                return f"`{name}` stores a row under a new key"
        return None

    def _replaces(self, step: Step, frame: Frame) -> bool:
        """Whether rows of earlier runs are deleted after an insert, in the same function and of the same class."""
        later = [
            call for call, _ in step.scope.calls if call.place.line > step.call.place.line and _removes_others(call)
        ]
        if not later:
            return False
        own = self._classes(step.call.function, step, frame)
        return any(not (named := self._classes(call.function, step, frame)) or named & own for call in later)

    def _classes(self, expr: ir.Expr, step: Step, frame: Frame) -> set[str]:
        """The classes that an expression names."""
        inner = self._evaluator.inner(step.scope, frame)
        return {
            value.id
            for part in walk(expr)
            if isinstance(part, ir.Name | ir.Attr)
            for value in self._evaluator.values(part, inner)
            if isinstance(value, Class)
        }

    def _of_request(self, effect: Effect, step: Step, name: str) -> str | None:
        method = str(effect.api.data.get("method", ""))
        if not method:
            given = self._evaluator.literals(effect.argument("method_arg"), self._evaluator.root(step.scope))
            method = given[0].upper() if given else "GET"
        if method != "POST" or self._harmless(effect, step):
            return None
        return f"`{name}` sends a POST"

    def _is_new(self, effect: Effect, step: Step, frame: Frame, default: bool) -> bool:
        """Whether what is stored was made here, rather than read and changed."""
        entity = effect.argument("entity")
        if entity is None and not default:
            entity = step.call.function.value if isinstance(step.call.function, ir.Attr) else None
        if entity is None:
            return default
        inner = self._evaluator.inner(step.scope, frame)
        if default and any(
            isinstance(value, Instance) and value.site is not None for value in self._evaluator.values(entity, inner)
        ):
            return True
        origin = self._origins.of(entity, inner)
        if origin is Origin.UNKNOWN:
            return default
        return origin is Origin.NEW and (default or not self._is_keyed(entity, inner))

    def _is_keyed(self, entity: ir.Expr, frame: Frame) -> bool:
        """Whether an object was made with a primary key, so that saving it twice stores one row."""
        if not isinstance(entity, ir.Name):
            return False
        if any(isinstance(b.expr, ir.Call) and b.expr.arguments for b in frame.scope.bindings.get(entity.id, ())):
            return True  # `Order(number, total)`: positional keys come first
        return any(
            name in _KEYED and not self._origins.has_fresh_key(binding.expr, frame)
            for binding in frame.scope.bindings.get(entity.id, ())
            if isinstance(binding.expr, ir.Call)
            for name, _ in binding.expr.keywords
        )

    def is_added_to(self, node: Mutation, frame: Frame) -> bool:
        """Whether `entity.count += n` adds to a stored value."""
        if not node.augmented or self._is_set_before(node, frame):
            return False
        origin = self._origins.of(node.target.value, frame)
        for value in self._evaluator.values(node.target.value, frame):
            if isinstance(value, Instance):
                return is_mapped(value.id, self._evaluator) or origin is Origin.STORED
        return origin is not Origin.NEW

    @staticmethod
    def _is_set_before(node: Mutation, frame: Frame) -> bool:
        """Whether the function has first given the attribute a value of its own: the addition starts from there."""
        target = spelled(node.target)
        first = next((store for store in frame.scope.stores if f"{spelled(store.base)}.{store.key}" == target), None)
        if first is None or first.binding.kind == "augment" or first.binding.expr is None:
            return False
        return all(spelled(part) != target for part in walk(first.binding.expr) if isinstance(part, ir.Attr))


def _removes_others(call: ir.Call) -> bool:
    """Whether a call deletes all rows but those of one value: `.exclude(build=this).delete()`."""
    if not isinstance(call.function, ir.Attr) or call.function.name not in {"delete", "adelete"}:
        return False
    for part in calls(call.function.value):
        name = spelled(part.function).rpartition(".")[2]
        given = (*part.arguments, *(value for _, value in part.keywords))
        if name == "exclude" and any(isinstance(value, ir.Name | ir.Attr) for value in given):
            return True
        if name in {"filter", "where"} and any(
            isinstance(value, ir.Operation) and value.operator == "!=" and isinstance(value.operands[-1], ir.Name)
            for value in given
        ):
            return True
    return False
