"""Conditions that decide what an analysis may assume on either side of a branch."""

from __future__ import annotations

from edanalyze.facts import ir

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
