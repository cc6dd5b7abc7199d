"""What is defined while a file is lowered: functions and classes under their qualified names."""

from __future__ import annotations

from edanalyze.facts.ir import Define, Expr, Lambda, Place, Return, Stmt
from edanalyze.facts.module import ClassFacts, Comment, FunctionFacts, ModuleFacts, Parameter
from edanalyze.syntax.exports import exports
from edanalyze.syntax.scopes import Scope

Body = tuple[Stmt, ...]


class Register:
    """Base of both readers: the scope being lowered, and the records of the definitions met so far.

    A definition is declared where its name stands, which hands out its qualified name in source order; it is
    recorded when its body has been lowered, in the scope that was opened for it.
    """

    def __init__(self) -> None:
        self.scope = Scope("", "", False)
        self.functions: dict[str, FunctionFacts] = {}
        self.classes: dict[str, ClassFacts] = {}
        self._order: list[str] = []

    def declare(self, name: str) -> str:
        """The qualified name of a function or class."""
        qualname = self.scope.define(name)
        self._order.append(qualname)
        return qualname

    def declare_lambda(self) -> str:
        """The qualified name of a lambda."""
        qualname = self.scope.define_lambda()
        self._order.append(qualname)
        return qualname

    def record_function(
        self,
        scope: Scope,
        outer: Scope,
        parameters: tuple[Parameter, ...],
        decorators: tuple[Expr, ...],
        returns: Expr | None,
        docstring: str | None,
        body: Body,
        asynchronous: bool,
        place: Place,
        end_line: int,
    ) -> Define:
        """Record the function whose body was lowered in `scope`; the statement that stands for it in `outer`."""
        self.functions[scope.qualname] = FunctionFacts(
            scope.qualname,
            scope.name,
            outer.qualname if outer.is_class else None,
            outer.qualname,
            parameters,
            decorators,
            returns,
            body,
            asynchronous,
            scope.generator,
            place,
            end_line,
            docstring,
        )
        return Define(scope.name, scope.qualname, False)

    def record_lambda(
        self, scope: Scope, outer: Scope, parameters: tuple[Parameter, ...], value: Expr, place: Place, end_line: int
    ) -> Lambda:
        """Record the lambda whose value was lowered in `scope`."""
        body = (Return(value, place.line),)
        self.functions[scope.qualname] = FunctionFacts(
            scope.qualname,
            scope.name,
            None,
            outer.qualname,
            parameters,
            (),
            None,
            body,
            False,
            scope.generator,
            place,
            end_line,
        )
        return Lambda(scope.qualname)

    def record_class(
        self,
        scope: Scope,
        outer: Scope,
        bases: tuple[Expr, ...],
        keywords: tuple[tuple[str, Expr], ...],
        decorators: tuple[Expr, ...],
        docstring: str | None,
        body: Body,
        place: Place,
    ) -> Define:
        """Record the class whose body was lowered in `scope`; the statement that stands for it in `outer`."""
        self.classes[scope.qualname] = ClassFacts(
            scope.qualname, scope.name, outer.qualname, bases, keywords, decorators, body, place, docstring
        )
        return Define(scope.name, scope.qualname, True)

    def facts(self, path: str, body: Body, comments: tuple[Comment, ...], lines: int) -> ModuleFacts:
        """The facts of the file, definitions in the order of their names."""
        return ModuleFacts(
            path=path,
            body=body,
            functions={name: self.functions[name] for name in self._order if name in self.functions},
            classes={name: self.classes[name] for name in self._order if name in self.classes},
            exports=exports(body),
            comments=comments,
            lines=lines,
        )
