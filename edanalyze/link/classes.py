"""Class hierarchy: method resolution order over project and library classes, attribute stores, overrides."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.facts.children import last_name, walk
from edanalyze.facts.module import ClassFacts
from edanalyze.link.program import Program, shared
from edanalyze.link.scopes import Binding, Scope, Store
from edanalyze.link.values import Class, External, ExternalInstance, Module

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator


MOST_OVERRIDES = 8
LEAST_METHODS = 2  # a protocol of fewer methods, unless named in several words, is met by chance
_NONE: frozenset[str] = frozenset()


def is_abstract(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a method body only stands for its overrides: nothing, `...` or `raise NotImplementedError`."""
    for statement in body:
        match statement:
            case ir.Evaluate(value=ir.Const()):
                continue
            case ir.Raise(value=value) if value is not None and _is_not_implemented(value):
                continue
            case _:
                return False
    return True


def _is_not_implemented(value: ir.Expr) -> bool:
    return any(isinstance(node, ir.Name) and node.id == "NotImplementedError" for node in walk(value))


def _is_protocol(facts: ClassFacts) -> bool:
    """Whether a class derives from `Protocol`, which goes by its own name wherever it is used."""
    bases = (base.value if isinstance(base, ir.Index) else base for base in facts.bases)
    return any(last_name(base) == "Protocol" for base in bases if isinstance(base, ir.Name | ir.Attr))


