"""Patterns of `match` statements, flattened to what they test and what they capture."""

from __future__ import annotations

import libcst as cst

from edanalyze.facts.ir import Expr
from edanalyze.syntax.concrete.definitions import DefinitionVisitor
from edanalyze.syntax.folding import identifier


class PatternVisitor(DefinitionVisitor):
    """Visits of patterns: each adds to `patterns` and `captures` and returns whether it matches anything."""

    def visit_MatchValue(self, node: cst.MatchValue, patterns: list[Expr], captures: list[str]) -> bool:
        patterns.append(self.expression(node.value))
        return False

    visit_MatchSingleton = visit_MatchValue

    def visit_MatchAs(self, node: cst.MatchAs, patterns: list[Expr], captures: list[str]) -> bool:
        whole = node.pattern is None or self._pattern(node.pattern, patterns, captures)
        if node.name is None:
            self.cursor.word("_")
        else:
            self._capture(node.name, captures)
        return whole

    def visit_MatchOr(self, node: cst.MatchOr, patterns: list[Expr], captures: list[str]) -> bool:
        whole = False
        for element in node.patterns:
            whole = self._pattern(element.pattern, patterns, captures) or whole
        return whole

    def visit_MatchList(self, node: cst.MatchList | cst.MatchTuple, patterns: list[Expr], captures: list[str]) -> bool:
        for element in node.patterns:
            if isinstance(element, cst.MatchSequenceElement):
                self._pattern(element.value, patterns, captures)
            elif element.name is None:
                self.cursor.word("_")
            else:
                self._capture(element.name, captures)
        if not node.patterns:
            self.cursor.pair(*("[]" if isinstance(node, cst.MatchList) else "()"))
        return False

    visit_MatchTuple = visit_MatchList

    def visit_MatchMapping(self, node: cst.MatchMapping, patterns: list[Expr], captures: list[str]) -> bool:
        for element in node.elements:
            patterns.append(self.expression(element.key))
            self._pattern(element.pattern, patterns, captures)
        if node.rest is not None:
            self._capture(node.rest, captures)
        elif not node.elements:
            self.cursor.pair("{", "}")
        return False

    def visit_MatchClass(self, node: cst.MatchClass, patterns: list[Expr], captures: list[str]) -> bool:
        patterns.append(self.expression(node.cls))
        for element in node.patterns:
            self._pattern(element.value, patterns, captures)
        for keyword in node.kwds:
            self.cursor.word(keyword.key.value)
            self._pattern(keyword.pattern, patterns, captures)
        if not node.patterns and not node.kwds:
            self.cursor.pair("(", ")")
        return False

    def _pattern(self, node: cst.MatchPattern, patterns: list[Expr], captures: list[str]) -> bool:
        whole: bool = self.visits[type(node)](self, node, patterns, captures)
        return whole

    def _capture(self, name: cst.Name, captures: list[str]) -> None:
        self.cursor.word(name.value)
        captures.append(identifier(name.value))
