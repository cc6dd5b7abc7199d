"""Functions, classes and lambdas."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from edanalyze.facts.ir import Const, Define, Evaluate, Expr, Lambda, Place, Return, Star, Stmt
from edanalyze.facts.module import ClassFacts, FunctionFacts, Parameter
from edanalyze.syntax.expressions import ExpressionVisitor, identifier
from edanalyze.syntax.scopes import Scope

Body = tuple[Stmt, ...]


class DefinitionVisitor(ExpressionVisitor):
    """Visits of definitions; each opens a scope and leaves a record under its qualified name."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.functions: dict[str, FunctionFacts] = {}
        self.classes: dict[str, ClassFacts] = {}
        self.order: list[str] = []

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
        qualname = scope.define(name)
        self.order.append(qualname)
        self._type_parameters(node.type_parameters)
        parameters = self._parameters(node.params)
        if not parameters:
            cursor.pair("(", ")")
        returns = None if node.returns is None else self.expression(node.returns.annotation)
        inner = self.scope = Scope(qualname, name, False)
        docstring, body = _split_docstring(node.body, self.block(node.body))
        self.scope = scope
        self.functions[qualname] = FunctionFacts(
            qualname=qualname,
            name=name,
            owner=scope.qualname if scope.is_class else None,
            parent=scope.qualname,
            parameters=parameters,
            decorators=decorators,
            returns=returns,
            body=body,
            asynchronous=node.asynchronous is not None,
            generator=inner.generator,
            place=place,
            end_line=cursor.end_line(),
            docstring=docstring,
        )
        out.append(Define(name, qualname, False))

    def visit_ClassDef(self, node: cst.ClassDef, out: list[Stmt]) -> None:
        cursor = self.cursor
        scope = self.scope
        decorators = self._decorators(node.decorators)
        cursor.word("class")
        name = node.name.value
        start = cursor.word(name)
        place = cursor.place(start, cursor.position)
        name = identifier(name)
        qualname = scope.define(name)
        self.order.append(qualname)
        self._type_parameters(node.type_parameters)
        before = cursor.position
        bases = tuple([Star(self.expression(b.value)) if b.star else self.expression(b.value) for b in node.bases])
        keywords = tuple([self._keyword(argument) for argument in node.keywords])
        if cursor.position == before and isinstance(node.lpar, cst.LeftParen):
            cursor.pair("(", ")")
        self.scope = Scope(qualname, name, True)
        docstring, body = _split_docstring(node.body, self.block(node.body))
        self.scope = scope
        self.classes[qualname] = ClassFacts(
            qualname=qualname,
            name=name,
            parent=scope.qualname,
            bases=bases,
            keywords=keywords,
            decorators=decorators,
            body=body,
            place=place,
            docstring=docstring,
        )
        out.append(Define(name, qualname, True))

    def visit_Lambda(self, node: cst.Lambda) -> Expr:
        cursor = self.cursor
        scope = self.scope
        start = cursor.word("lambda")
        place: Place = cursor.place(start, cursor.position)
        qualname = scope.define_lambda()
        self.order.append(qualname)
        parameters = self._parameters(node.params)
        name = qualname.rpartition(".")[2]
        inner = self.scope = Scope(qualname, name, False)
        value = self.expression(node.body)
        self.scope = scope
        self.functions[qualname] = FunctionFacts(
            qualname=qualname,
            name=name,
            owner=None,
            parent=scope.qualname,
            parameters=parameters,
            decorators=(),
            returns=None,
            body=(Return(value, place.line),),
            asynchronous=False,
            generator=inner.generator,
            place=place,
            end_line=cursor.end_line(),
        )
        return Lambda(qualname)

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
