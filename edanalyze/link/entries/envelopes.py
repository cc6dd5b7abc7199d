"""Envelopes: routes that unpack what Pub/Sub posts, `{"message": {"data": "<base64>"}}`, and so are message handlers.

The subscription itself is mostly made outside of the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from edanalyze.facts import ir
from edanalyze.facts.children import expressions, statements, walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope

TRANSPORT = "google-cloud-pubsub"
_DECODERS = ("b64decode", "standard_b64decode", "urlsafe_b64decode")
DEEPEST = 2


class Envelopes:
    """Finds the functions that unpack them, for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program

    def reach(self, function: str) -> bool:
        """Whether a function unpacks an envelope, itself or through what it calls."""
        return function in self._unpacking

    @cached_property
    def _unpacking(self) -> frozenset[str]:
        found: set[str] = set()
        for name in _DECODERS:
            for call, scope in self._program.calls.get(name, ()):
                function = scope.lexical
                if function.kind == "function" and {"message", "data"} <= set(_keys(function)):
                    if any(key == "data" for key in _read_in(call, function)):
                        found.add(function.id)
        pending = found
        for _ in range(DEEPEST):
            pending = {caller for function in pending for caller in self._callers(function)} - found
            found |= pending
        return frozenset(found)

    def _callers(self, function: str) -> Iterator[str]:
        for _, frame in self._evaluator.callers.of(function):
            yield frame.scope.lexical.id


def _keys(function: Scope) -> Iterator[str]:
    """The keys and attributes that a function reads."""
    facts = function.function
    for statement in statements(facts.body if facts is not None else ()):
        for expr in expressions(statement):
            yield from _read(expr)


def _read_in(call: ir.Call, function: Scope) -> Iterator[str]:
    """What is read in the first argument of a call, be it by way of a local name."""
    for argument in call.arguments[:1]:
        yield from _read(argument)
        if isinstance(argument, ir.Name):
            for binding in function.bindings.get(argument.id, ()):
                yield from _read(binding.expr) if binding.expr is not None else ()


def _read(expr: ir.Expr) -> Iterator[str]:
    for node in walk(expr):
        match node:
            case ir.Index(key=ir.Const(value=str() as key)) | ir.Attr(name=key):
                yield key
            case ir.Call(function=ir.Attr(name="get"), arguments=(ir.Const(value=str() as key), *_)):
                yield key
            case ir.Operation(operator="in" | "not in", operands=(ir.Const(value=str() as key), _)):
                yield key
            case _:
                pass
