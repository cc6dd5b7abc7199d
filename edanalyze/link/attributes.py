"""Attributes: of modules, classes, instances and library objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from edanalyze.facts import ir
from edanalyze.facts.children import own_name
from edanalyze.link.appconfig import DJANGO
from edanalyze.link.namespaces import NAMESPACES, held
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import (
    Class,
    Constant,
    External,
    ExternalInstance,
    Frame,
    Function,
    Hole,
    Instance,
    Module,
    String,
    Super,
    Value,
)

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

GENERATED = "_pb2"
"""The end of the names of modules whose classes Protocol Buffers makes when they are imported."""
PROPERTIES = frozenset({"property", "cached_property", "functools.cached_property", "hybrid_property", "classproperty"})


class Attributes:
    """Attribute look-up for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._memo: dict[tuple[Value, str], tuple[Value, ...]] = {}

    def of_expression(self, base: ir.Expr, name: str, frame: Frame) -> Iterable[Value]:
        """What `base.name` may be."""
        found: list[Value] = []
        for value in self._evaluator.values(base, frame):
            is_django = type(value) is External and value.name == DJANGO
            found += (self._evaluator.configuration.django(name, frame) if is_django else ()) or self.of(value, name)
        if type(base) is ir.Attr and not self._evaluator.shelves.are_known(found):
            found = [*self._evaluator.shelves.attribute(base.name, name), *found]
        return found

    def of(self, value: Value, name: str) -> tuple[Value, ...]:
        """What attribute `name` of a value may be."""
        key = (value, name)
        found = self._memo.get(key)
        if found is None:
            self._memo[key] = ()
            found = tuple(self._of(value, name))
            self._memo[key] = found
        return found

    def _of(self, value: Value, name: str) -> Iterable[Value]:
        holding = _HOLDING.get(type(value))
        return holding(self, value, name) if holding is not None else ()

    def _of_external(self, value: External, name: str) -> Iterable[Value]:
        dotted = value.name
        made = self._evaluator.models.attribute(dotted, name) if dotted.rpartition(".")[2][:1].isupper() else None
        if made:
            return (ExternalInstance(made, None, value),)
        return (External(self._evaluator.names[f"{dotted}.{name}"], value),)

    def _of_task(self, value: Function, name: str) -> Iterable[Value]:
        """An attribute of a function that a decorator made a task: `task.delay` calls `apply_async` of its class."""
        evaluator = self._evaluator
        if value.id not in evaluator.program.functions:
            return ()
        produced = evaluator.decorators.produced(value.id)
        if not produced:
            return ()
        for cls in evaluator.decorators.task_classes(value.id):
            for method in (name, "apply_async") if name == "delay" else (name,):
                for ancestor in evaluator.classes.order(cls)[0]:
                    if f"{ancestor}.{method}" in evaluator.program.functions:
                        return (Function(f"{ancestor}.{method}", Instance(cls)),)
        return [External(f"{cls}.{name}", value) for cls in produced]

    # ---------------------------------------------------------------- modules

    def of_module(self, module: str, name: str) -> tuple[Value, ...]:
        """What `module.name` is: a binding, a re-export or a submodule."""
        evaluator = self._evaluator
        scope = evaluator.program.scopes.get(f"{module}:")
        if scope is not None:
            if name in scope.bindings or scope.star_imports:
                found = evaluator.name(name, evaluator.root(scope))
                if found and found != (External(f"builtins.{name}"),):
                    return found
        child = evaluator.program.submodule(module, name)
        if child is None and scope is not None and module.endswith(GENERATED):
            return (External(f"{module}.{name}"),)
        return (Module(child),) if child is not None else ()

    # ---------------------------------------------------------------- classes

    def _of_class(self, cls: str, name: str, receiver: Value) -> Iterable[Value]:
        evaluator = self._evaluator
        inner, outer = evaluator.classes.order(cls)
        for ancestor in inner:
            definition = evaluator.classes.definition(ancestor, name)
            if definition is not None:
                bindings, scope = definition
                return self._members(bindings, scope, receiver, cls)
        found: list[Value] = []
        for base in outer:
            made = evaluator.models.attribute(base, name)
            found.append(ExternalInstance(made, None, receiver) if made else External(f"{base}.{name}", receiver))
        return found

    def _of_super(self, value: Super, name: str) -> Iterable[Value]:
        evaluator = self._evaluator
        receiver = value.receiver
        assert isinstance(receiver, Instance | Class)
        for ancestor in value.rest:
            definition = evaluator.classes.definition(ancestor, name)
            if definition is not None:
                bindings, scope = definition
                return self._members(bindings, scope, receiver, receiver.id)
        site = receiver.site if isinstance(receiver, Instance) else None
        return [External(f"{base}.{name}", ExternalInstance(base, site, receiver)) for base in value.outer]

    def _members(self, bindings: list[Binding], scope: Scope, receiver: Value, cls: str) -> Iterable[Value]:
        evaluator = self._evaluator
        found: list[Value] = []
        for value in evaluator.bound(bindings, evaluator.root(scope)):
            if isinstance(value, Function) and value.receiver is None:
                found += self._method(value, receiver, cls)
            elif isinstance(value, Instance) and (provided := self._described(value)):
                found += provided
            else:
                found.append(value)
        return found

    def _described(self, value: Instance) -> tuple[Value, ...]:
        """What a descriptor (or an injected dependency provider) in a class body gives to the instances."""
        evaluator = self._evaluator
        inner, outer = evaluator.classes.order(value.id)
        hooks = ["__get__"]
        if any(base.endswith(".DependencyProvider") for base in outer):
            hooks.append("get_dependency")
        for hook in hooks:
            for ancestor in inner:
                if f"{ancestor}.{hook}" in evaluator.program.functions:
                    return evaluator.results.returned(Function(f"{ancestor}.{hook}", value), None, None)
        return ()

    def _method(self, value: Function, receiver: Value, cls: str) -> Iterable[Value]:
        evaluator = self._evaluator
        facts = evaluator.program.functions[value.id]
        names = {own_name(decorator) for decorator in facts.decorators}
        if names & PROPERTIES:
            if isinstance(receiver, Class):
                return ()
            return evaluator.results.returned(Function(value.id, receiver, value.closure), None, None)
        if "staticmethod" in names:
            return (value,)
        if "classmethod" in names:
            return (Function(value.id, Class(cls), value.closure),)
        if isinstance(receiver, Class):
            return (value,)
        return (Function(value.id, receiver, value.closure),)

    # -------------------------------------------------------------- instances

    def _of_instance(self, instance: Instance, cls: str, name: str) -> Iterable[Value]:
        evaluator = self._evaluator
        if name == "__class__":
            return (Class(cls),)
        inner, outer = evaluator.classes.order(cls)
        setting = evaluator.settings.field(evaluator, cls, name)
        if setting is not None:
            return setting
        found: list[Value] = []
        for ancestor in inner:
            for store in evaluator.classes.stores(ancestor).get(name, ()):
                found += evaluator.binding(store.binding, evaluator.constructions.frame(instance, store.scope))
        for ancestor in inner:
            definition = evaluator.classes.definition(ancestor, name)
            if definition is not None:
                bindings, scope = definition
                given = evaluator.parameters.field(instance, name)
                found += given or self._members(bindings, scope, instance, cls)
                if not found and instance.open and bindings[0].kind == "annotation":
                    found.append(String((Hole("parameter", name),)))  # a data class field
                break
        if found:
            return [value for value in found if value != Constant(None)] or found
        if not outer and instance.site is None:
            return self._of_subclasses(instance, name)
        owner = instance
        return [
            value
            for base in outer
            for value in self._of_library(ExternalInstance(base, instance.site, owner), base, name)
        ]

    def _of_subclasses(self, instance: Instance, name: str) -> list[Value]:
        """What subclasses define, where a base class speaks of an attribute that only they have."""
        evaluator = self._evaluator
        found: list[Value] = []
        for child in evaluator.classes.children(instance.id):
            if name in evaluator.classes.stores(child) or evaluator.classes.definition(child, name) is not None:
                found += self.of(Instance(child, None, instance.open), name)
        return found

    def _of_library(self, instance: ExternalInstance, cls: str, name: str) -> tuple[Value, ...]:
        if cls in NAMESPACES and (found := held(self._evaluator, instance, name)):
            return found
        member = self._evaluator.names[f"{cls}.{name}"]
        models = self._evaluator.models
        made = models.attribute(cls, name)
        if made is not None:
            return (ExternalInstance(made, instance.site, instance.owner),)
        return (External(member, instance),)


_HOLDING: dict[type, Callable[[Attributes, Any, str], Iterable[Value]]] = {
    Module: lambda attributes, value, name: attributes.of_module(value.name, name),
    Class: lambda attributes, value, name: attributes._of_class(value.id, name, value),
    Instance: lambda attributes, value, name: attributes._of_instance(value, value.id, name),
    Super: Attributes._of_super,
    External: Attributes._of_external,
    ExternalInstance: lambda attributes, value, name: attributes._of_library(value, value.name, name),
    Function: Attributes._of_task,
    String: lambda attributes, value, name: (value,) if name in {"value", "name"} else (),  # of an enumeration
}
"""The attributes of the kinds of values; others have none that are known."""
