"""Bearing: what running a function may come to, in whatever call context; an upper bound, found before any path is run.

Most functions of a large system neither send nor store anything, nor does what they call. An analysis that asks first
leaves them out. Trees say what calls mean in any activation; a call whose meaning depends on the context (`dynamic`) is
looked up wider: the methods of all classes that the object may be of, and by its name alone where nothing is known of
what is called, or the callers of the function are too many to be known one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from edanalyze.analyse.bearing.bears import ANYTHING, TRANSACTIONAL, Bears, of_api, of_effect
from edanalyze.analyse.bearing.opencalls import OpenCalls
from edanalyze.analyse.effects.connections import units_of_work
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.outbox import is_outbox_write
from edanalyze.analyse.engine.conditions import asks_for_transaction
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.trees.trees import (
    Alternative,
    Aside,
    Attempt,
    Leave,
    Mutation,
    Repeat,
    Scoped,
    Step,
    is_broad,
    nodes,
)
from edanalyze.facts import ir
from edanalyze.facts.children import last_name, root_of
from edanalyze.link.evaluate import MOST_VALUES
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, Frame, Function, String

_ROWS = frozenset({"outbox", "write", "dedupe"})
_COMMITS = frozenset({"commit", "scope"})


class Bearing:
    """What the functions of a program may come to; found for all of them when it is first asked for."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._program = contexts.program
        self._evaluator = contexts.evaluator
        self._classes = contexts.evaluator.classes
        self._open = OpenCalls(contexts, self._run_by)
        self._overrides: dict[str, tuple[str, ...]] = {}
        self._leading: dict[frozenset[str], frozenset[str]] = {}

    def of(self, function: str) -> int:
        """What a function, or the top level of a module (`module:`), may come to, be it through others.

        As far as an analysis of transactions cares.
        """
        return self._transactional.get(function, Bears.NOTHING)

    def may(self, function: str, come_to: int) -> bool:
        """Whether a function, or the top level of a module, may come to any of some things."""
        return bool(self._all.get(function, Bears.NOTHING) & come_to)

    def leads_to(self, function: str, wanted: frozenset[str]) -> bool:
        """Whether a function may come to run one of some functions, or is one of them."""
        if function in self._callers_of_any:
            return True
        found = self._leading.get(wanted)
        if found is None:
            found = self._leading[wanted] = self._callers_of(wanted)
        return function in found

    # -------------------------------------------------------------- fixed point

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """All functions and module bodies, in a stable order."""
        return self._contexts.inventory.functions

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
            if type(node) is Step or type(node) is Scoped
            for effect in node.effects
            if effect.kind in _ROWS or effect.kind in _COMMITS
        ]

    @cached_property
    def _transactional(self) -> dict[str, int]:
        return {function: bears & TRANSACTIONAL for function, bears in self._all.items()}

    @cached_property
    def _direct(self) -> tuple[dict[str, int], dict[str, list[str]]]:
        """What functions themselves do, and the functions that may call each."""
        found: dict[str, int] = {}
        callers: dict[str, list[str]] = defaultdict(list)
        for function in self.functions:
            found[function], callees = self._own(function)
            for callee in callees:
                callers[callee].append(function)
        return found, callers

    @cached_property
    def _callers_of_any(self) -> frozenset[str]:
        """The functions that may come to call something of which nothing is known."""
        return self._callers_of(function for function, own in self._direct[0].items() if own == ANYTHING)

    def _callers_of(self, functions: Iterable[str]) -> frozenset[str]:
        found = set(functions)
        waiting = list(found)
        while waiting:
            for caller in self._direct[1].get(waiting.pop(), ()):
                if caller not in found:
                    found.add(caller)
                    waiting.append(caller)
        return frozenset(found)

    @cached_property
    def _all(self) -> dict[str, int]:
        found = dict(self._direct[0])
        callers = self._direct[1]
        waiting = [function for function, bears in found.items() if bears]
        while waiting:
            function = waiting.pop()
            for caller in callers.get(function, ()):
                more = found[caller] | found[function]
                if more != found[caller]:
                    found[caller] = more
                    waiting.append(caller)
        return found

    def _own(self, function: str) -> tuple[int, set[str]]:
        """What a function itself does, and the functions that it may call."""
        bears = Bears.NOTHING
        callees: set[str] = set()
        for node in nodes(self._contexts.tree(function).body):
            if type(node) is Step:
                bears |= self._step(node, callees)
                continue
            match node:
                case Mutation() if self.heeds_changes:
                    bears |= Bears.CHANGES
                case Alternative(test=test) if test is not None and asks_for_transaction(test) is not None:
                    bears |= Bears.ASKS
                case Leave(kind="raise"):
                    bears |= Bears.FAILS | Bears.RAISES
                case Repeat(statement=ir.Loop(kind="while", source=ir.Const())):
                    bears |= Bears.FAILS | Bears.RAISES  # it may not come back
                case Attempt(rescues=rescues) if not any(is_broad(rescue.handler) for rescue in rescues):
                    bears |= Bears.RAISES
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

    def _step(self, step: Step, callees: set[str]) -> int:
        callees.update(self._run_by(step.targets))
        bears = self._effects(step.effects, step.scope)
        return bears | self._dynamic(step, callees) if step.dynamic else bears

    def _dynamic(self, step: Step, callees: set[str]) -> int:
        """What a call may mean in one context or another."""
        called = step.call.function
        frame = self._evaluator.root(step.scope)
        effects, targets = step.effects, step.targets
        if isinstance(called, ir.Name) or not (effects or targets):  # steps leave out what parameters are at most
            effects, targets = self._contexts.effects.classify(step.call, frame)
            callees.update(self._run_by(targets))
            bears = self._effects(effects, step.scope)
        else:
            bears = Bears.NOTHING  # what is known of it has been added
        bears |= self._as_modelled(step.call, frame)
        owner, receiver = self._owner(step.scope)
        methods = tuple(self._own_methods(owner, called, receiver))
        callees.update(methods)
        if methods or _is_above(called):
            return bears
        values = self._evaluator.values(called, frame)
        on_itself = root_of(called)[0] == receiver != ""
        known = bool(effects or targets) or any(not isinstance(value, String) for value in values)
        if known and len(values) < MOST_VALUES and not self._open.is_open(step.scope, on_itself, owner):
            return bears
        guess = self._open.by_name(step.call, bool(owner) and _is_own(called, receiver))
        callees.update(guess.functions)
        return bears | guess.bears

    def _effects(self, effects: Iterable[Effect], scope: Scope) -> int:
        bears = Bears.NOTHING
        for effect in effects:
            bears |= of_effect(effect.kind)
            if self.has_rows and is_outbox_write(effect, scope, self._evaluator):
                bears |= Bears.SENDS
        return bears

    def _as_modelled(self, call: ir.Call, frame: Frame) -> int:
        """What a call may come to with other arguments than are known here (its SQL, its URL)."""
        library = self._evaluator.models
        bears = Bears.NOTHING
        for value in self._evaluator.values(call.function, frame):
            if isinstance(value, External):
                for api in library.rows(value.name):
                    bears |= of_api(api.kind)
        if isinstance(call.function, ir.Attr):
            for shape in library.models.shape(last_name(call.function.value), call.function.name):
                bears |= of_api(shape.api.kind)
        return bears

    def _run_by(self, targets: Iterable[Function]) -> Iterator[str]:
        """The functions that targets stand for, those of subclasses included."""
        for target in targets:
            yield target.id
            yield from self.overrides(target.id)

    def overrides(self, function: str) -> tuple[str, ...]:
        """The methods of subclasses that may run instead of a method."""
        found = self._overrides.get(function)
        if found is None:
            found = self._overrides[function] = tuple(self._find_overrides(function))
        return found

    def _find_overrides(self, function: str) -> Iterator[str]:
        functions = self._program.functions
        facts = functions.get(function)
        if facts is not None and facts.owner is not None and not facts.name.startswith("__"):
            for cls in self._classes.descendants(f"{function.partition(':')[0]}:{facts.owner}"):
                if f"{cls}.{facts.name}" in functions:
                    yield f"{cls}.{facts.name}"

    def _own_methods(self, owner: str, called: ir.Expr, receiver: str) -> Iterator[str]:
        """The methods that a call on the object itself may run, of whatever class an object of `owner` may be."""
        functions = self._program.functions
        if not owner or not isinstance(called, ir.Attr) or not _is_own(called, receiver):
            return
        for cls in (owner, *self._classes.descendants(owner)):
            for each in self._classes.order(cls)[0]:
                if f"{each}.{called.name}" in functions:
                    yield f"{each}.{called.name}"

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


def _is_own(called: ir.Expr, receiver: str) -> bool:
    """Whether a call is of a method of the object itself, be it through `super()`."""
    match called:
        case ir.Attr(value=ir.Name(id=name)):
            return name == receiver
        case _:
            return _is_above(called)


def _is_above(called: ir.Expr) -> bool:
    match called:
        case ir.Attr(value=ir.Call(function=ir.Name(id="super"))):
            return True
        case _:
            return False
