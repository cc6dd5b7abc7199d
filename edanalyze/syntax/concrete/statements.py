"""Statements: control flow as nested records."""

from __future__ import annotations

import libcst as cst

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
    Loop,
    Match,
    Name,
    Return,
    Scope,
    Stmt,
    Try,
    With,
)
from edanalyze.syntax.concrete.imports import ImportVisitor
from edanalyze.syntax.concrete.operators import OPERATORS
from edanalyze.syntax.folding import Arm, asserting, branches, deleted, identifier, raising

Body = tuple[Stmt, ...]


class StatementVisitor(ImportVisitor):
    """Visits of statements; each appends what it lowers to `out`."""

    def block(self, node: cst.BaseSuite | cst.Module) -> Body:
        """Lower the statements of a suite or module."""
        visits = self.visits
        out: list[Stmt] = []
        for statement in node.body:
            visits[type(statement)](self, statement, out)
        return tuple(out)

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine, out: list[Stmt]) -> None:
        visits = self.visits
        for statement in node.body:
            visits[type(statement)](self, statement, out)

    # ------------------------------------------------------------ small statements

    def visit_Expr(self, node: cst.Expr, out: list[Stmt]) -> None:
        line = self.cursor.statement()
        value = node.value
        out.append(Evaluate(self.visits[type(value)](self, value), line))

    def visit_Assign(self, node: cst.Assign, out: list[Stmt]) -> None:
        line = self.cursor.statement()
        targets = tuple([self.expression(target.target) for target in node.targets])
        out.append(Assign(targets, self.expression(node.value), line))

    def visit_AnnAssign(self, node: cst.AnnAssign, out: list[Stmt]) -> None:
        line = self.cursor.statement()
        target = self.expression(node.target)
        annotation = self.expression(node.annotation.annotation)
        value = None if node.value is None else self.expression(node.value)
        out.append(Assign((target,), value, line, annotation))

    def visit_AugAssign(self, node: cst.AugAssign, out: list[Stmt]) -> None:
        line = self.cursor.statement()
        target = self.expression(node.target)
        out.append(Augment(target, OPERATORS[type(node.operator)], self.expression(node.value), line))

    def visit_TypeAlias(self, node: cst.TypeAlias, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("type"))
        target = self.expression(node.name)
        self._type_parameters(node.type_parameters)
        out.append(Assign((target,), self.expression(node.value), line))

    def visit_Return(self, node: cst.Return, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("return"))
        out.append(Return(None if node.value is None else self.expression(node.value), line))

    def visit_Raise(self, node: cst.Raise, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("raise"))
        value = None if node.exc is None else self.expression(node.exc)
        cause = None if node.cause is None else self.expression(node.cause.item)
        out.append(raising(value, cause, line))

    def visit_Assert(self, node: cst.Assert, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("assert"))
        test = self.expression(node.test)
        message = None if node.msg is None else self.expression(node.msg)
        out.append(asserting(test, message, line))

    def visit_Del(self, node: cst.Del, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("del"))
        out.append(Delete(deleted((self.expression(node.target),)), line))

    def visit_Pass(self, node: cst.Pass, out: list[Stmt]) -> None:
        self.cursor.word("pass")

    def visit_Break(self, node: cst.Break, out: list[Stmt]) -> None:
        self.cursor.word("break")
        out.append(Break())

    def visit_Continue(self, node: cst.Continue, out: list[Stmt]) -> None:
        self.cursor.word("continue")
        out.append(Continue())

    def visit_Global(self, node: cst.Global | cst.Nonlocal, out: list[Stmt]) -> None:
        kind = "global" if isinstance(node, cst.Global) else "nonlocal"
        self.cursor.word(kind)
        names = [item.name.value for item in node.names]
        for name in names:
            self.cursor.word(name)
        out.append(Scope(kind, tuple(map(identifier, names))))

    visit_Nonlocal = visit_Global

    # --------------------------------------------------------- compound statements

    def visit_If(self, node: cst.If, out: list[Stmt]) -> None:
        arms: list[Arm] = []
        orelse: Body = ()
        arm: cst.If | cst.Else | None = node
        word = "if"
        while isinstance(arm, cst.If):
            line = self.cursor.line(self.cursor.word(word))
            test = self.expression(arm.test)
            arms.append((test, self.block(arm.body), line))
            arm = arm.orelse
            word = "elif"
        if arm is not None:
            orelse = self._else(arm)
        out.extend(branches(arms, orelse))

    def _else(self, node: cst.Else | None) -> Body:
        if node is None:
            return ()
        self.cursor.word("else")
        return self.block(node.body)

    def visit_While(self, node: cst.While, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("while"))
        test = self.expression(node.test)
        body = self.block(node.body)
        out.append(Loop("while", None, test, body, self._else(node.orelse), False, line))

    def visit_For(self, node: cst.For, out: list[Stmt]) -> None:
        asynchronous = node.asynchronous is not None
        line = self.cursor.line(self.cursor.word("async" if asynchronous else "for"))
        target = self.expression(node.target)
        source = self.expression(node.iter)
        body = self.block(node.body)
        out.append(Loop("for", target, source, body, self._else(node.orelse), asynchronous, line))

    def visit_With(self, node: cst.With, out: list[Stmt]) -> None:
        asynchronous = node.asynchronous is not None
        line = self.cursor.line(self.cursor.word("async" if asynchronous else "with"))
        items: list[tuple[Expr, Expr | None]] = []
        for item in node.items:
            value = self.expression(item.item)
            items.append((value, None if item.asname is None else self.expression(item.asname.name)))
        out.append(With(tuple(items), self.block(node.body), asynchronous, line))

    def visit_Try(self, node: cst.Try | cst.TryStar, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("try"))
        body = self.block(node.body)
        handlers = tuple([self._handler(handler) for handler in node.handlers])
        orelse = self._else(node.orelse)
        final: Body = ()
        if node.finalbody is not None:
            self.cursor.word("finally")
            final = self.block(node.finalbody.body)
        out.append(Try(body, handlers, orelse, final, line))

    visit_TryStar = visit_Try

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> Handler:
        start = self.cursor.word("except")
        place = self.cursor.place(start, self.cursor.position)
        types = None if node.type is None else self.expression(node.type)
        name: str | None = None
        if node.name is not None:
            target = self.expression(node.name.name)
            name = target.id if isinstance(target, Name) else None
        return Handler(types, name, self.block(node.body), place)

    def visit_Match(self, node: cst.Match, out: list[Stmt]) -> None:
        line = self.cursor.line(self.cursor.word("match"))
        subject = self.expression(node.subject)
        out.append(Match(subject, tuple([self._case(case) for case in node.cases]), line))

    def _case(self, node: cst.MatchCase) -> Case:
        self.cursor.word("case")
        patterns: list[Expr] = []
        captures: list[str] = []
        whole = self._pattern(node.pattern, patterns, captures)
        guard = None if node.guard is None else self.expression(node.guard)
        return Case(tuple(patterns), tuple(captures), guard, self.block(node.body), whole)
