"""Dispatch on the type of a node of CPython's syntax tree to `visit_X`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, ClassVar

from edanalyze.facts.ir import Expr
from edanalyze.syntax.abstract.places import Places

Visit = Callable[..., Any]


class Traversal(Places):
    """Base of the visitors. Visits that make names of lambdas go in source order."""

    visits: ClassVar[dict[type, Visit]] = {}

    def __init_subclass__(cls) -> None:
        cls.visits = {
            getattr(ast, name[6:]): getattr(cls, name)
            for name in dir(cls)
            if name.startswith("visit_") and hasattr(ast, name[6:])
        }

    def expression(self, node: ast.expr) -> Expr:
        """Lower one expression."""
        lowered: Expr = self.visits[type(node)](self, node)
        return lowered

    def optional(self, node: ast.expr | None) -> Expr | None:
        """Lower an expression if there is one."""
        return None if node is None else self.visits[type(node)](self, node)
