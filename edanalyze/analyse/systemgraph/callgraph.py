"""The call graph: who calls whom, in dotted names."""

from __future__ import annotations

from edanalyze.analyse.system import System
from edanalyze.facts import ir
from edanalyze.link.program import dotted
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, External, ExternalInstance, Frame, Function, Instance, Partial, Value


def callgraph(system: System) -> dict[str, list[str]]:
    """Caller -> callees, both sorted.

    Code is named by its dotted path from the root, the top level of a module by the module alone, what a library
    defines by its import path, and a builtin as `<builtin>.print`. Every function is a key.
    """
    return CallGraph(system).all()


class CallGraph:
    """Collects the calls of a program."""

    def __init__(self, system: System) -> None:
        self._program = system.program
        self._evaluator = system.evaluator

    def all(self) -> dict[str, list[str]]:
        """The whole graph."""
        found: dict[str, set[str]] = {}
        for identifier in self._program.scopes:
            scope = self._program.scopes[identifier]
            callers = found.setdefault(self._caller(scope), set())
            for call, where in scope.calls:
                callers |= self._callees(call, where)
        return {caller: sorted(callees) for caller, callees in sorted(found.items())}

    @staticmethod
    def _caller(scope: Scope) -> str:
        """Who runs the code of a scope: a class body is run by what holds the class."""
        while scope.kind == "class" and scope.parent is not None:
            scope = scope.parent
        return dotted(scope.id)

    def _callees(self, call: ir.Call, scope: Scope) -> set[str]:
        frame = self._evaluator.root(scope)
        found: set[str] = set()
        for value in self._evaluator.values(call.function, frame):
            found |= self._names(value, call, frame)
        return found

    def _names(self, value: Value, call: ir.Call, frame: Frame) -> set[str]:
        match value:
            case Function(id=identifier):
                return {dotted(identifier)}
            case Class(id=cls):
                constructor = self._evaluator.results.constructor(cls)
                return {dotted(constructor)} if constructor is not None else set()
            case Instance():
                methods = self._evaluator.attributes.of(value, "__call__")
                return {dotted(method.id) for method in methods if isinstance(method, Function)}
            case External(name=name):
                return {f"<builtin>.{name.removeprefix('builtins.')}" if name.startswith("builtins.") else name}
            case ExternalInstance():
                return set()
            case Partial(target=target):
                return self._names(target, call, frame)
            case _:
                return set()
