"""Bearing: what running a function may come to, in whatever call context; an upper bound, found before any path is run.

Most functions of a large system neither send nor store anything, nor does what they call. An analysis that asks first
leaves them out. Trees say what calls mean in any activation; a call whose meaning depends on the context (`dynamic`) is
looked up wider: the methods of all classes that the object may be of, and by its name alone where the callers of the
function are too many to be known one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Flag, auto
from functools import cached_property

from edanalyze.analyse.conditions import asks_for_transaction
from edanalyze.analyse.connections import units_of_work
from edanalyze.analyse.contexts import Contexts
from edanalyze.analyse.effects import EFFECTS, Effect, last_name, root_of
from edanalyze.analyse.outbox import is_outbox_write
from edanalyze.analyse.trees import Alternative, Aside, Leave, Mutation, Repeat, Scoped, Step, nodes
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.evaluate import MOST_VALUES
from edanalyze.link.parameters import MOST_CALLERS
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.values import (
    Class,
    Constant,
    Display,
    External,
    ExternalInstance,
    Frame,
    Function,
    Instance,
    String,
)


class Bears(Flag):
    """What a function may come to.

    SENDS: a message, a request, or an outbox row. DEFERS: a message until the commit. STORES: writes, or begins and
    ends transactions. CHANGES: objects that a commit stores without being told (only where there is such a commit).
    FAILS: it may raise, or not come back. ASKS: what it does depends on whether a transaction is open.
    """

    NOTHING = 0
    SENDS = auto()
    DEFERS = auto()
    STORES = auto()
    CHANGES = auto()
    FAILS = auto()
    ASKS = auto()


ANYTHING = ~Bears.NOTHING

_OF_EFFECT = {
    **dict.fromkeys(("http", "publish"), Bears.SENDS),
    "deferred_publish": Bears.DEFERS,
    "outbox": Bears.SENDS | Bears.STORES,
    **dict.fromkeys(("write", "dedupe", "commit", "rollback", "begin", "scope"), Bears.STORES),
}

_ROWS = frozenset({"outbox", "write", "dedupe"})
_DATA = frozenset({"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})
_COMMITS = frozenset({"commit", "scope"})


@dataclass(eq=False)
class _Held:
    """What attributes of a name hold: functions that run when it is called, and whether there may be others."""

    functions: set[str] = field(default_factory=set)
    unknown: bool = False


class Bearing:
    """What the functions of a program may come to; found for all of them when it is first asked for."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._program = contexts.program
        self._evaluator = contexts.evaluator
        self._classes = contexts.evaluator.classes

    def of(self, function: str) -> Bears:
        """What a function, or the top level of a module (`module:`), may come to, be it through others."""
        return self._all.get(function, Bears.NOTHING)

    # -------------------------------------------------------------- fixed point

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """All functions and module bodies, in a stable order."""
        program = self._program
        return (*sorted(program.functions), *(f"{module}:" for module in sorted(program.modules)))

    @cached_property
    def has_rows(self) -> bool:
        """Whether anything writes outbox rows."""
        return any(
            effect.kind == "outbox" or is_outbox_write(effect, scope, self._evaluator)
            for effect, scope in self._weighed
            if effect.kind not in _COMMITS
        )

    @cached_property
    def heeds_changes(self) -> bool:
        """Whether changes of objects matter: to a commit that stores them by itself, or as what a row speaks of."""
        units = units_of_work(self._evaluator)
        return self.has_rows or any(
            effect.likely or effect.api.library in units for effect, _ in self._weighed if effect.kind in _COMMITS
        )

    @cached_property
    def _weighed(self) -> list[tuple[Effect, Scope]]:
        """The effects that decide about these."""
        return [
            (effect, node.scope)
            for function in self.functions
            for node in nodes(self._contexts.tree(function).body)
            if isinstance(node, Step | Scoped)
            for effect in node.effects
            if effect.kind in _ROWS or effect.kind in _COMMITS
        ]

    @cached_property
    def _all(self) -> dict[str, Bears]:
        found: dict[str, Bears] = {}
        callers: dict[str, list[str]] = defaultdict(list)
        for function in self.functions:
            own, callees = self._own(function)
            found[function] = own
            for callee in callees:
                callers[callee].append(function)
        waiting = [function for function, bears in found.items() if bears]
        while waiting:
            function = waiting.pop()
            for caller in callers.get(function, ()):
                more = found[caller] | found[function]
                if more != found[caller]:
                    found[caller] = more
                    waiting.append(caller)
        return found

    def _own(self, function: str) -> tuple[Bears, set[str]]:
        """What a function itself does, and the functions that it may call."""
        bears = Bears.NOTHING
        callees: set[str] = set()
        for node in nodes(self._contexts.tree(function).body):
            match node:
                case Step():
                    bears |= self._step(node, function, callees)
                case Mutation() if self.heeds_changes:
                    bears |= Bears.CHANGES
                case Alternative(test=test) if test is not None and asks_for_transaction(test) is not None:
                    bears |= Bears.ASKS
                case Leave(kind="raise"):
                    bears |= Bears.FAILS
                case Repeat(statement=ir.Loop(kind="while", source=ir.Const())):
                    bears |= Bears.FAILS  # it may not come back
                case Scoped(effects=effects):
                    bears |= self._effects(effects, node.scope)
                    hooks = (*node.enter, *node.leave, *(generator for generator, _ in node.generators))
                    callees.update(self._run_by(hooks))
                case Aside(kind="after_commit"):
                    bears |= Bears.DEFERS
                case _:
                    pass
        return bears, callees

    # -------------------------------------------------------------------- steps

    def _step(self, step: Step, function: str, callees: set[str]) -> Bears:
        callees.update(self._run_by(step.targets))
        bears = self._effects(step.effects, step.scope)
        if not step.dynamic:
            return bears
        frame = self._evaluator.root(step.scope)
        effects, targets = self._contexts.effects.classify(step.call, frame)
        callees.update(self._run_by(targets))
        bears |= self._effects(effects, step.scope) | self._as_modelled(step.call, frame)
        called = step.call.function
        owner, receiver = self._owner(step.scope)
        own = isinstance(called, ir.Attr) and bool(owner) and _is_own(called, receiver)
        if len(self._evaluator.values(called, frame)) >= MOST_VALUES:
            return bears | self._by_name(step.call, callees, own)
        methods = set(self._own_methods(owner, called.name)) if own and isinstance(called, ir.Attr) else set()
        callees.update(methods)
        if effects or targets or methods or _is_above(called):
            return bears
        known = any(not isinstance(value, String) for value in self._evaluator.values(called, frame))
        if known and not self._is_open(step.scope, root_of(called)[0] == receiver != "", owner):
            return bears
        return bears | self._by_name(step.call, callees, own)

    def _effects(self, effects: Iterable[Effect], scope: Scope) -> Bears:
        bears = Bears.NOTHING
        for effect in effects:
            bears |= _OF_EFFECT.get(effect.kind, Bears.NOTHING)
            if self.has_rows and is_outbox_write(effect, scope, self._evaluator):
                bears |= Bears.SENDS
        return bears

    def _as_modelled(self, call: ir.Call, frame: Frame) -> Bears:
        """What a call may come to with other arguments than are known here (its SQL, its URL)."""
        library = self._evaluator.models
        bears = Bears.NOTHING
        for value in self._evaluator.values(call.function, frame):
            if isinstance(value, External):
                for api in library.rows(value.name):
                    bears |= _of_kind(api.kind)
        if isinstance(call.function, ir.Attr):
            for shape in library.models.shape(last_name(call.function.value), call.function.name):
                bears |= _of_kind(shape.api.kind)
        return bears

    def _run_by(self, targets: Iterable[Function]) -> Iterator[str]:
        """The functions that targets stand for, those of subclasses included."""
        for target in targets:
            yield target.id
            yield from self.overrides(target.id)

    def overrides(self, function: str) -> Iterator[str]:
        """The methods of subclasses that may run instead of a method."""
        functions = self._program.functions
        facts = functions.get(function)
        if facts is not None and facts.owner is not None and not facts.name.startswith("__"):
            for cls in self._classes.descendants(f"{function.partition(':')[0]}:{facts.owner}"):
                if f"{cls}.{facts.name}" in functions:
                    yield f"{cls}.{facts.name}"

    def _own_methods(self, owner: str, name: str) -> Iterator[str]:
        """The methods of that name of whatever class an object of `owner` may be of."""
        functions = self._program.functions
        for cls in (owner, *self._classes.descendants(owner)):
            for each in self._classes.order(cls)[0]:
                if f"{each}.{name}" in functions:
                    yield f"{each}.{name}"

    @staticmethod
    def _owner(scope: Scope) -> tuple[str, str]:
        """The class that holds the method around a scope, and the name of its first parameter; "" outside of one."""
        current: Scope | None = scope
        while current is not None:
            function = current.function
            if function is not None and function.owner is not None and function.parameters:
                return f"{current.module}:{function.owner}", function.parameters[0].name
            current = current.parent
        return "", ""

    # -------------------------------------------------------------- open calls

    def _is_open(self, scope: Scope, on_itself: bool, owner: str) -> bool:
        """Whether a call that means nothing in any activation may mean something in a certain one."""
        if on_itself and self._classes.descendants(owner):
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
        program = self._program
        callers = self._evaluator.parameters.callers
        blurred = {
            function
            for function, facts in program.functions.items()
            if self._is_much_called(function, facts.name) and len(callers(function)) >= MOST_CALLERS
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
        if name in {"__init__", "__call__"}:  # called by the names of classes
            return True
        return len(calls.get(name, ())) >= MOST_CALLERS

    def _handed_on(self, function: str) -> Iterator[str]:
        """The functions to which a function hands on what it was given."""
        facts = self._program.functions.get(function)
        own = {parameter.name for parameter in facts.parameters} if facts is not None else set()
        for node in nodes(self._contexts.tree(function).body) if own else ():
            if isinstance(node, Step) and node.targets:
                given = (*node.call.arguments, *(value for _, value in node.call.keywords))
                if any(not own.isdisjoint(_names(expr)) for expr in given):
                    yield from self._run_by(node.targets)

    def _by_name(self, call: ir.Call, callees: set[str], own: bool) -> Bears:
        """What a call may be by its name alone; what an object calls on itself is looked up elsewhere (`own`)."""
        called = call.function
        if not isinstance(called, ir.Attr):
            return ANYTHING
        name = called.name
        functions = () if own else self._named.get(name, ())
        callees.update(functions)
        held = _Held() if functions else self._held.get(name, _Held())
        callees.update(held.functions)
        bears = ANYTHING if held.unknown else Bears.NOTHING
        return bears if _is_lookup(call) else bears | self._spelled.get(name, Bears.NOTHING)

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

    @cached_property
    def _held(self) -> dict[str, _Held]:
        """What attributes may hold that can be called, by their names: those that are called and are no methods."""
        found: dict[str, _Held] = defaultdict(_Held)
        for identifier in sorted(self._program.scopes):
            scope = self._program.scopes[identifier]
            bound = [(store.key, store.binding) for store in scope.stores if isinstance(store.key, str)]
            if scope.kind == "class":
                bound += [(name, each) for name, bindings in scope.bindings.items() for each in bindings]
            for name, binding in bound:
                if name in self._program.calls and name not in self._named and not found[name].unknown:
                    self._hold(binding, scope, found[name])
        return found

    def _hold(self, binding: Binding, scope: Scope, held: _Held) -> None:
        frame = self._evaluator.root(scope)
        values = tuple(self._evaluator.binding(binding, frame))
        if not values and not (binding.annotation is not None and _is_data(binding.annotation)):
            held.unknown = True
        for value in values:
            match value:
                case Function():
                    held.functions.update(self._run_by((value,)))
                case Class(id=cls):
                    held.functions.update(filter(None, (self._evaluator.results.constructor(cls),)))
                case Instance(id=cls):
                    held.functions.update(filter(None, (self._classes.method(cls, "__call__"),)))
                case Constant() | Display() | ExternalInstance():
                    pass
                case String(literal=str()):
                    pass
                case _:
                    held.unknown = True

    @cached_property
    def _spelled(self) -> dict[str, Bears]:
        """What the APIs of a name come to."""
        models = self._evaluator.models.models
        found: dict[str, Bears] = defaultdict(lambda: Bears.NOTHING)
        for kind in EFFECTS:
            bears = _of_kind(kind)
            for name in models.spellings([kind]) if bears else ():
                found[name] |= bears
        return dict(found)


def _is_own(called: ir.Attr, receiver: str) -> bool:
    """Whether a call is of a method of the object itself, be it through `super()`."""
    return _is_above(called) or (isinstance(called.value, ir.Name) and called.value.id == receiver)


def _is_lookup(call: ir.Call) -> bool:
    """Whether a call looks something up by a literal name that is no URL: `settings.get("timeout")`."""
    match call:
        case ir.Call(function=ir.Attr(name="get"), arguments=(ir.Const(value=str() as key), *_)):
            return "/" not in key
        case _:
            return False


def _is_above(called: ir.Expr) -> bool:
    match called:
        case ir.Attr(value=ir.Call(function=ir.Name(id="super"))):
            return True
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


def _of_kind(kind: str) -> Bears:
    """What an API of a kind comes to."""
    return _OF_EFFECT.get(EFFECTS.get(kind, ""), Bears.NOTHING)


def _names(expr: ir.Expr) -> Iterator[str]:
    return (node.id for node in walk(expr) if isinstance(node, ir.Name))
