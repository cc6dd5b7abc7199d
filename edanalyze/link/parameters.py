"""Parameters: what a function is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.facts.children import last_name
from edanalyze.facts.module import FunctionFacts
from edanalyze.link.callers import MOST_CALLERS
from edanalyze.link.scopes import Scope, Store
from edanalyze.link.values import (
    Class,
    Display,
    ExternalInstance,
    Frame,
    Function,
    Hole,
    Instance,
    String,
    Value,
)

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator


def arguments(function: FunctionFacts, call: ir.Call, bound: bool) -> dict[str, ir.Expr]:
    """Parameter name -> argument expression of a call; `bound` when the receiver is passed implicitly."""
    found: dict[str, ir.Expr] = {}
    names = [parameter for parameter in function.parameters if parameter.kind in {"positional", "normal"}]
    if bound and names:
        names = names[1:]
    for parameter, argument in zip(names, call.arguments, strict=False):
        if type(argument) is ir.Star:
            break
        found[parameter.name] = argument
    allowed = {parameter.name for parameter in function.parameters if parameter.kind in {"normal", "keyword"}}
    for name, value in call.keywords:
        if name in allowed:
            found[name] = value
    return found


def is_bound(function: FunctionFacts) -> bool:
    """Whether the first parameter is filled by the receiver."""
    if function.owner is None:
        return False
    return not function.decorators or not any(
        isinstance(decorator, ir.Name) and decorator.id == "staticmethod" for decorator in function.decorators
    )


class Parameters:
    """Parameter values for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._decorating: dict[str, list[Function]] | None = None
        self._callbacks: dict[str, list[Store]] | None = None
        self._clients: set[str] = set()
        self._arguments: dict[tuple[str, int, bool], dict[str, ir.Expr]] = {}
        self._rest: dict[tuple[str, int, str], ir.Items | ir.Mapping] = {}

    def of_call(self, scope: Scope, call: ir.Call, bound: bool) -> dict[str, ir.Expr]:
        """Argument expressions by parameter name, remembered."""
        key = (scope.id, id(call), bound)
        found = self._arguments.get(key)
        if found is None:
            assert scope.function is not None
            found = self._arguments[key] = arguments(scope.function, call, bound)
        return found

    def values(self, name: str, frame: Frame) -> Iterable[Value]:
        """What parameter `name` of the function of `frame` may be."""
        scope = frame.scope
        function = scope.function
        if function is None:
            return ()
        first = function.parameters[0].name if function.parameters else ""
        if name == first and frame.receiver is not None and (is_bound(function) or self._takes_receiver(function)):
            return (frame.receiver,)
        for parameter in function.parameters:
            if parameter.name == name:
                break
        else:
            return ()
        if parameter.kind in {"args", "kwargs"}:
            return self._variadic(parameter.name, frame)
        if frame.call is not None and frame.caller is not None:
            bound = is_bound(function) or (frame.receiver is not None and self._takes_receiver(function))
            argument = self.of_call(scope, frame.call, bound).get(name)
            if argument is not None:
                found = self._evaluator.values(argument, frame.caller)
                if found:
                    return found
            else:
                unpacked = self._unpacked(frame.call, name, frame.caller)
                if unpacked:
                    return unpacked
                if parameter.default is not None and not any(not key for key, _ in frame.call.keywords):
                    return self._default(parameter.default, scope)
            return self._declared(parameter.annotation, None if argument is not None else parameter.default, scope)
        return self._at_root(name, parameter.annotation, parameter.default, frame)

    def _variadic(self, name: str, frame: Frame) -> Iterable[Value]:
        """What `*args` or `**kwargs` collects, as a tuple or dict display in the caller's frame."""
        function = frame.scope.function
        assert function is not None
        bound = is_bound(function) or (frame.receiver is not None and self._takes_receiver(function))
        if frame.call is not None and frame.caller is not None:
            return (Display(self._collected(frame.scope, frame.call, name, bound), frame.caller),)
        if frame.open:
            return (String((Hole("parameter", name),)),)
        calls = self._evaluator.callers.of(frame.scope.id)
        given = [Display(self._collected(frame.scope, call, name, bound), caller) for call, caller in calls]
        return given or (String((Hole("parameter", name),)),)

    def _collected(self, scope: Scope, call: ir.Call, name: str, bound: bool) -> ir.Items | ir.Mapping:
        """The arguments that no other parameter takes; the same object for the same call."""
        key = (scope.id, id(call), name)
        found = self._rest.get(key)
        if found is None:
            function = scope.function
            assert function is not None
            kinds = {parameter.name: parameter.kind for parameter in function.parameters}
            if kinds[name] == "args":
                taken = sum(kind in {"positional", "normal"} for kind in kinds.values()) - (1 if bound else 0)
                found = ir.Items("tuple", call.arguments[max(taken, 0) :])
            else:
                own = {key for key, kind in kinds.items() if kind in {"normal", "keyword"}}
                rest = [(ir.Const(key) if key else None, value) for key, value in call.keywords if key not in own]
                found = ir.Mapping(tuple(rest))
            self._rest[key] = found
        return found

    @staticmethod
    def _takes_receiver(function: FunctionFacts) -> bool:
        """A plain function used as a method: a decorator's wrapper, or a function stored in a class body."""
        return bool(function.parameters) and function.parameters[0].name in {"self", "cls"}

    def _declared(self, annotation: ir.Expr | None, default: ir.Expr | None, scope: Scope) -> tuple[Value, ...]:
        found: list[Value] = []
        if annotation is not None:
            found += self._evaluator.annotations.instances(annotation, self._evaluator.root(scope.parent or scope))
        if default is not None:
            found += self._default(default, scope)
        return tuple(found)

    def _default(self, default: ir.Expr, scope: Scope) -> tuple[Value, ...]:
        return self._evaluator.values(default, self._evaluator.root(scope.parent or scope))

    def _at_root(self, name: str, annotation: ir.Expr | None, default: ir.Expr | None, frame: Frame) -> Iterable[Value]:
        declared = self._declared(annotation, default, frame.scope)
        objects = [value for value in declared if isinstance(value, Instance | ExternalInstance | Function | Class)]
        if objects:
            return objects
        if clients := self._called_by(name, frame.scope):
            return clients
        if frame.open:
            return (String((Hole("parameter", name),)),)
        given = [*declared, *self.given(name, frame.scope)]
        return given or (String((Hole("parameter", name),)),)

    def given(self, name: str, scope: Scope) -> list[Value]:
        """What all known callers pass for a parameter, whatever it is declared to be."""
        assert scope.function is not None
        found: list[Value] = []
        if scope.function.parameters and scope.function.parameters[0].name == name:
            found += self._decorated_by(scope.id)
        for call, caller in self._evaluator.callers.of(scope.id):
            argument = self.of_call(scope, call, is_bound(scope.function)).get(name)
            if argument is not None:
                found += self._evaluator.values(argument, caller)
            else:
                found += self._unpacked(call, name, caller)
        return found

    def _called_by(self, name: str, scope: Scope) -> list[Value]:
        """The client that hands itself to a callback as the first argument: `client.on_connect = greet`."""
        if self._callbacks is None:
            self._callbacks = self._assigned()
        assert scope.function is not None
        own = scope.function.parameters[1 if is_bound(scope.function) else 0 :]
        if scope.function.name not in self._callbacks or not own or own[0].name != name:
            return []
        evaluator = self._evaluator
        found: dict[Value, None] = {}
        for store in self._callbacks[scope.function.name]:
            frame = evaluator.root(store.scope)
            values = evaluator.values(store.binding.expr, frame) if store.binding.expr is not None else ()
            if any(isinstance(value, Function) and value.id == scope.id for value in values):
                for value in evaluator.values(store.base, frame):
                    if isinstance(value, ExternalInstance) and value.name in self._clients:
                        found[value] = None
        return list(found)

    def _assigned(self) -> dict[str, list[Store]]:
        """The assignments to `on_...` attributes by the name of what is assigned, where a library has such clients."""
        evaluator = self._evaluator
        rows = evaluator.models.models.of_kind("consumer")
        self._clients = {api.call.rpartition(".")[0] for api in rows if api.data.get("form") == "assign_callback"}
        found: dict[str, list[Store]] = defaultdict(list)
        for identifier in sorted(evaluator.program.scopes) if self._clients else ():
            for store in evaluator.program.scopes[identifier].stores:
                if str(store.key).startswith("on_") and isinstance(store.binding.expr, ir.Name | ir.Attr):
                    found[last_name(store.binding.expr)].append(store)
        return dict(found)

    def _decorated_by(self, decorator: str) -> list[Function]:
        """The functions that a project function is applied to as a decorator."""
        if self._decorating is None:
            found: dict[str, list[Function]] = defaultdict(list)
            self._decorating = found
            evaluator = self._evaluator
            for identifier in sorted(evaluator.program.functions):
                scope = evaluator.program.scopes[identifier]
                frame = evaluator.root(scope.parent or scope)
                for call, _ in evaluator.decorators.applications(Function(identifier), frame):
                    values = evaluator.values(call.arguments[0], frame)
                    given = [value for value in values if isinstance(value, Function)]
                    for value in evaluator.values(call.function, frame):
                        if isinstance(value, Function):
                            found[value.id] += given or [Function(identifier)]
        return self._decorating.get(decorator, [])[:MOST_CALLERS]

    def _unpacked(self, call: ir.Call, name: str, caller: Frame) -> list[Value]:
        """What a call passes for `name` through `**mapping`, when the mapping is known."""
        return [
            item
            for keyword, mapping in call.keywords
            if not keyword
            for value in self._evaluator.values(mapping, caller)
            if isinstance(value, Display)
            for item in self._evaluator.items.member(value, String((name,)))
        ]

    # ----------------------------------------------------------------- fields

    def field(self, instance: Instance, name: str) -> tuple[Value, ...]:
        """A data class field as given to the generated constructor at the instance's site."""
        site = instance.site
        evaluator = self._evaluator
        if site is None or evaluator.results.constructor(instance.id) is not None:
            return ()
        for keyword, value in site.call.keywords:
            if keyword == name:
                return evaluator.values(value, site.frame)
        unpacked = self._unpacked(site.call, name, site.frame)
        if unpacked:
            return tuple(unpacked)
        if site.call.arguments:
            names = self._fields(instance.id)
            if name in names and names.index(name) < len(site.call.arguments):
                return evaluator.values(site.call.arguments[names.index(name)], site.frame)
        return ()

    def _fields(self, cls: str) -> list[str]:
        evaluator = self._evaluator
        names: list[str] = []
        for ancestor in reversed(evaluator.classes.order(cls)[0]):
            for statement in evaluator.program.classes[ancestor].body:
                if isinstance(statement, ir.Assign) and statement.annotation is not None:
                    names += [target.id for target in statement.targets if isinstance(target, ir.Name)]
        return list(dict.fromkeys(names))
