"""Implied calls: what statements and expressions make the interpreter call without a call being written."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.facts.children import children, expressions, spelled, statements, walk
from edanalyze.facts.names import dotted
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, Frame, Function, Instance

BUILTINS = "builtins."
_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property"})
_MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})


class Implied:
    """Implied calls of a program."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._program = evaluator.program
        self._evaluator = evaluator
        self._properties = {
            facts.name
            for facts in evaluator.program.functions.values()
            if facts.owner is not None and _is_decorated(facts.decorators, _PROPERTIES)
        }

    def of(self, scope: Scope) -> set[str]:
        """What the statements and comprehensions of a scope make the interpreter call."""
        found: set[str] = set()
        frame = self._evaluator.root(scope)
        for statement in statements(_body(scope, self._program.modules[scope.module].body)):
            match statement:
                case ir.Loop(kind="for", source=source, asynchronous=asynchronous):
                    found |= self._iterated(source, frame, asynchronous)
                case ir.With(items=items, asynchronous=asynchronous):
                    hooks = ("__aenter__", "__aexit__") if asynchronous else ("__enter__", "__exit__")
                    for context, _ in items:
                        if not self._is_generator(context, frame):
                            found |= self._hooks(context, frame, hooks)
                case ir.Raise(value=ir.Name() | ir.Attr() as raised):
                    for value in self._evaluator.values(raised, frame):
                        found |= set(constructors(self._evaluator, value.id)) if isinstance(value, Class) else set()
                case _:
                    pass
            for expr in _read_parts(statement) if self._properties else ():
                found.update(self._read(expr, frame))
            for expr in expressions(statement):
                for node in walk(expr):
                    if isinstance(node, ir.Comprehension):
                        for each in node.generators[:1]:
                            found |= self._iterated(each.source, frame, each.asynchronous)
        return found

    def _iterated(self, source: ir.Expr, frame: Frame, asynchronous: bool) -> set[str]:
        first, following = ("__aiter__", "__anext__") if asynchronous else ("__iter__", "__next__")
        found = self._hooks(source, frame, (first,))
        for value in self._evaluator.values(source, frame):
            for method in self._evaluator.attributes.of(value, first) if isinstance(value, Instance) else ():
                if isinstance(method, Function):
                    made = self._evaluator.results.returned(method, None, None)
                    iterators = [each for each in made if isinstance(each, Instance)]
                    found |= {name for each in iterators for name in self._methods(each, following)}
        return found

    def _hooks(self, expr: ir.Expr, frame: Frame, names: tuple[str, ...]) -> set[str]:
        values = [value for value in self._evaluator.values(expr, frame) if isinstance(value, Instance)]
        return {found for value in values for name in names for found in self._methods(value, name)}

    def _methods(self, value: Instance, name: str) -> Iterator[str]:
        for method in self._evaluator.attributes.of(value, name):
            if isinstance(method, Function):
                yield dotted(method.id)

    # -------------------------------------------------------------- properties

    def _read(self, expr: ir.Expr, frame: Frame) -> Iterator[str]:
        """The properties that evaluating an expression reads."""
        if isinstance(expr, ir.Comprehension):
            scope = frame.scope.comprehension(expr)
            for generator in expr.generators[:1]:
                yield from self._read(generator.source, frame)
            if scope is not None:
                inner = self._evaluator.inner(scope, frame)
                for part in (*(test for each in expr.generators for test in each.tests), expr.key, expr.element):
                    if part is not None:
                        yield from self._read(part, inner)
            return
        if isinstance(expr, ir.Attr) and expr.name in self._properties:
            for value in self._evaluator.values(expr.value, frame):
                if isinstance(value, Instance):
                    getter = self._evaluator.classes.method(value.id, expr.name)
                    if getter is not None and _is_decorated(self._program.functions[getter].decorators, _PROPERTIES):
                        yield dotted(getter)
        for child in children(expr):
            yield from self._read(child, frame)

    def _is_generator(self, context: ir.Expr, frame: Frame) -> bool:
        """Whether a context manager is made of a generator: what it yields is not asked to enter and leave."""
        if not isinstance(context, ir.Call):
            return False
        callees = [each for each in self._evaluator.values(context.function, frame) if isinstance(each, Function)]
        return any(_is_decorated(self._program.functions[each.id].decorators, _MANAGERS) for each in callees)


def constructors(evaluator: Evaluator, cls: str) -> Iterator[str]:
    """What constructing a class calls."""
    constructor = evaluator.results.constructor(cls)
    if constructor is not None:
        yield dotted(constructor)
        return
    for base in evaluator.classes.order(cls)[1][:1]:
        if not base.startswith(BUILTINS):
            yield f"{base}.__init__"


def _is_decorated(decorators: tuple[ir.Expr, ...], names: frozenset[str]) -> bool:
    return any(spelled(each).removesuffix("()").rpartition(".")[2] in names for each in decorators)


def _read_parts(statement: ir.Stmt) -> tuple[ir.Expr, ...]:
    """What a statement reads: not what it assigns to."""
    if isinstance(statement, ir.Assign):
        targets = [child for target in statement.targets for child in children(target)]
        return (*([statement.value] if statement.value is not None else []), *targets)
    return expressions(statement)


def _body(scope: Scope, module: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...]:
    if scope.function is not None:
        return scope.function.body
    return scope.klass.body if scope.klass is not None else module
