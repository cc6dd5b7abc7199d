"""Displays and comprehensions: lists, tuples, sets, dicts."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from edanalyze.facts.ir import Comprehension, Expr, Generator, Items, Mapping, Star
from edanalyze.syntax.concrete.literals import LiteralVisitor


class DisplayVisitor(LiteralVisitor):
    """Visits of displays and comprehensions.

    A closing brace is always passed, because the brace that ends the hole of an f-string is found as the next
    one; a closing square bracket only inside such holes, where it tells the colon of a slice from that of a
    format specification.
    """

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
