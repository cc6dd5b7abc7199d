"""The call graph: who calls whom, in dotted names.

Every call is evaluated in the frame of any activation of its function. Callers that go by another name than the
function they run (`f = g; f()`) are found on the way; the evaluation is then done again with what they pass, until no
more are found. The idea of such a fixed point over assignments is PyCG's (Salis et al., ICSE 2021).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from edanalyze.analyse.system import System
from edanalyze.facts import ir
from edanalyze.facts.children import expressions, statements, walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.program import dotted
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, Frame, Function, Instance, Partial, Value

MOST_ROUNDS = 4
BUILTINS = "builtins."


def callgraph(system: System) -> dict[str, list[str]]:
    """Caller -> callees, both sorted.

    Code is named by its dotted path from the root, the top level of a module by the module alone, what a library
    defines by its import path, and a builtin as `<builtin>.print`. Every function is a key. What the interpreter calls
    counts: decorators, `__iter__` and `__next__` of loops, `__enter__` and `__exit__`, constructors of raised classes.
    """
    evaluator = system.evaluator
    learned: dict[str, dict[tuple[int, int], tuple[ir.Call, Scope]]] = {}
    for _ in range(MOST_ROUNDS):
        graph = _CallGraph(evaluator)
        found = graph.edges()
        more = graph.unknown_callers()
        if not any(set(calls) - set(learned.get(function, ())) for function, calls in more.items()):
            break
        for function, calls in more.items():
            learned.setdefault(function, {}).update(calls)
        evaluator = Evaluator(system.program, system.evaluator.models, system.evaluator.settings)
        evaluator.parameters.learn(
            {
                function: [(call, evaluator.root(scope)) for call, scope in calls.values()]
                for function, calls in learned.items()
            }
        )
    return {caller: sorted(callees) for caller, callees in sorted(found.items())}


class _CallGraph:
    """One round: all edges, and the calls that reach a function whose callers do not include them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._program = evaluator.program
        self._evaluator = evaluator
        self._calls: dict[str, dict[tuple[int, int], tuple[ir.Call, Scope]]] = defaultdict(dict)

    def edges(self) -> dict[str, set[str]]:
        """Caller -> callees."""
        found: dict[str, set[str]] = {}
        for identifier in sorted(self._program.scopes):
            scope = self._program.scopes[identifier]
            callees = found.setdefault(_caller(scope), set())
            for call, where in scope.calls:
                callees |= self._called(call, where)
            callees |= self._implied(scope)
        for identifier in sorted(self._program.functions):
            scope = self._program.scopes[identifier]
            outer = scope.parent or scope
            for call, _ in self._evaluator.decorators.applications(Function(identifier), self._evaluator.root(outer)):
                values = self._evaluator.values(call.function, self._evaluator.root(outer))
                inner = [value for value in values if isinstance(value, Function | Class | Instance)]
                found.setdefault(_caller(outer), set()).update(self._names(inner, call, outer))
        return found

    def unknown_callers(self) -> dict[str, dict[tuple[int, int], tuple[ir.Call, Scope]]]:
        """Function -> the calls that run it and that looking for its name does not find."""
        return {function: new for function, calls in sorted(self._calls.items()) if (new := self._new(function, calls))}

    def _new(
        self, function: str, calls: dict[tuple[int, int], tuple[ir.Call, Scope]]
    ) -> dict[tuple[int, int], tuple[ir.Call, Scope]]:
        known = {id(call) for call, _ in self._evaluator.parameters.callers(function)}
        return {key: value for key, value in calls.items() if id(value[0]) not in known}

    # ------------------------------------------------------------------- calls

    def _called(self, call: ir.Call, scope: Scope) -> set[str]:
        return self._names(self._evaluator.values(call.function, self._evaluator.root(scope)), call, scope)

    def _names(self, values: Iterable[Value], call: ir.Call, scope: Scope) -> set[str]:
        return {name for value in values for name in self._callees(value, call, scope)}

    def _callees(self, value: Value, call: ir.Call, scope: Scope) -> Iterator[str]:
        match value:
            case Function(id=identifier):
                self._calls[identifier][(id(call), id(scope))] = (call, scope)
                yield dotted(identifier)
            case Class(id=cls):
                yield from self._constructor(cls)
            case Instance():
                for method in self._evaluator.attributes.of(value, "__call__"):
                    if isinstance(method, Function):
                        yield dotted(method.id)
            case External(name=name) if not name.endswith(("()", "[]")):
                yield f"<builtin>.{name.removeprefix(BUILTINS)}" if name.startswith(BUILTINS) else name
            case Partial(target=target):
                yield from self._callees(target, call, scope)
            case _:
                return

    def _constructor(self, cls: str) -> Iterator[str]:
        constructor = self._evaluator.results.constructor(cls)
        if constructor is not None:
            yield dotted(constructor)
            return
        for base in self._evaluator.classes.order(cls)[1][:1]:
            if not base.startswith(BUILTINS):
                yield f"{base}.__init__"

    # ----------------------------------------------------------------- implied

    def _implied(self, scope: Scope) -> set[str]:
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
                        found |= self._hooks(context, frame, hooks)
                case ir.Raise(value=ir.Name() | ir.Attr() as raised):
                    for value in self._evaluator.values(raised, frame):
                        found |= set(self._constructor(value.id)) if isinstance(value, Class) else set()
                case _:
                    pass
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


def _caller(scope: Scope) -> str:
    """Who runs the code of a scope: a class body is run by what holds the class."""
    while scope.kind in {"class", "comprehension"} and scope.parent is not None:
        scope = scope.parent
    return dotted(scope.id)


def _body(scope: Scope, module: tuple[ir.Stmt, ...]) -> tuple[ir.Stmt, ...]:
    if scope.function is not None:
        return scope.function.body
    return scope.klass.body if scope.klass is not None else module
