"""Expressions: nodes of CPython's syntax tree to the records of the intermediate representation."""

from __future__ import annotations

import ast

from edanalyze.facts.ir import (
    Attr,
    Bind,
    Call,
    Choice,
    Comprehension,
    Expr,
    Generator,
    Index,
    Items,
    Mapping,
    Name,
    Place,
    Star,
    Yield,
)
from edanalyze.syntax.abstract.literals import LiteralVisitor
from edanalyze.syntax.abstract.operators import OPERATORS
from edanalyze.syntax.folding import awaited, binary, chain, method_of_literal, slice_of, unary

_STRINGS = frozenset(getattr(ast, name) for name in ("Constant", "JoinedStr", "TemplateStr") if hasattr(ast, name))


class ExpressionVisitor(LiteralVisitor):
    """Visits of expressions."""

    def visit_Name(self, node: ast.Name) -> Expr:
        return Name(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> Expr:
        value = node.value
        return Attr(self.visits[type(value)](self, value), node.attr)

    def visit_Subscript(self, node: ast.Subscript) -> Expr:
        value = node.value
        return Index(self.visits[type(value)](self, value), self.expression(node.slice))

    def visit_Slice(self, node: ast.Slice) -> Expr:
        return slice_of([self.expression(bound) for bound in (node.lower, node.upper, node.step) if bound is not None])

    # ---------------------------------------------------------------------- calls

    def visit_Call(self, node: ast.Call) -> Expr:
        visits = self.visits
        called = node.func
        kind = type(called)
        function = visits[kind](self, called)
        if kind is ast.Attribute:
            place = self.attribute(called)  # type: ignore[arg-type]
        elif kind is ast.Name:
            place = self.named(called)  # type: ignore[arg-type]
        else:
            place = self._called(called)
        if not node.keywords:
            arguments = tuple([visits[type(argument)](self, argument) for argument in node.args])
            keywords: tuple[tuple[str, Expr], ...] = ()
        else:
            arguments, keywords = self._arguments(node.args, node.keywords)
        if type(function) is Attr and type(called.value) in _STRINGS:  # type: ignore[attr-defined]
            folded = method_of_literal(function, arguments, keywords)
            if folded is not None:
                return folded
        if not keywords or node.keywords[-1].lineno == place.line:
            return Call(function, arguments, keywords, place)
        places = tuple([self.keyword(word.lineno, word.col_offset, word.arg or "") for word in node.keywords])
        return Call(function, arguments, keywords, place, False, places)

    def _called(self, called: ast.expr) -> Place:
        while True:
            if isinstance(called, ast.Call):
                called = called.func
            elif isinstance(called, ast.Subscript):
                called = called.value
            elif isinstance(called, ast.Attribute):
                return self.attribute(called)
            elif isinstance(called, ast.Name):
                return self.named(called)
            else:
                return self.leaf(called)

    def _arguments(
        self, args: list[ast.expr], keywords: list[ast.keyword]
    ) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
        """Arguments in source order; an `*args` may stand behind keywords."""
        visits = self.visits
        given = [visits[type(argument)](self, argument) for argument in args if not _behind(argument, keywords[0])]
        if len(given) == len(args):
            named = [(word.arg or "", visits[type(word.value)](self, word.value)) for word in keywords]
            return tuple(given), tuple(named)
        named = []
        parts: list[ast.expr | ast.keyword] = [*args[len(given) :], *keywords]
        for part in sorted(parts, key=lambda part: (part.lineno, part.col_offset)):
            if isinstance(part, ast.keyword):
                named.append((part.arg or "", self.expression(part.value)))
            else:
                given.append(self.expression(part))
        return tuple(given), tuple(named)

    # ------------------------------------------------------------------ operators

    def visit_BinOp(self, node: ast.BinOp) -> Expr:
        rights: list[tuple[str, ast.expr]] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            rights.append((OPERATORS[type(left.op)], left.right))
            left = left.left
        operands = [self.expression(left)]
        operators: list[str] = []
        for operator, right in reversed(rights):
            operators.append(operator)
            operands.append(self.expression(right))
        return binary(operators, operands)

    def visit_BoolOp(self, node: ast.BoolOp) -> Expr:
        values = node.values
        while isinstance(values[0], ast.BoolOp) and type(values[0].op) is type(node.op):
            values = [*values[0].values, *values[1:]]
        return Choice(OPERATORS[type(node.op)], None, tuple([self.expression(value) for value in values]))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Expr:
        return unary(OPERATORS[type(node.op)], self.expression(node.operand))

    def visit_Compare(self, node: ast.Compare) -> Expr:
        operands = [self.expression(node.left), *(self.expression(operand) for operand in node.comparators)]
        return chain([OPERATORS[type(operator)] for operator in node.ops], operands)

    def visit_IfExp(self, node: ast.IfExp) -> Expr:
        body = self.expression(node.body)
        test = self.expression(node.test)
        return Choice("if", test, (body, self.expression(node.orelse)))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Expr:
        return Bind(node.target.id, self.expression(node.value))

    def visit_Await(self, node: ast.Await) -> Expr:
        return awaited(self.expression(node.value))

    def visit_Yield(self, node: ast.Yield) -> Expr:
        self.scope.generator = True
        return Yield(self.optional(node.value))

    def visit_YieldFrom(self, node: ast.YieldFrom) -> Expr:
        self.scope.generator = True
        return Yield(self.expression(node.value), True)

    # ---------------------------------------------------- displays, comprehensions

    def _items(self, nodes: list[ast.expr]) -> tuple[Expr, ...]:
        visits = self.visits
        return tuple([visits[type(node)](self, node) for node in nodes])

    def visit_Starred(self, node: ast.Starred) -> Expr:
        return Star(self.expression(node.value))

    def visit_Tuple(self, node: ast.Tuple) -> Expr:
        return Items("tuple", self._items(node.elts))

    def visit_List(self, node: ast.List) -> Expr:
        return Items("list", self._items(node.elts))

    def visit_Set(self, node: ast.Set) -> Expr:
        return Items("set", self._items(node.elts))

    def visit_Dict(self, node: ast.Dict) -> Expr:
        pairs: list[tuple[Expr | None, Expr]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            lowered = self.optional(key)
            pairs.append((lowered, self.expression(value)))
        return Mapping(tuple(pairs))

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Expr:
        element = self.expression(node.elt)
        return Comprehension("generator", element, None, self._generators(node.generators))

    def visit_ListComp(self, node: ast.ListComp) -> Expr:
        element = self.expression(node.elt)
        return Comprehension("list", element, None, self._generators(node.generators))

    def visit_SetComp(self, node: ast.SetComp) -> Expr:
        element = self.expression(node.elt)
        return Comprehension("set", element, None, self._generators(node.generators))

    def visit_DictComp(self, node: ast.DictComp) -> Expr:
        key = self.expression(node.key)
        element = self.expression(node.value)
        return Comprehension("dict", element, key, self._generators(node.generators))

    def _generators(self, nodes: list[ast.comprehension]) -> tuple[Generator, ...]:
        found: list[Generator] = []
        for node in nodes:
            target = self.expression(node.target)
            source = self.expression(node.iter)
            found.append(Generator(target, source, self._items(node.ifs), bool(node.is_async)))
        return tuple(found)


def _behind(argument: ast.expr, keyword: ast.keyword) -> bool:
    return (argument.lineno, argument.col_offset) > (keyword.lineno, keyword.col_offset)
