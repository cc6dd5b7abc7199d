"""Short ways to lower a snippet."""

from __future__ import annotations

from textwrap import dedent

from edanalyze.facts.ir import Evaluate, Expr, Stmt
from edanalyze.facts.module import FunctionFacts, ModuleFacts
from edanalyze.syntax import lower


def module(source: str) -> ModuleFacts:
    """The facts of a dedented module."""
    return lower("shop/orders.py", dedent(source).encode())


def value(source: str) -> Expr:
    """The expression of a module that is one expression statement."""
    (statement,) = module(source).body
    assert isinstance(statement, Evaluate)
    return statement.value


def statement(source: str) -> Stmt:
    """The only statement of a module."""
    (found,) = module(source).body
    return found


def function(source: str) -> FunctionFacts:
    """The function that a module defines first."""
    return next(iter(module(source).functions.values()))
