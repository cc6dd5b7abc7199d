"""Conditions that decide what an analysis may assume on either side of a branch, or around a loop."""

from __future__ import annotations

from edanalyze.facts import ir
from edanalyze.facts.children import calls, expressions, spelled, statements

_TAKES = frozenset({"pop", "popleft", "get_nowait", "popitem"})
_OPEN_TRANSACTION = frozenset({"in_atomic_block", "in_transaction", "is_transaction_active", "in_nested_transaction"})


def asks_for_transaction(test: ir.Expr) -> bool | None:
    """True when a condition holds exactly while a transaction is open, False when exactly while none is, else None."""
    match test:
        case ir.Operation(operator="not", operands=(inner,)):
            asked = asks_for_transaction(inner)
            return None if asked is None else not asked
        case ir.Attr(name=name) | ir.Name(id=name) if name in _OPEN_TRANSACTION:
            return True
        case ir.Call(function=ir.Attr(name=name) | ir.Name(id=name)) if name in _OPEN_TRANSACTION:
            return True
        case ir.Call(function=ir.Attr(name="get_autocommit") | ir.Name(id="get_autocommit")):
            return False
        case _:
            return None


def works_off_queue(loop: ir.Loop | ir.Comprehension) -> bool:
    """Whether a loop takes item after item from the very collection it tests: `while self.queue: self.queue.pop(0)`."""
    if not isinstance(loop, ir.Loop) or loop.kind != "while":
        return False
    source = loop.source
    if isinstance(source, ir.Call) and source.arguments:  # `while len(queue)`
        source = source.arguments[0]
    queue = spelled(source)
    return bool(queue) and any(
        isinstance(call.function, ir.Attr) and call.function.name in _TAKES and spelled(call.function.value) == queue
        for statement in statements(loop.body)
        for expr in expressions(statement)
        for call in calls(expr)
    )
