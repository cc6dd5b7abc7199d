"""The call graph: who calls whom, in dotted names.

Every call is evaluated in the frame of any activation of its function. Callers that go by another name than the
function they run (`f = g; f()`) are found on the way; the evaluation is then done again with what they pass, until no
more are found. The idea of such a fixed point over assignments is PyCG's (Salis et al., ICSE 2021).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from edanalyze.analyse.system import System
from edanalyze.analyse.systemgraph.implementations import Implementations
from edanalyze.analyse.systemgraph.implied import BUILTINS, Implied, constructors
from edanalyze.facts import ir
from edanalyze.facts.names import dotted
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, Function, Instance, Partial, Value

MOST_ROUNDS = 4


def callgraph(system: System) -> dict[str, list[str]]:
    """Caller -> callees, both sorted.

    Code is named by its dotted path from the root, the top level of a module by the module alone, what a library
    defines by its import path, and a builtin as `<builtin>.print`. Every function is a key. What the interpreter calls
    counts: decorators, `__iter__` and `__next__` of loops, `__enter__` and `__exit__`, constructors of raised classes,
    properties. A method that is only declared stands for its implementations.
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
        evaluator.callers.learn(
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
        self._implied = Implied(evaluator)
        self._implementations = Implementations(evaluator)
        self._calls: dict[str, dict[tuple[int, int], tuple[ir.Call, Scope]]] = defaultdict(dict)

    def edges(self) -> dict[str, set[str]]:
        """Caller -> callees."""
        found: dict[str, set[str]] = {}
        for identifier in sorted(self._program.scopes):
            scope = self._program.scopes[identifier]
            callees = found.setdefault(_caller(scope), set())
            for call, where in scope.calls:
                callees |= self._called(call, where)
            callees |= self._implied.of(scope)
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
        known = {id(call) for call, _ in self._evaluator.callers.of(function)}
        return {key: value for key, value in calls.items() if id(value[0]) not in known}

    # ------------------------------------------------------------------- calls

    def _called(self, call: ir.Call, scope: Scope) -> set[str]:
        return self._names(self._evaluator.values(call.function, self._evaluator.root(scope)), call, scope)

    def _names(self, values: Iterable[Value], call: ir.Call, scope: Scope) -> set[str]:
        return {name for value in values for name in self._callees(value, call, scope)}

    def _callees(self, value: Value, call: ir.Call, scope: Scope) -> Iterator[str]:
        match value:
            case Function():
                for function in self._implementations.of(value):
                    self._calls[function][(id(call), id(scope))] = (call, scope)
                    yield dotted(function)
            case Class(id=cls):
                yield from constructors(self._evaluator, cls)
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


def _caller(scope: Scope) -> str:
    """Who runs the code of a scope: a class body is run by what holds the class."""
    while scope.kind in {"class", "comprehension"} and scope.parent is not None:
        scope = scope.parent
    return dotted(scope.id)
