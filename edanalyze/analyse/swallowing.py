"""Swallowed failures: broad `except` clauses after which a message counts as done although its work failed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edanalyze.analyse.contexts import Contexts
from edanalyze.analyse.engine import is_broad
from edanalyze.analyse.trees import Alternative, Aside, Attempt, Cases, Repeat, Rescue, Scoped, Tree, steps
from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, spelled, statements

_LOGGING = re.compile(
    r"(^|\.)_?(log|logger|logging|LOG|LOGGER|warnings|traceback|console|structlog|sentry_sdk|capsule)\w*(\(\))?\."
    r"|^(print|pprint|print_exc|repr|str|type|len|isinstance|getattr|format|format_exc|capture_exception)$"
    r"|(^|\.)(print_exc|format_exc|capture_exception|capture_message|exception|increment|incr|inc|labels|observe|timing"
    r"|record_exception|set_status|set_attribute|set_tag|format|join|debug|info|warning|error|critical|log|statsd|get_logger)(\(\))?$",
    re.I,
)


class Swallowing:
    """Finds the clauses."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts

    def clauses(self, function: str) -> Iterator[tuple[Attempt, Rescue]]:
        """The broad clauses of a function that at most log."""
        for attempt in _attempts(self._contexts.tree(function).body):
            for rescue in attempt.rescues:
                if is_broad(rescue.handler) and self._only_logs(rescue.handler.body, rescue.handler.name):
                    yield attempt, rescue

    @staticmethod
    def _only_logs(body: tuple[ir.Stmt, ...], name: str | None) -> bool:
        for statement in statements(body):
            match statement:
                case ir.Raise() | ir.Yield():
                    return False
                case ir.Return(value=value) if value is not None and not _is_nothing(value):
                    return False
                case ir.Assign(targets=targets):
                    if any(isinstance(target, ir.Attr | ir.Index) for target in targets):
                        return False
                case ir.Augment() | ir.Break():
                    return False
            for expr in expressions(statement):
                for call in calls(expr):
                    if not _LOGGING.search(spelled(call.function) or "?"):
                        return False
        return True

    def acknowledged_outside(self, function: str, attempt: Attempt) -> bool | None:
        """Whether the function acknowledges the message elsewhere than in the `try`; None when it never does."""
        inside = {id(step) for step in (*steps(attempt.body), *steps(attempt.orelse))}
        found: bool | None = None
        for step in steps(self._contexts.tree(function).body):
            if any(effect.kind == "ack" and not effect.api.data.get("raised") for effect in step.effects):
                if id(step) not in inside:
                    return True
                found = False
        return found


def _attempts(tree: Tree) -> Iterator[Attempt]:
    for node in tree:
        match node:
            case Attempt(body=body, rescues=rescues, orelse=orelse, final=final):
                yield node
                for part in (body, *(rescue.body for rescue in rescues), orelse, final):
                    yield from _attempts(part)
            case Alternative(body=body, orelse=orelse):
                yield from _attempts(body)
                yield from _attempts(orelse)
            case Cases(bodies=bodies):
                for body in bodies:
                    yield from _attempts(body)
            case Repeat(body=body) | Scoped(body=body) | Aside(body=body):
                yield from _attempts(body)
            case _:
                pass


def _is_nothing(expr: ir.Expr) -> bool:
    match expr:
        case ir.Const(value=None | False | "" | 0):
            return True
        case ir.Items(items=()) | ir.Mapping(items=()):
            return True
        case _:
            return False


