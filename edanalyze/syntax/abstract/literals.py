"""Literals, f-strings among them."""

from __future__ import annotations

import ast
import re
import sys

from edanalyze.facts.ir import Const, Expr, Hole
from edanalyze.syntax.abstract.places import Unsure
from edanalyze.syntax.abstract.traversal import Traversal
from edanalyze.syntax.folding import ELLIPSIS, LARGEST, NO_NUMBER, hole
from edanalyze.syntax.strings import REPLACEMENT, text

_PLACED = (ast.Call, ast.Lambda)
_PLACES_IN_HOLES = sys.version_info >= (3, 12)
"""Older versions guess where the nodes in the holes of an f-string stand."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_DEBUG_HOLE = re.compile(r"=[\s\\]*(?:[}#:]|![rsa])")


def string(value: str) -> str:
    """The value of a string as the facts keep it: a lone surrogate could not be stored as UTF-8."""
    return value if value.isascii() else _SURROGATE.sub(REPLACEMENT, value)


class LiteralVisitor(Traversal):
    """Visits of literals."""

    def visit_Constant(self, node: ast.Constant) -> Expr:
        value = node.value
        kind = type(value)
        if kind is str:
            return Const(string(value))  # type: ignore[arg-type]
        if kind is int:
            return Const(value) if value <= LARGEST else Hole(NO_NUMBER)  # type: ignore[arg-type, operator]
        if kind is bytes:
            return Const(value.decode("latin-1"))  # type: ignore[union-attr]
        if kind is float:
            return Const(value)  # type: ignore[arg-type]
        if kind is complex:
            return Hole(NO_NUMBER)
        return Const(ELLIPSIS if value is ... else value)  # type: ignore[arg-type]

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Expr:
        return text(self._parts(node.values))

    visit_TemplateStr = visit_JoinedStr

    def _parts(self, nodes: list[ast.expr]) -> list[Expr]:
        """The parts of an f-string or of a format specification.

        In `{value=}` the text before the value comes as a literal, like text that somebody wrote.
        """
        parts: list[Expr] = []
        written = ""
        for node in nodes:
            if type(node) is ast.Constant:
                written = string(str(node.value))
                parts.append(Const(written))
                continue
            if written.rstrip().endswith("=") and self.has_debug_holes():
                raise Unsure
            parts.append(self._hole(node))  # type: ignore[arg-type]
            written = ""
        return parts

    def _hole(self, node: ast.FormattedValue) -> Expr:
        if not _PLACES_IN_HOLES and any(isinstance(inner, _PLACED) for inner in ast.walk(node)):
            raise Unsure
        value = self.expression(node.value)
        specification = node.format_spec
        if specification is None:
            return value
        return hole(value, self._parts(specification.values))  # type: ignore[attr-defined]

    def has_debug_holes(self) -> bool:
        """Whether there may be a hole like `{value=}` in the text."""
        return _DEBUG_HOLE.search(self.text) is not None