class Classes:
    """What classes inherit, define and assign."""

    def __init__(self, program: Program, evaluator: Evaluator) -> None:
        self._program = program
        self._evaluator = evaluator
        self._bases: dict[str, tuple[str | External, ...]] = {}
        self._order: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._children: dict[str, list[str]] | None = None
        self._descendants: dict[str, list[str]] = {}
        self._defining: dict[str, list[str]] | None = None
        self._shaped: dict[str, list[str]] = defaultdict(list)
        self._stores: dict[str, dict[str, list[Store]]] = {}
        self._abstract: dict[str, frozenset[str]] = {}

    def bases(self, cls: str) -> tuple[str | External, ...]:
        """Direct bases: ids of project classes, library classes as `External`."""
        if cls not in self._bases:
            self._bases[cls] = ()  # a class cannot inherit from itself
            scope = self._program.scopes[cls]
            frame = self._evaluator.root(scope.parent or scope)
            found: list[str | External] = []
            for base in self._program.classes[cls].bases:
                origin = base.value if isinstance(base, ir.Index) else base
                for value in self._evaluator.values(origin, frame):
                    if isinstance(value, Class):
                        found.append(value.id)
                    elif isinstance(value, External):
                        found.append(value)
                    elif isinstance(value, ExternalInstance) and not isinstance(value.owner, Module):
                        found.append(External(value.name))  # declarative_base(), NewType(...)
            self._bases[cls] = tuple(dict.fromkeys(found))
        return self._bases[cls]

    def order(self, cls: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Project classes and library class names that `cls` is made of, nearest first (depth first, last kept)."""
        if cls not in self._order:
            self._order[cls] = ((cls,), ())
            inner: list[str] = [cls]
            outer: list[str] = []
            for base in self.bases(cls):
                if isinstance(base, External):
                    outer.append(base.name)
                else:
                    more, names = self.order(base)
                    inner += more
                    outer += names
            inner = [name for position, name in enumerate(inner) if name not in inner[position + 1 :]]
            self._order[cls] = (tuple(inner), tuple(dict.fromkeys(outer)))
        return self._order[cls]

    def children(self, cls: str) -> list[str]:
        """Direct subclasses within the project."""
        if self._children is None:
            self._children = self._hierarchy()
        return self._children.get(cls, [])

    def _hierarchy(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = defaultdict(list)
        for child in self._program.classes:
            for base in self.bases(child):
                if isinstance(base, str):
                    children[base].append(child)
        protocols = {cls for cls, facts in self._program.classes.items() if _is_protocol(facts)}
        for protocol in sorted(protocols - children.keys()):
            children[protocol] = self._structural(protocol, protocols)
            for cls in children[protocol]:
                self._shaped[cls].append(protocol)
        return children

    def _structural(self, protocol: str, protocols: set[str]) -> list[str]:
        """The classes that are what a protocol asks for without saying so: all its methods, near its module.

        Another service may well have classes of the same shape.
        """
        names = [name for name in self._methods(protocol) if not name.startswith("_")]
        if len(names) < LEAST_METHODS and not any("_" in name for name in names):
            return []
        if self._defining is None:
            self._defining = defaultdict(list)
            for cls in self._program.classes:
                for name in self._methods(cls):
                    self._defining[name].append(cls)
        found = [
            cls
            for cls in self._defining[names[0]]
            if cls not in protocols and all(self.method(cls, name) is not None for name in names[1:])
        ]
        way = protocol.partition(":")[0].split(".")[:-1]
        near = {cls: shared(way, cls.partition(":")[0].split(".")[:-1]) for cls in found}
        most = max(near.values(), default=0)
        return [cls for cls in found if near[cls] >= max(most - 1, min(most, 1))]

    def _methods(self, cls: str) -> list[str]:
        """The names of the methods in the body of a class."""
        bindings = self._program.scopes[cls].bindings
        return [name for name, each in bindings.items() if any(binding.kind == "function" for binding in each)]

    def descendants(self, cls: str) -> list[str]:
        """All subclasses within the project, nearest first."""
        if cls not in self._descendants:
            found: dict[str, None] = {}
            queue = deque(self.children(cls))
            while queue:
                child = queue.popleft()
                if child not in found:
                    found[child] = None
                    queue.extend(self.children(child))
            self._descendants[cls] = list(found)
        return self._descendants[cls]

    def stores(self, cls: str) -> dict[str, list[Store]]:
        """Attribute name -> the assignments `self.name = ...` in the methods of this very class."""
        if cls not in self._stores:
            found: dict[str, list[Store]] = defaultdict(list)
            scope = self._program.scopes[cls]
            for bindings in scope.bindings.values():
                for binding in bindings:
                    if binding.kind == "function":
                        self._method_stores(f"{scope.module}:{binding.qualname}", found)
            self._stores[cls] = found
        return self._stores[cls]

    def _method_stores(self, function: str, found: dict[str, list[Store]]) -> None:
        scope = self._program.scopes.get(function)
        if scope is None or scope.function is None or not scope.function.parameters:
            return
        receiver = scope.function.parameters[0].name
        for store in scope.stores:
            if isinstance(store.base, ir.Name) and store.base.id == receiver and isinstance(store.key, str):
                found[store.key].append(store)

    def definition(self, cls: str, name: str) -> tuple[list[Binding], Scope] | None:
        """What the class body itself binds to `name`."""
        scope = self._program.scopes[cls]
        bindings = scope.bindings.get(name)
        return (bindings, scope) if bindings else None

    def method(self, cls: str, name: str) -> str | None:
        """The function that the method `name` of a class is, its own or the nearest inherited one of the project."""
        functions = self._program.functions
        return next((found for each in self.order(cls)[0] if (found := f"{each}.{name}") in functions), None)

    def derives(self, cls: str, names: frozenset[str]) -> bool:
        """Whether a library class of those names is among the ancestors."""
        return not names.isdisjoint(self.order(cls)[1])

    def stands_for(self, function: str) -> frozenset[str]:
        """The abstract methods of base classes whose calls may run a method, where few classes override them."""
        if function not in self._abstract:
            self._abstract[function] = self._stands_for(function)
        return self._abstract[function]

    def _stands_for(self, function: str) -> frozenset[str]:
        functions = self._program.functions
        facts = functions[function]
        if facts.owner is None or facts.name.startswith("__"):
            return _NONE
        found: list[str] = []
        owner = f"{function.partition(':')[0]}:{facts.owner}"
        self.children(owner)  # tells what is shaped like a protocol
        for base in (*self.order(owner)[0][1:], *self._shaped.get(owner, ())):
            method = functions.get(f"{base}.{facts.name}")
            if method is not None and is_abstract(method.body):
                heirs = [child for child in self.descendants(base) if f"{child}.{facts.name}" in functions]
                if len(heirs) <= MOST_OVERRIDES:
                    found.append(f"{base}.{facts.name}")
        return frozenset(found)
