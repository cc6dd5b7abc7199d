"""The read-only traversal: dispatch on the type of a node to `visit_X`, children in source order.

LibCST's own `Module.visit` rebuilds every node it passes and meets the whitespace nodes, which doubles
the cost of a file; here a visitor calls the visits of the children it knows, and whitespace is never met.
Children must be visited in source order, because the cursor moves with the leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import libcst as cst

from edanalyze.facts.ir import Expr
from edanalyze.syntax.positions import Cursor
from edanalyze.syntax.register import Register

Visit = Callable[..., Any]


class Traversal(Register):
    """Base of the visitors: the cursor and the table of visits."""

    visits: ClassVar[dict[type, Visit]] = {}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cursor = Cursor(text)
        self.literals: list[tuple[int, int]] = []
        self.in_hole = False

    def __init_subclass__(cls) -> None:
        cls.visits = {
            getattr(cst, name[6:]): getattr(cls, name)
            for name in dir(cls)
            if name.startswith("visit_") and hasattr(cst, name[6:])
        }

    def expression(self, node: cst.CSTNode) -> Expr:
        """Lower one expression."""
        lowered: Expr = self.visits[type(node)](self, node)
        return lowered
