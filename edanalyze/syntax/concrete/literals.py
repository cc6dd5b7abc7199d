"""Literals: numbers, strings, f-strings, implicit concatenation."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from edanalyze.facts.ir import Const, Expr, Hole
from edanalyze.syntax.concrete.traversal import Traversal
from edanalyze.syntax.folding import ELLIPSIS, LARGEST, NO_NUMBER, hole
from edanalyze.syntax.strings import content, literal, text


class LiteralVisitor(Traversal):
    """Visits of literals. The spans of string text are kept, to tell comments from strings."""

    def visit_Integer(self, node: cst.Integer) -> Expr:
        self.cursor.number(node.value)
        try:
            value = int(node.value, 0)
        except ValueError:
            return Hole(NO_NUMBER)
        return Const(value) if value <= LARGEST else Hole(NO_NUMBER)

    def visit_Float(self, node: cst.Float) -> Expr:
        self.cursor.number(node.value)
        return Const(float(node.value))

    def visit_Imaginary(self, node: cst.Imaginary) -> Expr:
        self.cursor.number(node.value)
        return Hole(NO_NUMBER)

    def visit_Ellipsis(self, node: cst.Ellipsis) -> Expr:
        self.cursor.dots()
        return Const(ELLIPSIS)

    def visit_SimpleString(self, node: cst.SimpleString) -> Expr:
        source = node.value
        start = self.cursor.string(source)
        self.literals.append((start, self.cursor.position))
        return Const(literal(source))

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> Expr:
        parts: list[Expr] = []
        part: cst.BaseExpression = node
        while isinstance(part, cst.ConcatenatedString):
            parts.append(self.expression(part.left))
            part = part.right
        parts.append(self.expression(part))
        return text(parts)

    def visit_FormattedString(self, node: cst.FormattedString | cst.TemplatedString) -> Expr:
        start = self.cursor.string(node.start)
        parts = self._parts(node.parts, node.start.rstrip("\"'"), start)
        self.cursor.advance(len(node.end))
        self.literals.append((self.cursor.position - len(node.end), self.cursor.position))
        return text(parts)

    visit_TemplatedString = visit_FormattedString

    def _parts(self, nodes: Sequence[cst.CSTNode], prefix: str, start: int) -> list[Expr]:
        """The parts of an f-string or of a format specification; the literal before them starts at `start`."""
        cursor = self.cursor
        parts: list[Expr] = []
        for node in nodes:
            value = getattr(node, "value", None)
            if value is not None:
                cursor.advance(len(value))
                parts.append(Const(content(value.replace("{{", "{").replace("}}", "}"), prefix)))
                continue
            self.literals.append((start, cursor.position))
            parts.append(self._hole(node, prefix))  # type: ignore[arg-type]
            start = cursor.position
        self.literals.append((start, cursor.position))
        return parts

    def _hole(self, node: cst.FormattedStringExpression, prefix: str) -> Expr:
        cursor = self.cursor
        outer, self.in_hole = self.in_hole, True
        value = self.expression(node.expression)
        if node.format_spec is None:
            cursor.bracket("}")
        else:
            cursor.colon()
            value = hole(value, self._parts(node.format_spec, prefix, cursor.position))
            cursor.advance(1)
        self.in_hole = outer
        return value
