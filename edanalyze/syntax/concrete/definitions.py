"""Functions, classes and lambdas."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from edanalyze.facts.ir import Const, Evaluate, Expr, Star, Stmt
from edanalyze.facts.module import Parameter
from edanalyze.syntax.concrete.expressions import ExpressionVisitor
from edanalyze.syntax.folding import identifier
from edanalyze.syntax.scopes import Scope

Body = tuple[Stmt, ...]


class DefinitionVisitor(ExpressionVisitor):
    """Visits of definitions; each opens a scope and leaves a record under its qualified name."""

    def block(self, node: cst.BaseSuite) -> Body:
        """Lower the statements of a suite."""
        raise NotImplementedError

    def visit_FunctionDef(self, node: cst.FunctionDef, out: list[Stmt]) -> None:
        cursor = self.cursor
        scope = self.scope
        decorators = self._decorators(node.decorators)
        cursor.word("def")
        name = node.name.value
        start = cursor.word(name)
        place = cursor.place(start, cursor.position)
        name = identifier(name)
        inner = Scope(self.declare(name), name, False)
        self._type_parameters(node.type_parameters)
        parameters = self._parameters(node.params)
        if not parameters:
            cursor.pair("(", ")")
        returns = None if node.returns is None else self.expression(node.returns.annotation)
        self.scope = inner
        docstring, body = _split_docstring(node.body, self.block(node.body))
        self.scope = scope
        asynchronous, end_line = node.asynchronous is not None, cursor.end_line()
        out.append(
            self.record_function(
                inner, scope, parameters, decorators, returns, docstring, body, asynchronous, place, end_line
            )
        )

    def visit_ClassDef(self, node: cst.ClassDef, out: list[Stmt]) -> None:
        cursor = self.cursor
        scope = self.scope
        decorators = self._decorators(node.decorators)
        cursor.word("class")
        name = node.name.value
        start = cursor.word(name)
        place = cursor.place(start, cursor.position)
        name = identifier(name)
        inner = Scope(self.declare(name), name, True)
        self._type_parameters(node.type_parameters)
        before = cursor.position
        bases = tuple([Star(self.expression(b.value)) if b.star else self.expression(b.value) for b in node.bases])
        keywords = tuple([self._keyword(argument) for argument in node.keywords])
        if cursor.position == before and isinstance(node.lpar, cst.LeftParen):
            cursor.pair("(", ")")
        self.scope = inner
        docstring, body = _split_docstring(node.body, self.block(node.body))
        self.scope = scope
        out.append(self.record_class(inner, scope, bases, keywords, decorators, docstring, body, place))

    def visit_Lambda(self, node: cst.Lambda) -> Expr:
        cursor = self.cursor
        scope = self.scope
        start = cursor.word("lambda")
        place = cursor.place(start, cursor.position)
        qualname = self.declare_lambda()
        parameters = self._parameters(node.params)
        inner = self.scope = Scope(qualname, qualname.rpartition(".")[2], False)
        value = self.expression(node.body)
        self.scope = scope
        return self.record_lambda(inner, scope, parameters, value, place, cursor.end_line())

    def _decorators(self, nodes: Sequence[cst.Decorator]) -> tuple[Expr, ...]:
        return tuple([self.expression(node.decorator) for node in nodes])

    def _keyword(self, argument: cst.Arg) -> tuple[str, Expr]:
        if argument.keyword is None:
            return "", self.expression(argument.value)
        self.cursor.word(argument.keyword.value)
        return identifier(argument.keyword.value), self.expression(argument.value)

    def _parameters(self, node: cst.Parameters) -> tuple[Parameter, ...]:
        found = [self._parameter(param, "positional") for param in node.posonly_params]
        found += [self._parameter(param, "normal") for param in node.params]
        if isinstance(node.star_arg, cst.Param):
            found.append(self._parameter(node.star_arg, "args"))
        found += [self._parameter(param, "keyword") for param in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append(self._parameter(node.star_kwarg, "kwargs"))
        return tuple(found)

    def _parameter(self, node: cst.Param, kind: str) -> Parameter:
        name = node.name.value
        self.cursor.word(name)
        annotation = None if node.annotation is None else self.expression(node.annotation.annotation)
        default = None if node.default is None else self.expression(node.default)
        return Parameter(identifier(name), kind, annotation, default)

    def _type_parameters(self, node: cst.TypeParameters | None) -> None:
        """Pass type parameters; bounds and defaults are evaluated by type checkers only and are not kept."""
        if node is None:
            return
        for parameter in node.params:
            self.cursor.word(parameter.param.name.value)
            bound = getattr(parameter.param, "bound", None)
            if bound is not None:
                self.expression(bound)
            if parameter.default is not None:
                self.expression(parameter.default)


def _split_docstring(suite: cst.BaseSuite, body: Body) -> tuple[str | None, Body]:
    """The docstring of a suite and the rest of its lowered body."""
    first = body[0] if body else None
    if (
        type(first) is Evaluate
        and type(first.value) is Const
        and type(first.value.value) is str
        and is_docstring(suite)
    ):
        return first.value.value, body[1:]
    return None, body


def is_docstring(suite: cst.BaseSuite | cst.Module) -> bool:
    """Whether the first statement of a suite is a string that Python keeps as docstring."""
    statement: cst.CSTNode = suite.body[0]
    if isinstance(statement, cst.SimpleStatementLine):
        statement = statement.body[0]
    value = statement.value if isinstance(statement, cst.Expr) else None
    while isinstance(value, cst.ConcatenatedString):
        if not _is_text(value.left):
            return False
        value = value.right
    return _is_text(value)


def _is_text(node: cst.CSTNode | None) -> bool:
    return isinstance(node, cst.SimpleString) and "b" not in node.prefix
