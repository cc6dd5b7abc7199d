"""Expressions: LibCST nodes to the records of the intermediate representation."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from edanalyze.facts.ir import (
    Attr,
    Bind,
    Call,
    Choice,
    Const,
    Expr,
    Index,
    Items,
    Name,
    Star,
    Yield,
)
from edanalyze.syntax.concrete.displays import DisplayVisitor
from edanalyze.syntax.concrete.operators import OPERATORS
from edanalyze.syntax.folding import awaited, binary, chain, identifier, method_of_literal, slice_of, unary
from edanalyze.syntax.nesting import TRAILERS

_CONSTANTS = {"True": True, "False": False, "None": None}
_STRINGS = frozenset((cst.SimpleString, cst.ConcatenatedString, cst.FormattedString, cst.TemplatedString))


class ExpressionVisitor(DisplayVisitor):
    """Visits of expressions. Chains that lean left (`a.b().c`, `a + b + c`) are lowered without recursion."""

    def visit_Name(self, node: cst.Name) -> Expr:
        name = node.value
        self.cursor.word(name)
        return Const(_CONSTANTS[name]) if name in _CONSTANTS else Name(identifier(name))

    def visit_Attribute(self, node: cst.Attribute | cst.Call | cst.Subscript) -> Expr:
        """A chain of attributes, calls and subscripts, from its base to its end."""
        cursor = self.cursor
        steps: list[cst.Attribute | cst.Call | cst.Subscript] = []
        base: cst.BaseExpression = node
        kind = type(base)
        while kind is cst.Attribute or kind is cst.Call or kind is cst.Subscript:
            steps.append(base)  # type: ignore[arg-type]
            base = base.func if kind is cst.Call else base.value  # type: ignore[attr-defined]
            kind = type(base)
        if len(steps) > TRAILERS:
            raise RecursionError
        if kind is cst.Name:
            value = self.visit_Name(base)  # type: ignore[arg-type]
            start, end = cursor.start, cursor.position
        else:
            start = cursor.token()
            value = self.visits[kind](self, base)
            end = start + 1
        literal = kind in _STRINGS and type(value) is Const
        for step in reversed(steps):
            kind = type(step)
            if kind is cst.Attribute:
                name = step.attr.value  # type: ignore[union-attr]
                start = cursor.word(name)
                end = cursor.position
                value = Attr(value, identifier(name))
            elif kind is cst.Call:
                value = self._call(value, step.args, start, end, literal)  # type: ignore[union-attr]
                literal = False
            else:
                value = Index(value, self._key(step.slice))  # type: ignore[union-attr]
                literal = False
        return value

    visit_Call = visit_Attribute
    visit_Subscript = visit_Attribute

    def _call(self, function: Expr, args: Sequence[cst.Arg], start: int, end: int, literal: bool) -> Expr:
        cursor = self.cursor
        visits = self.visits
        place = cursor.place(start, end)
        arguments: list[Expr] = []
        keywords: list[tuple[str, Expr]] = []
        named: list[int] = []
        before = cursor.position
        for arg in args:
            value = arg.value
            if arg.keyword is not None:
                name = arg.keyword.value
                named.append(cursor.word(name))
                keywords.append((identifier(name), visits[type(value)](self, value)))
            elif not arg.star:
                arguments.append(visits[type(value)](self, value))
            elif arg.star == "*":
                arguments.append(Star(visits[type(value)](self, value)))
            else:
                named.append(cursor.stars())
                keywords.append(("", visits[type(value)](self, value)))
        if cursor.position == before:
            cursor.pair("(", ")")
        if literal and type(function) is Attr:
            folded = method_of_literal(function, tuple(arguments), tuple(keywords))
            if folded is not None:
                return folded
        if not named or cursor.line(named[-1]) == place.line:
            return Call(function, tuple(arguments), tuple(keywords), place)
        places = tuple(cursor.place(begin, begin + len(name)) for begin, (name, _) in zip(named, keywords, strict=True))
        return Call(function, tuple(arguments), tuple(keywords), place, False, places)

    def _key(self, elements: Sequence[cst.SubscriptElement]) -> Expr:
        cursor = self.cursor
        before = cursor.position
        keys = [self._slice(element.slice) for element in elements]
        alone = len(keys) == 1 and type(keys[0]) is not Star and not isinstance(elements[0].comma, cst.Comma)
        if cursor.position == before:
            cursor.pair("[", "]")
        elif self.in_hole:
            cursor.bracket("]")
        return keys[0] if alone else Items("tuple", tuple(keys))

    def _slice(self, node: cst.BaseSlice) -> Expr:
        if isinstance(node, cst.Index):
            value = self.expression(node.value)
            return Star(value) if node.star else value
        assert isinstance(node, cst.Slice)
        return slice_of([self.expression(bound) for bound in (node.lower, node.upper, node.step) if bound is not None])

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> Expr:
        rights: list[tuple[str, cst.BaseExpression]] = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BinaryOperation):
            rights.append((OPERATORS[type(left.operator)], left.right))
            left = left.left
        operands = [self.expression(left)]
        operators: list[str] = []
        for operator, right in reversed(rights):
            operators.append(operator)
            operands.append(self.expression(right))
        return binary(operators, operands)

    def visit_BooleanOperation(self, node: cst.BooleanOperation) -> Expr:
        kind = type(node.operator)
        rights: list[cst.BaseExpression] = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BooleanOperation) and type(left.operator) is kind:
            rights.append(left.right)
            left = left.left
        options = [self.expression(left), *(self.expression(right) for right in reversed(rights))]
        return Choice(OPERATORS[kind], None, tuple(options))

    def visit_UnaryOperation(self, node: cst.UnaryOperation) -> Expr:
        operator = OPERATORS[type(node.operator)]
        return unary(operator, self.expression(node.expression))

    def visit_Comparison(self, node: cst.Comparison) -> Expr:
        operands = [self.expression(node.left)]
        operators: list[str] = []
        for target in node.comparisons:
            operators.append(OPERATORS[type(target.operator)])
            operands.append(self.expression(target.comparator))
        return chain(operators, operands)

    def visit_IfExp(self, node: cst.IfExp) -> Expr:
        body = self.expression(node.body)
        test = self.expression(node.test)
        return Choice("if", test, (body, self.expression(node.orelse)))

    def visit_NamedExpr(self, node: cst.NamedExpr) -> Expr:
        target = self.expression(node.target)
        value = self.expression(node.value)
        return Bind(target.id, value) if isinstance(target, Name) else value

    def visit_Await(self, node: cst.Await) -> Expr:
        self.cursor.word("await")
        return awaited(self.expression(node.expression))

    def visit_Yield(self, node: cst.Yield) -> Expr:
        self.cursor.word("yield")
        self.scope.generator = True
        value = node.value
        if isinstance(value, cst.From):
            return Yield(self.expression(value.item), True)
        return Yield(None if value is None else self.expression(value))
