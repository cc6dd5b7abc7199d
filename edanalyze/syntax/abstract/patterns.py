"""Patterns of `match` statements, flattened to what they test and what they capture."""

from __future__ import annotations

import ast

from edanalyze.facts.ir import Const, Expr
from edanalyze.syntax.abstract.definitions import DefinitionVisitor


class PatternVisitor(DefinitionVisitor):
    """Visits of patterns: each adds to `patterns` and `captures` and returns whether it matches anything."""

    def visit_MatchValue(self, node: ast.MatchValue, patterns: list[Expr], captures: list[str]) -> bool:
        patterns.append(self.expression(node.value))
        return False

    def visit_MatchSingleton(self, node: ast.MatchSingleton, patterns: list[Expr], captures: list[str]) -> bool:
        patterns.append(Const(node.value))
        return False

    def visit_MatchAs(self, node: ast.MatchAs, patterns: list[Expr], captures: list[str]) -> bool:
        whole = node.pattern is None or self._pattern(node.pattern, patterns, captures)
        if node.name is not None:
            captures.append(node.name)
        return whole

    def visit_MatchOr(self, node: ast.MatchOr, patterns: list[Expr], captures: list[str]) -> bool:
        whole = False
        for pattern in node.patterns:
            whole = self._pattern(pattern, patterns, captures) or whole
        return whole

    def visit_MatchSequence(self, node: ast.MatchSequence, patterns: list[Expr], captures: list[str]) -> bool:
        for pattern in node.patterns:
            self._pattern(pattern, patterns, captures)
        return False

    def visit_MatchStar(self, node: ast.MatchStar, patterns: list[Expr], captures: list[str]) -> bool:
        if node.name is not None:
            captures.append(node.name)
        return False

    def visit_MatchMapping(self, node: ast.MatchMapping, patterns: list[Expr], captures: list[str]) -> bool:
        for key, pattern in zip(node.keys, node.patterns, strict=True):
            patterns.append(self.expression(key))
            self._pattern(pattern, patterns, captures)
        if node.rest is not None:
            captures.append(node.rest)
        return False

    def visit_MatchClass(self, node: ast.MatchClass, patterns: list[Expr], captures: list[str]) -> bool:
        patterns.append(self.expression(node.cls))
        for pattern in (*node.patterns, *node.kwd_patterns):
            self._pattern(pattern, patterns, captures)
        return False

    def _pattern(self, node: ast.pattern, patterns: list[Expr], captures: list[str]) -> bool:
        whole: bool = self.visits[type(node)](self, node, patterns, captures)
        return whole
