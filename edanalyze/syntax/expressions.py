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
    Comprehension,
    Const,
    Expr,
    Generator,
    Hole,
    Index,
    Items,
    Mapping,
    Name,
    Operation,
    Place,
    Star,
    Yield,
)
from edanalyze.syntax.formatting import is_plain, joined, percent, str_format
from edanalyze.syntax.literals import LiteralVisitor
from edanalyze.syntax.operators import OPERATORS
from edanalyze.syntax.strings import is_string, text

_CONSTANTS: dict[str, Expr] = {"True": Const(True), "False": Const(False), "None": Const(None)}
_BLANK_SLICE = Hole("slice")
_STRINGS = frozenset((cst.SimpleString, cst.ConcatenatedString))


def identifier(name: str) -> str:
    """A name as Python compares it: normalised when it is not ASCII."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


class ExpressionVisitor(LiteralVisitor):
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
        before = cursor.position
        for arg in args:
            value = arg.value
            if arg.keyword is not None:
                name = arg.keyword.value
                cursor.word(name)
                keywords.append((identifier(name), visits[type(value)](self, value)))
            elif not arg.star:
                arguments.append(visits[type(value)](self, value))
            elif arg.star == "*":
                arguments.append(Star(visits[type(value)](self, value)))
            else:
                keywords.append(("", visits[type(value)](self, value)))
        if cursor.position == before:
            cursor.pair("(", ")")
        if literal and type(function) is Attr:
            folded = self._fold(function, tuple(arguments), tuple(keywords))
            if folded is not None:
                return folded
        return Call(function, tuple(arguments), tuple(keywords), place)

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
        operand = self.expression(left)
        operators: list[str] = []
        operands = [operand]
        for operator, right in reversed(rights):
            value = self.expression(right)
            folded: Expr | None = None
            if operator == "+" and (is_string(value) or (len(operands) == 1 and is_string(operands[0]))):
                added = operands if set(operators) <= {"+"} else [_operation(operators, operands)]
                folded = text((*added, value))
            elif operator == "%" and len(operands) == 1 and isinstance(left, _STRING_NODES):
                template = operands[0]
                if type(template) is Const and type(template.value) is str:
                    folded = percent(template.value, value)
            if folded is not None:
                operators, operands = [], [folded]
            else:
                operators.append(operator)
                operands.append(value)
        return operands[0] if not operators else _operation(operators, operands)

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
        return _operation(operators, operands)

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
        if type(value) is Call:
            return Call(value.function, value.arguments, value.keywords, value.place, True)
        return Await(value)

    def visit_Yield(self, node: cst.Yield) -> Expr:
        self.cursor.word("yield")
        self.scope.generator = True
        value = node.value
        if isinstance(value, cst.From):
            return Yield(self.expression(value.item), True)
        return Yield(None if value is None else self.expression(value))

    # ------------------------------------------------------------------ displays

    def _elements(self, elements: Sequence[cst.BaseElement]) -> tuple[Expr, ...]:
        visits = self.visits
        return tuple(
            [
                visits[type(element.value)](self, element.value)
                if type(element) is cst.Element
                else self.visit_StarredElement(element)  # type: ignore[arg-type]
                for element in elements
            ]
        )

    def visit_StarredElement(self, node: cst.StarredElement) -> Expr:
        return Star(self.expression(node.value))

    def visit_Tuple(self, node: cst.Tuple) -> Expr:
        items = self._elements(node.elements)
        if not items:
            self.cursor.pair("(", ")")
        return Items("tuple", items)

    def visit_List(self, node: cst.List) -> Expr:
        items = self._elements(node.elements)
        if not items:
            self.cursor.pair("[", "]")
        elif self.in_hole:
            self.cursor.bracket("]")
        return Items("list", items)

    def visit_Set(self, node: cst.Set) -> Expr:
        items = self._elements(node.elements)
        self.cursor.bracket("}")
        return Items("set", items)

    def visit_Dict(self, node: cst.Dict) -> Expr:
        pairs: list[tuple[Expr | None, Expr]] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                key = self.expression(element.key)
                pairs.append((key, self.expression(element.value)))
            else:
                pairs.append((None, self.expression(element.value)))
        if not pairs:
            self.cursor.bracket("{")
        self.cursor.bracket("}")
        return Mapping(tuple(pairs))

    # ------------------------------------------------------------ comprehensions

    def visit_GeneratorExp(self, node: cst.GeneratorExp) -> Expr:
        element = self.expression(node.elt)
        return Comprehension("generator", element, None, self._generators(node.for_in))

    def visit_ListComp(self, node: cst.ListComp) -> Expr:
        element = self.expression(node.elt)
        generators = self._generators(node.for_in)
        if self.in_hole:
            self.cursor.bracket("]")
        return Comprehension("list", element, None, generators)

    def visit_SetComp(self, node: cst.SetComp) -> Expr:
        element = self.expression(node.elt)
        generators = self._generators(node.for_in)
        self.cursor.bracket("}")
        return Comprehension("set", element, None, generators)

    def visit_DictComp(self, node: cst.DictComp) -> Expr:
        key = self.expression(node.key)
        element = self.expression(node.value)
        generators = self._generators(node.for_in)
        self.cursor.bracket("}")
        return Comprehension("dict", element, key, generators)

    def visit_StarredDictComp(self, node: cst.StarredDictComp) -> Expr:
        element = self.expression(node.value)
        generators = self._generators(node.for_in)
        self.cursor.bracket("}")
        return Comprehension("dict", Star(element), None, generators)

    def _generators(self, node: cst.CompFor) -> tuple[Generator, ...]:
        found: list[Generator] = []
        step: cst.CompFor | None = node
        while step is not None:
            target = self.expression(step.target)
            source = self.expression(step.iter)
            tests = tuple([self.expression(test.test) for test in step.ifs])
            found.append(Generator(target, source, tests, step.asynchronous is not None))
            step = step.inner_for_in
        return tuple(found)


_STRING_NODES = (cst.SimpleString, cst.ConcatenatedString)


def _operation(operators: list[str], operands: list[Expr]) -> Expr:
    """An operation of two or more operands; several operators are written with a blank between (`< <=`)."""
    operator = operators[0] if len(set(operators)) == 1 else " ".join(operators)
    return Operation(operator, tuple(operands))
