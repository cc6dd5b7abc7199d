"""Calls whose meaning is open: nothing is known of what is called, or not of all that may be.

A call of a parameter, of a method of one, or of what an object holds may mean something in one call context that it
does not mean in any activation. It is looked up by its name: the functions and APIs that are called so, and what
attributes of that name hold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from edanalyze.analyse.bearing.bears import ANYTHING, Bears, of_api
from edanalyze.analyse.effects.effects import EFFECTS
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.trees.trees import Step, nodes
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.callers import MOST_CALLERS
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import Class, Constant, Display, ExternalInstance, Function, Instance, String

RunBy = Callable[[Iterable[Function]], Iterable[str]]
_BY_CLASS = frozenset({"__init__", "__call__"})
_DATA = frozenset({"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})


class Guess(NamedTuple):
    """What a call may be: functions of the program, and what else it may come to."""

    functions: frozenset[str]
    bears: int


_NONE = Guess(frozenset(), Bears.NOTHING)


class OpenCalls:
    """Looks up calls by name; `run_by` gives the functions that values stand for, those of subclasses included."""

    def __init__(self, contexts: Contexts, run_by: RunBy) -> None:
        self._contexts = contexts
        self._program = contexts.program
        self._evaluator = contexts.evaluator
        self._run_by = run_by
        self._held: dict[str, Guess] = {}
        self._counts: dict[str, Counter[str]] = {}

    def is_open(self, scope: Scope, on_itself: bool, owner: str) -> bool:
        """Whether a call that means nothing in any activation may mean something in a certain one."""
        if on_itself and self._evaluator.classes.descendants(owner):
            return True
        current: Scope | None = scope
        while current is not None:
            if current.id in self._blurred:
                return True
            current = current.parent
        return False

    @cached_property
    def _blurred(self) -> frozenset[str]:
        """Functions of whose parameters not all values are known: too many callers, be it of a function before them."""
        blurred = {
            function
            for function, facts in self._program.functions.items()
            if self._is_much_called(function, facts.name) and self._has_many_callers(function, facts.name)
        }
        waiting = sorted(blurred)
        while waiting:
            for callee in self._handed_on(waiting.pop()):
                if callee not in blurred:
                    blurred.add(callee)
                    waiting.append(callee)
        return frozenset(blurred)

    def _is_much_called(self, function: str, name: str) -> bool:
        calls = self._program.calls
        if name in _BY_CLASS:  # called by the names of classes
            return True
        return len(calls.get(name, ())) >= MOST_CALLERS

    def _has_many_callers(self, function: str, name: str) -> bool:
        callers = self._evaluator.callers
        if name not in _BY_CLASS and not callers.goes_by_other_names(function):
            calls = self._meant(name).get(function, 0)
            if not calls:
                return len(self._evaluator.dispatch.callers(function)) >= MOST_CALLERS
            if calls < MOST_CALLERS:
                return False
        return len(callers.of(function)) >= MOST_CALLERS

    def _meant(self, name: str) -> Counter[str]:
        """How many of the calls of a name may run each function: all are looked at once, not once for each function."""
        found = self._counts.get(name)
        if found is None:
            found = self._counts[name] = Counter()
            for call, scope in self._program.calls.get(name, ()):
                ids: set[str] = set()
                for value in self._evaluator.values(call.function, self._evaluator.root(scope)):
                    if isinstance(value, Function):
                        ids.add(value.id)
                        ids.update(inner.id for inner in self._evaluator.decorators.wrapped(value))
                found.update(ids)
        return found

    def _handed_on(self, function: str) -> Iterator[str]:
        """The functions to which a function hands on what it was given."""
        facts = self._program.functions.get(function)
        own = {parameter.name for parameter in facts.parameters} if facts is not None else set()
        for node in nodes(self._contexts.tree(function).body) if own else ():
            if isinstance(node, Step) and node.targets:
                given = (*node.call.arguments, *(value for _, value in node.call.keywords))
                if any(not own.isdisjoint(_names(expr)) for expr in given):
                    yield from self._run_by(node.targets)

    def by_name(self, call: ir.Call, own: bool) -> Guess:
        """What a call may be by its name alone; methods of the object itself (`own`) are looked up elsewhere."""
        called = call.function
        if not isinstance(called, ir.Attr):
            return Guess(frozenset(), ANYTHING)
        held = self._holds(called.name)
        functions = held.functions if own else held.functions.union(self._named.get(called.name, ()))
        spelled = Bears.NOTHING if _is_lookup(call) else self._spelled.get(called.name, Bears.NOTHING)
        return Guess(functions, held.bears | spelled)

    @cached_property
    def _named(self) -> dict[str, tuple[str, ...]]:
        """Functions by their names, constructors also by the names of their classes."""
        found: dict[str, list[str]] = defaultdict(list)
        for identifier, facts in self._program.functions.items():
            found[facts.name].append(identifier)
        for cls in self._program.classes:
            constructor = self._evaluator.results.constructor(cls)
            if constructor is not None:
                found[cls.partition(":")[2].rpartition(".")[2]].append(constructor)
        return {name: tuple(functions) for name, functions in found.items()}

    # --------------------------------------------------------------- attributes

    def _holds(self, name: str) -> Guess:
        """What attributes of a name may hold that can be called."""
        found = self._held.get(name)
        if found is None:
            found = _NONE
            for binding, scope in self._bound.get(name, ()):
                more = self._of_binding(binding, scope)
                found = Guess(found.functions | more.functions, found.bears | more.bears)
            self._held[name] = found
        return found

    @cached_property
    def _bound(self) -> dict[str, list[tuple[Binding, Scope]]]:
        """What is assigned to attributes, in methods and in the bodies of classes, but for methods themselves."""
        found: dict[str, list[tuple[Binding, Scope]]] = defaultdict(list)
        for identifier in sorted(self._program.scopes):
            scope = self._program.scopes[identifier]
            for store in scope.stores:
                if isinstance(store.key, str):
                    found[store.key].append((store.binding, scope))
            for name, bindings in scope.bindings.items() if scope.kind == "class" else ():
                found[name] += [(binding, scope) for binding in bindings if binding.kind != "function"]
        return found

    def _of_binding(self, binding: Binding, scope: Scope) -> Guess:
        values = tuple(self._evaluator.binding(binding, self._evaluator.root(scope)))
        functions: set[str] = set()
        unknown = not values and not (binding.annotation is not None and _is_data(binding.annotation))
        for value in values:
            match value:
                case Function():
                    functions.update(self._run_by((value,)))
                case Class(id=cls):
                    functions.update(filter(None, (self._evaluator.results.constructor(cls),)))
                case Instance(id=cls):
                    functions.update(filter(None, (self._evaluator.classes.method(cls, "__call__"),)))
                case Constant() | Display() | ExternalInstance() | String(literal=str()):
                    pass
                case _:
                    unknown = True
        return Guess(frozenset(functions), ANYTHING if unknown else Bears.NOTHING)

    @cached_property
    def _spelled(self) -> dict[str, int]:
        """What the APIs of a name come to."""
        models = self._evaluator.models.models
        found: dict[str, int] = defaultdict(lambda: Bears.NOTHING)
        for kind in EFFECTS:
            bears = of_api(kind)
            for name in models.spellings([kind]) if bears else ():
                found[name] |= bears
        return dict(found)


def _is_lookup(call: ir.Call) -> bool:
    """Whether a call looks something up by a literal name that is no URL: `settings.get("timeout")`."""
    match call:
        case ir.Call(function=ir.Attr(name="get"), arguments=(ir.Const(value=str() as key), *_)):
            return "/" not in key
        case _:
            return False


def _is_data(annotation: ir.Expr) -> bool:
    """Whether an annotation names plain data."""
    match annotation:
        case ir.Name(id=name):
            return name in _DATA
        case ir.Index(value=ir.Name(id=name)):
            return name in _DATA
        case _:
            return False


def _names(expr: ir.Expr) -> Iterator[str]:
    return (node.id for node in walk(expr) if isinstance(node, ir.Name))
