"""Functions, classes and lambdas."""

from __future__ import annotations

import ast

from edanalyze.facts.ir import Expr, Stmt
from edanalyze.facts.module import Parameter
from edanalyze.syntax.abstract.expressions import ExpressionVisitor
from edanalyze.syntax.abstract.literals import string
from edanalyze.syntax.scopes import Scope

Body = tuple[Stmt, ...]


class DefinitionVisitor(ExpressionVisitor):
    """Visits of definitions; each opens a scope and leaves a record under its qualified name."""

    def block(self, nodes: list[ast.stmt]) -> Body:
        """Lower the statements of a suite."""
        raise NotImplementedError

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, out: list[Stmt]) -> None:
        scope = self.scope
        decorators = self._items(node.decorator_list)
        place = self.definition(node)
        inner = Scope(self.declare(node.name), node.name, False)
        self._type_parameters(node)
        parameters = self._parameters(node.args)
        returns = self.optional(node.returns)
        self.scope = inner
        docstring, body = self._documented(node.body)
        self.scope = scope
        asynchronous, end_line = type(node) is ast.AsyncFunctionDef, node.end_lineno or 0
        out.append(
            self.record_function(
                inner, scope, parameters, decorators, returns, docstring, body, asynchronous, place, end_line
            )
        )

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef, out: list[Stmt]) -> None:
        scope = self.scope
        decorators = self._items(node.decorator_list)
        place = self.definition(node)
        inner = Scope(self.declare(node.name), node.name, True)
        self._type_parameters(node)
        bases = self._items(node.bases)
        keywords = tuple([(word.arg or "", self.expression(word.value)) for word in node.keywords])
        self.scope = inner
        docstring, body = self._documented(node.body)
        self.scope = scope
        out.append(self.record_class(inner, scope, bases, keywords, decorators, docstring, body, place))

    def visit_Lambda(self, node: ast.Lambda) -> Expr:
        scope = self.scope
        place = self.keyword(node.lineno, node.col_offset, "lambda")
        qualname = self.declare_lambda()
        parameters = self._parameters(node.args)
        inner = self.scope = Scope(qualname, qualname.rpartition(".")[2], False)
        value = self.expression(node.body)
        self.scope = scope
        return self.record_lambda(inner, scope, parameters, value, place, self.end_line(node))

    def _documented(self, nodes: list[ast.stmt]) -> tuple[str | None, Body]:
        """The docstring of a suite and the rest of its lowered body."""
        first = nodes[0]
        if type(first) is ast.Expr and type(first.value) is ast.Constant and type(first.value.value) is str:
            return string(first.value.value), self.block(nodes[1:])
        return None, self.block(nodes)

    def _parameters(self, node: ast.arguments) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        positional = [*((arg, "positional") for arg in node.posonlyargs), *((arg, "normal") for arg in node.args)]
        without = len(positional) - len(node.defaults)
        for index, (arg, kind) in enumerate(positional):
            found.append(self._parameter(arg, kind, node.defaults[index - without] if index >= without else None))
        if node.vararg is not None:
            found.append(self._parameter(node.vararg, "args", None))
        for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            found.append(self._parameter(arg, "keyword", default))
        if node.kwarg is not None:
            found.append(self._parameter(node.kwarg, "kwargs", None))
        return tuple(found)

    def _parameter(self, node: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
        annotation = self.optional(node.annotation)
        return Parameter(node.arg, kind, annotation, self.optional(default))

    def _type_parameters(self, node: ast.AST) -> None:
        """Pass type parameters; bounds and defaults are evaluated by type checkers only and are not kept."""
        for parameter in getattr(node, "type_params", ()):
            self.optional(getattr(parameter, "bound", None))
            self.optional(getattr(parameter, "default_value", None))
