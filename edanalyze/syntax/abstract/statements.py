"""Statements: control flow as nested records."""

from __future__ import annotations

import ast
import sys
from typing import Any

from edanalyze.facts.ir import (
    Assign,
    Augment,
    Break,
    Case,
    Continue,
    Delete,
    Evaluate,
    Expr,
    Handler,
    Import,
    Loop,
    Match,
    Return,
    Scope,
    Stmt,
    Try,
    With,
)
from edanalyze.syntax.abstract.operators import OPERATORS
from edanalyze.syntax.abstract.patterns import PatternVisitor
from edanalyze.syntax.folding import Arm, asserting, branches, deleted, raising

if sys.version_info >= (3, 11):
    from ast import TryStar
else:
    from ast import Try as TryStar

Body = tuple[Stmt, ...]


class StatementVisitor(PatternVisitor):
    """Visits of statements; each appends what it lowers to `out`."""

    def block(self, nodes: list[ast.stmt]) -> Body:
        """Lower the statements of a suite."""
        visits = self.visits
        out: list[Stmt] = []
        for node in nodes:
            visits[type(node)](self, node, out)
        return tuple(out)

    def module(self, node: ast.Module) -> Body:
        """Lower the statements of a module, without its docstring."""
        return self._documented(node.body)[1] if node.body else ()

    # ------------------------------------------------------------ small statements

    def visit_Expr(self, node: ast.Expr, out: list[Stmt]) -> None:
        value = node.value
        out.append(Evaluate(self.visits[type(value)](self, value), node.lineno))

    def visit_Assign(self, node: ast.Assign, out: list[Stmt]) -> None:
        targets = self._items(node.targets)
        value = node.value
        out.append(Assign(targets, self.visits[type(value)](self, value), node.lineno))

    def visit_AnnAssign(self, node: ast.AnnAssign, out: list[Stmt]) -> None:
        target = self.expression(node.target)
        annotation = self.expression(node.annotation)
        out.append(Assign((target,), self.optional(node.value), node.lineno, annotation))

    def visit_AugAssign(self, node: ast.AugAssign, out: list[Stmt]) -> None:
        target = self.expression(node.target)
        out.append(Augment(target, OPERATORS[type(node.op)], self.expression(node.value), node.lineno))

    def visit_TypeAlias(self, node: Any, out: list[Stmt]) -> None:
        target = self.expression(node.name)
        self._type_parameters(node)
        out.append(Assign((target,), self.expression(node.value), node.lineno))

    def visit_Return(self, node: ast.Return, out: list[Stmt]) -> None:
        out.append(Return(self.optional(node.value), node.lineno))

    def visit_Raise(self, node: ast.Raise, out: list[Stmt]) -> None:
        value = self.optional(node.exc)
        out.append(raising(value, self.optional(node.cause), node.lineno))

    def visit_Assert(self, node: ast.Assert, out: list[Stmt]) -> None:
        test = self.expression(node.test)
        out.append(asserting(test, self.optional(node.msg), node.lineno))

    def visit_Delete(self, node: ast.Delete, out: list[Stmt]) -> None:
        out.append(Delete(deleted(self._items(node.targets)), node.lineno))

    def visit_Pass(self, node: ast.Pass, out: list[Stmt]) -> None:
        """Nothing is kept of it."""

    def visit_Break(self, node: ast.Break, out: list[Stmt]) -> None:
        out.append(Break())

    def visit_Continue(self, node: ast.Continue, out: list[Stmt]) -> None:
        out.append(Continue())

    def visit_Global(self, node: ast.Global | ast.Nonlocal, out: list[Stmt]) -> None:
        out.append(Scope("global" if isinstance(node, ast.Global) else "nonlocal", tuple(node.names)))

    visit_Nonlocal = visit_Global

    def visit_Import(self, node: ast.Import, out: list[Stmt]) -> None:
        for alias in node.names:
            asked, name = alias.name, alias.asname
            if name is None:
                top = asked.partition(".")[0]
                out.append(Import(top, top, None, 0, asked, node.lineno))
            else:
                out.append(Import(name, asked, None, 0, asked, node.lineno))

    def visit_ImportFrom(self, node: ast.ImportFrom, out: list[Stmt]) -> None:
        module, level, line = node.module or "", node.level, node.lineno
        for alias in node.names:
            member = alias.name
            if member == "*":
                out.append(Import("*", module, "*", level, module, line))
                continue
            imported = f"{module}.{member}" if module else member
            out.append(Import(alias.asname or member, module, member, level, imported, line))

    # --------------------------------------------------------- compound statements

    def visit_If(self, node: ast.If, out: list[Stmt]) -> None:
        arms: list[Arm] = []
        while True:
            test = self.expression(node.test)
            arms.append((test, self.block(node.body), node.lineno))
            orelse = node.orelse
            first = orelse[0] if orelse else None
            # An `if` that stands where the first one does is an `elif`; below an `else` it would be indented.
            if not isinstance(first, ast.If) or first.col_offset != node.col_offset:
                break
            node = first
        out.extend(branches(arms, self.block(orelse)))

    def visit_While(self, node: ast.While, out: list[Stmt]) -> None:
        test = self.expression(node.test)
        body = self.block(node.body)
        out.append(Loop("while", None, test, body, self.block(node.orelse), False, node.lineno))

    def visit_For(self, node: ast.For | ast.AsyncFor, out: list[Stmt]) -> None:
        target = self.expression(node.target)
        source = self.expression(node.iter)
        body = self.block(node.body)
        asynchronous = isinstance(node, ast.AsyncFor)
        out.append(Loop("for", target, source, body, self.block(node.orelse), asynchronous, node.lineno))

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith, out: list[Stmt]) -> None:
        items = tuple([(self.expression(item.context_expr), self.optional(item.optional_vars)) for item in node.items])
        out.append(With(items, self.block(node.body), isinstance(node, ast.AsyncWith), node.lineno))

    visit_AsyncWith = visit_With

    def visit_Try(self, node: ast.Try | TryStar, out: list[Stmt]) -> None:
        body = self.block(node.body)
        handlers = tuple([self._handler(handler) for handler in node.handlers])
        orelse = self.block(node.orelse)
        out.append(Try(body, handlers, orelse, self.block(node.finalbody), node.lineno))

    visit_TryStar = visit_Try

    def _handler(self, node: ast.ExceptHandler) -> Handler:
        place = self.keyword(node.lineno, node.col_offset, "except")
        types = self.optional(node.type)
        return Handler(types, node.name, self.block(node.body), place)

    def visit_Match(self, node: ast.Match, out: list[Stmt]) -> None:
        subject = self.expression(node.subject)
        out.append(Match(subject, tuple([self._case(case) for case in node.cases]), node.lineno))

    def _case(self, node: ast.match_case) -> Case:
        patterns: list[Expr] = []
        captures: list[str] = []
        whole = self._pattern(node.pattern, patterns, captures)
        guard = self.optional(node.guard)
        return Case(tuple(patterns), tuple(captures), guard, self.block(node.body), whole)
