"""Expressions: LibCST nodes to the records of the intermediate representation."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import libcst as cst

from edanalyze.facts.ir import (
    Attr,
    Await,
    Bind,
    Call,
    Choice,
    Const,
    Expr,
    Hole,
    Index,
    Items,
    Name,
    Operation,
    Star,
    Yield,
)
from edanalyze.syntax.displays import DisplayVisitor
from edanalyze.syntax.formatting import is_plain, joined, percent, str_format
from edanalyze.syntax.nesting import TRAILERS
from edanalyze.syntax.operators import OPERATORS
from edanalyze.syntax.strings import is_string, text

_CONSTANTS: dict[str, Expr] = {"True": Const(True), "False": Const(False), "None": Const(None)}
_BLANK_SLICE = Hole("slice")
_LONGEST_NEST = 64
_STRINGS = frozenset((cst.SimpleString, cst.ConcatenatedString))


def identifier(name: str) -> str:
    """A name as Python compares it: normalised when it is not ASCII."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


class ExpressionVisitor(DisplayVisitor):
    """Visits of expressions. Chains that lean left (`a.b().c`, `a + b + c`) are lowered without recursion."""

    def visit_Name(self, node: cst.Name) -> Expr:
        name = node.value
        self.cursor.word(name)
        constant = _CONSTANTS.get(name)
        return Name(identifier(name)) if constant is None else constant

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
                named.append(cursor.position)
                keywords.append(("", visits[type(value)](self, value)))
        if cursor.position == before:
            cursor.pair("(", ")")
        if literal and type(function) is Attr:
            folded = self._fold(function, tuple(arguments), tuple(keywords))
            if folded is not None:
                return folded
        if not named or cursor.line(named[-1]) == place.line:
            return Call(function, tuple(arguments), tuple(keywords), place)
        places = tuple(cursor.place(begin, begin + len(name)) for begin, (name, _) in zip(named, keywords, strict=True))
        return Call(function, tuple(arguments), tuple(keywords), place, False, places)

    def _fold(self, function: Attr, arguments: tuple[Expr, ...], keywords: tuple[tuple[str, Expr], ...]) -> Expr | None:
        receiver = function.value
        if type(receiver) is Const and type(receiver.value) is str:
            if function.name == "format":
                return str_format(receiver.value, arguments, keywords)
            if function.name == "join":
                return joined(receiver.value, arguments, keywords)
        return None

    def _key(self, elements: Sequence[cst.SubscriptElement]) -> Expr:
        cursor = self.cursor
        before = cursor.position
        keys = [self._slice(element.slice) for element in elements]
        if cursor.position == before:
            cursor.pair("[", "]")
        elif self.in_hole:
            cursor.bracket("]")
        return keys[0] if len(keys) == 1 else Items("tuple", tuple(keys))

    def _slice(self, node: cst.BaseSlice) -> Expr:
        if isinstance(node, cst.Index):
            value = self.expression(node.value)
            return Star(value) if node.star else value
        assert isinstance(node, cst.Slice)
        bounds = [self.expression(bound) for bound in (node.lower, node.upper, node.step) if bound is not None]
        return _BLANK_SLICE if all(map(is_plain, bounds)) else Operation(":", tuple(bounds))

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> Expr:
        rights: list[tuple[str, cst.BaseExpression]] = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BinaryOperation):
            rights.append((OPERATORS[type(left.operator)], left.right))
            left = left.left
        operators: list[str] = []
        operands = [self.expression(left)]
        concatenates = False  # whether the operands are the terms of a string
        for operator, right in reversed(rights):
            value = self.expression(right)
            alone = not operators
            if operator == "+" and (concatenates or is_string(value) or (alone and is_string(operands[0]))):
                if any(other != "+" for other in operators):
                    operands = [_operation(operators, operands)]
                operators, concatenates = [], True
                operands.append(value)
                continue
            if concatenates:
                operands, concatenates = [text(operands)], False
            folded = percent(operands[0], value) if operator == "%" and alone else None
            if folded is None:
                operators.append(operator)
                operands.append(value)
            else:
                operands = [folded]
        return text(operands) if concatenates else _operation(operators, operands)

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
        value = self.expression(node.expression)
        if operator == "-" and type(value) is Const and type(value.value) in (int, float):
            return Const(-value.value)  # type: ignore[operator]
        return Operation(operator, (value,))

    def visit_Comparison(self, node: cst.Comparison) -> Expr:
        operands = [self.expression(node.left)]
        operators: list[str] = []
        for target in node.comparisons:
            operators.append(OPERATORS[type(target.operator)])
            operands.append(self.expression(target.comparator))
        return _chain(operators, operands)

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
        value = self.expression(node.expression)
        if type(value) is Call and not value.awaited:  # a second `await` waits for what the first gave
            return Call(value.function, value.arguments, value.keywords, value.place, True, value.named)
        return Await(value)

    def visit_Yield(self, node: cst.Yield) -> Expr:
        self.cursor.word("yield")
        self.scope.generator = True
        value = node.value
        if isinstance(value, cst.From):
            return Yield(self.expression(value.item), True)
        return Yield(None if value is None else self.expression(value))


def _operation(operators: list[str], operands: list[Expr]) -> Expr:
    """Operators applied from left to right; a very long chain in one operation, so that it nests no deeper."""
    if len(operators) > _LONGEST_NEST:
        return _chain(operators, operands)
    value = operands[0]
    for operator, operand in zip(operators, operands[1:], strict=True):
        value = Operation(operator, (value, operand))
    return value


def _chain(operators: list[str], operands: list[Expr]) -> Expr:
    """One operation of several operators, written with blanks between (`< <=`), or once when all are the same."""
    return Operation(operators[0] if len(set(operators)) == 1 else " ".join(operators), tuple(operands))
