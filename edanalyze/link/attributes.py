"""Attributes and items: of modules, classes, instances, library objects and displays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from edanalyze.facts import ir
from edanalyze.link.appconfig import DJANGO
from edanalyze.link.scopes import Binding, Scope, Store
from edanalyze.link.values import (
    Class,
    Constant,
    Display,
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
    """Attribute and item look-up for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._memo: dict[tuple[Value, str], tuple[Value, ...]] = {}
        self._shelved: dict[tuple[str, str], list[Store]] | None = None

    def of_expression(self, base: ir.Expr, name: str, frame: Frame) -> Iterable[Value]:
        """What `base.name` may be."""
        found: list[Value] = []
        for value in self._evaluator.values(base, frame):
            is_django = type(value) is External and value.name == DJANGO
            found += (self._evaluator.configuration.django(name, frame) if is_django else ()) or self.of(value, name)
        if type(base) is ir.Attr and not any(self._is_known(value) for value in found):
            found = [*self._stored_on_shelf(base, name), *found]
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
        return (ExternalInstance(made, None, value) if made else External(f"{dotted}.{name}", value),)

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
        names = {_decorator_name(decorator) for decorator in facts.decorators}
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
                found += evaluator.binding(store.binding, self._method_frame(instance, store.scope))
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

    def _method_frame(self, instance: Instance, scope: Scope) -> Frame:
        """The frame of a method run on `instance`; its constructor is given the arguments of its site."""
        evaluator = self._evaluator
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        function = scope.function
        site = instance.site
        if function is not None and function.name in {"__init__", "__attrs_post_init__", "__post_init__"} and site:
            owner = f"{scope.module}:{function.owner}"
            if owner == instance.id or not self._has_own_constructor(instance.id):
                if site.frame.depth < 6:
                    return evaluator.frames(scope, call=site.call, caller=site.frame, receiver=instance)
            else:
                call = self._super_call(instance.id)
                if call is not None and site.frame.depth < 6:
                    below, inner = call
                    frame = evaluator.frames(below, call=site.call, caller=site.frame, receiver=instance)
                    return evaluator.frames(scope, call=inner, caller=frame, receiver=instance)
            return evaluator.frames(scope, receiver=instance)
        if function is not None and function.name == "__init__" and self._has_own_constructor(instance.id):
            above = self._super_call(instance.id) if f"{scope.module}:{function.owner}" != instance.id else None
            if above is not None:
                below, inner = above
                frame = evaluator.frames(below, receiver=instance, open=instance.open)
                return evaluator.frames(scope, call=inner, caller=frame, receiver=instance)
        return evaluator.frames(scope, receiver=instance, open=instance.open)

    def _has_own_constructor(self, cls: str) -> bool:
        return self._evaluator.classes.definition(cls, "__init__") is not None

    def _super_call(self, cls: str) -> tuple[Scope, ir.Call] | None:
        """The `super().__init__(...)` call in the constructor of a class."""
        scope = self._evaluator.program.scopes.get(f"{cls}.__init__")
        if scope is None:
            return None
        for call, inner in scope.calls:
            if isinstance(call.function, ir.Attr) and call.function.name == "__init__":
                return inner, call
        return None

    def constructing(self, instance: Instance) -> tuple[ir.Call, Frame] | None:
        """The call that runs a library's constructor for an object of a project class, and the frame it stands in."""
        for ancestor in reversed(self._evaluator.classes.order(instance.id)[0]):
            above = self._super_call(ancestor)
            if above is not None:
                scope, call = above
                return call, self._method_frame(instance, scope)
        return (instance.site.call, instance.site.frame) if instance.site is not None else None

    def _of_library(self, instance: ExternalInstance, cls: str, name: str) -> tuple[Value, ...]:
        member = f"{cls}.{name}"
        models = self._evaluator.models
        made = models.attribute(cls, name)
        if made is not None:
            return (ExternalInstance(made, instance.site, instance.owner),)
        return (External(member, instance),)

    # ------------------------------------------------------------------ items

    def item(self, base: ir.Expr, key: ir.Expr, frame: Frame) -> Iterable[Value]:
        """What `base[key]` may be."""
        evaluator = self._evaluator
        found: list[Value] = []
        for value in evaluator.values(base, frame):
            match value:
                case Display():
                    for wanted in self._keys(key, frame):
                        found += [*self.member(value, wanted), *evaluator.registries.members(base, value, wanted)]
                case External(name="os.environ"):
                    for name in evaluator.literals(key, frame):
                        found.append(evaluator.settings.environment(frame.scope.module, name, None))
                case External(name=dotted):
                    found.append(External(f"{dotted}[]", value))
                case ExternalInstance(name=dotted):
                    row = evaluator.entities.item(value)
                    made = evaluator.models.attribute(dotted, "[]")
                    found += row or (ExternalInstance(made or f"{dotted}[]", value.site, value),)
                case Class(id=cls):  # a member of an enumeration, or a generic class
                    names = evaluator.literals(key, frame)
                    found += [member for name in names for member in self.of(value, name)] or [Class(cls)]
                case _:
                    pass
        if not any(self._is_known(value) for value in found):
            names = evaluator.literals(key, frame)
            found = [*self._stored_on_shelf(base, "[]", names), *found]
            if evaluator.configuration.is_mapping(base):
                module = frame.scope.module
                found = [item for name in names for item in evaluator.configuration.items(name, module)] or found
        return found

    def _keys(self, key: ir.Expr, frame: Frame) -> tuple[Value | None, ...]:
        """The keys to look up: each of several literal ones, else the first, for it stands for any."""
        values = self._evaluator.values(key, frame)
        if len(values) > 1 and all(isinstance(value, String) and value.literal is not None for value in values):
            return values
        return (values[0],) if values else (None,)

    def member(self, display: Display, key: Value | None, within: tuple[Display, ...] = ()) -> list[Value]:
        """The element of a display at a literal key, or all of them when the key is not known.

        `within` are the tables that were filtered from this one: a table may replace itself (`self.x = {... self.x}`).
        """
        evaluator = self._evaluator
        expr, frame = display.expr, display.frame
        if isinstance(expr, ir.Mapping):
            exact: list[Value] = []
            every: list[Value] = []
            for name, value in expr.items:
                if name is None:
                    continue
                values = evaluator.values(value, frame)
                every += values
                if key is not None and key in evaluator.values(name, frame):
                    exact += values
            literal = isinstance(key, Constant) or (isinstance(key, String) and key.literal is not None)
            return exact if exact or literal else every
        if isinstance(expr, ir.Items):
            if (
                isinstance(key, Constant)
                and isinstance(key.value, int)
                and -len(expr.items) <= key.value < len(expr.items)
            ):
                return list(evaluator.values(expr.items[key.value], frame))
            return [value for item in expr.items for value in evaluator.values(item, frame)]
        filtered = self._filtered(expr)
        if filtered is not None:  # `{name: value for name, value in table.items() if ...}` has the items of the table
            return [
                item
                for table in evaluator.values(filtered, frame)
                if isinstance(table, Display) and table != display and table not in within
                for item in self.member(table, key, (*within, display))
            ]
        scope = frame.scope.comprehension(expr)
        if scope is None:
            return []
        return list(evaluator.values(expr.element, evaluator.inner(scope, frame)))

    @staticmethod
    def _filtered(expr: ir.Comprehension) -> ir.Expr | None:
        """The mapping that a dict comprehension only filters."""
        if len(expr.generators) != 1 or expr.key is None:
            return None
        match expr.generators[0]:
            case ir.Generator(
                target=ir.Items(items=(ir.Name(id=key), ir.Name(id=value))),
                source=ir.Call(function=ir.Attr(value=table, name="items"), arguments=()),
            ) if expr.key == ir.Name(key) and expr.element == ir.Name(value):
                return table
            case _:
                return None

    # ------------------------------------------------- application-wide state

    def _stored_on_shelf(self, base: ir.Expr, name: str, keys: Iterable[str] = ()) -> list[Value]:
        """Objects put on a shared application object: `app.state.bus = ...`, `app["db"] = ...`."""
        if self._shelved is None:
            self._shelved = self._shelves()
        wanted = [("[]", key) for key in keys] if name == "[]" else []
        if isinstance(base, ir.Attr) and name != "[]":
            wanted.append((base.name, name))
        found: list[Value] = []
        for key in wanted:
            for store in self._shelved.get(key, ()):
                found += self._evaluator.binding(store.binding, self._evaluator.root(store.scope))
        return found

    def _shelves(self) -> dict[tuple[str, str], list[Store]]:
        found: dict[tuple[str, str], list[Store]] = defaultdict(list)
        for identifier in sorted(self._evaluator.program.scopes):
            for store in self._evaluator.program.scopes[identifier].stores:
                if isinstance(store.key, str):
                    if isinstance(store.base, ir.Attr) and store.base.name in {"state", "extensions", "ctx"}:
                        found[(store.base.name, store.key)].append(store)
                elif isinstance(store.key, ir.Const) and isinstance(store.key.value, str):
                    if isinstance(store.base, ir.Name) and store.base.id in {"app", "application"}:
                        found[("[]", store.key.value)].append(store)
        return found

    def _is_known(self, value: Value) -> bool:
        """Whether a value is more than a library name that no model knows."""
        if type(value) is External:
            return self._evaluator.models.knows(value.name)
        if type(value) is ExternalInstance:
            return not value.name.endswith(("()", "[]"))
        return type(value) is not String or not all(isinstance(part, Hole) for part in value.parts)


def _decorator_name(expr: ir.Expr) -> str:
    match expr:
        case ir.Name(id=name):
            return name
        case ir.Attr(name=name):
            return name
        case _:
            return ""


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
