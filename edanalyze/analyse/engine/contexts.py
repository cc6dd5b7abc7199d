"""Call contexts: which calls of a function must be told apart, and what a call means in one of them."""

from __future__ import annotations

from collections.abc import Hashable

from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.effects.origin import Origin, Origins
from edanalyze.analyse.trees.asides import Asides
from edanalyze.analyse.trees.build import TreeBuilder
from edanalyze.analyse.trees.dependencies import Dependencies
from edanalyze.analyse.trees.inventory import Inventory
from edanalyze.analyse.trees.openings import Openings
from edanalyze.analyse.trees.steps import again
from edanalyze.analyse.trees.trees import FunctionTree, Scoped, Step, steps
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.parameters import is_bound
from edanalyze.link.program import Program
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Class, Constant, External, Frame, Function, Instance, Partial, String, Value


class Contexts:
    """Effect trees and call contexts of a program, shared by all analyses."""

    def __init__(self, program: Program, effects: Effects) -> None:
        self.program = program
        self.effects = effects
        self._asides = Asides(effects)
        self._openings = Openings(effects)
        self._dependencies = Dependencies(effects.evaluator)
        self.evaluator = effects.evaluator
        self._trees: dict[str, FunctionTree] = {}
        self._steps: dict[tuple[int, Frame], Step] = {}
        self._hooks: dict[tuple[int, str], Step] = {}
        self._keys: dict[tuple[str, Frame], Hashable] = {}
        self._held: dict[str, bool] = {}
        self._entities: dict[str, frozenset[str]] = {}
        self._selecting: dict[str, frozenset[str]] = {}
        self.origins = Origins(effects.evaluator)
        self.inventory = Inventory(program, self.tree)

    def tree(self, function: str) -> FunctionTree:
        """The effect tree of a function, or of a module's top level (`module:`)."""
        found = self._trees.get(function)
        if found is None:
            scope = self.program.scopes[function]
            if scope.function is not None:
                body = scope.function.body
            else:
                body = self.program.modules[scope.module].body if scope.kind == "module" else ()
            found = self._trees[function] = self._builder(scope).build(body)
        return found

    def _builder(self, scope: Scope) -> TreeBuilder:
        return TreeBuilder(self.effects, self._asides, self._openings, self._dependencies, scope)

    def frame(self, target: Function, call: ir.Call, caller: Frame) -> Frame:
        """The frame in which a call runs its target."""
        return self.evaluator.results.frame(target, call, caller)

    def root(self, function: str) -> Frame:
        """The frame of any activation of a function."""
        return self.evaluator.root(self.program.scopes[function])

    def key(self, tree: FunctionTree, frame: Frame) -> Hashable:
        """What tells the calls of a function apart: functions and new objects it is handed, switches, its receiver."""
        if frame.call is None and frame.closure is None and frame.receiver is None:
            return None
        key = (tree.id, frame)
        if key not in self._keys:
            self._keys[key] = self._key(tree, frame)
        return self._keys[key]

    def _key(self, tree: FunctionTree, frame: Frame) -> Hashable:
        parts: list[Hashable] = []
        receiver = frame.receiver
        function = tree.scope.function
        if isinstance(receiver, Instance | Class) and function is not None:
            if receiver.id != f"{tree.scope.module}:{function.owner}":
                parts.append(receiver.id)
            if isinstance(receiver, Instance) and receiver.site is not None and self._calls_held(tree):
                parts.append(receiver.site)
        if frame.call is not None:
            for name in tree.telling:
                values = self.evaluator.name(name, frame)
                wanted = tuple(value for value in values if self._tells(value, name, tree))
                if wanted:
                    parts.append((name, wanted))
            for name in sorted(self._selectors(tree)):
                values = self.evaluator.name(name, frame)
                parts.append((name, tuple(value for value in values if isinstance(value, String))))
            for name in sorted(self._stored(tree)):
                origin = self.origins.of_name(name, frame)
                if origin is not Origin.UNKNOWN:
                    parts.append((name, origin))
        if frame.closure is not None and frame.closure.call is not None:
            parts.append(id(frame.closure))
        return tuple(parts) or None

    def _stored(self, tree: FunctionTree) -> frozenset[str]:
        """The parameters of a function that it stores, be it through others: it matters whether they are new."""
        found = self._entities.get(tree.id)
        if found is None:
            self._entities[tree.id] = frozenset()
            names: set[str] = set()
            function = tree.scope.function
            own = {parameter.name for parameter in function.parameters} if function is not None else set()
            for step in steps(tree.body) if own else ():
                given = [effect.argument("entity") for effect in step.effects if effect.kind == "write"]
                for target in step.targets:
                    inner = self.tree(target.id)
                    callee = inner.scope.function
                    if callee is not None:
                        passed = self.evaluator.parameters.of_call(inner.scope, step.call, is_bound(callee))
                        given += [passed.get(name) for name in self._stored(inner)]
                names.update(expr.id for expr in given if isinstance(expr, ir.Name) and expr.id in own)
            found = self._entities[tree.id] = frozenset(names)
        return found

    def _selectors(self, tree: FunctionTree) -> frozenset[str]:
        """The parameters that name an attribute for `getattr`, be it in a function that they are handed on to."""
        found = self._selecting.get(tree.id)
        if found is None:
            self._selecting[tree.id] = tree.selectors
            names = set(tree.selectors)
            function = tree.scope.function
            own = {parameter.name for parameter in function.parameters} if function is not None else set()
            for step in steps(tree.body) if own else ():
                for target in step.targets:
                    inner = self.tree(target.id)
                    callee = inner.scope.function
                    chosen = self._selectors(inner) if callee is not None else frozenset[str]()
                    if callee is not None and chosen:
                        passed = self.evaluator.parameters.of_call(inner.scope, step.call, is_bound(callee))
                        given = [passed.get(name) for name in chosen]
                        names.update(expr.id for expr in given if isinstance(expr, ir.Name) and expr.id in own)
            found = self._selecting[tree.id] = frozenset(names)
        return found

    def _calls_held(self, tree: FunctionTree) -> bool:
        """Whether a method calls what its object holds (`self.callback(...)`): it matters which object it is."""
        found = self._held.get(tree.id)
        if found is None:
            found = self._held[tree.id] = any(_is_open(step) for step in steps(tree.body))
        return found

    def _tells(self, value: Value, name: str, tree: FunctionTree) -> bool:
        """Whether it matters that a parameter is this: a switch that is set, or something that may do something."""
        if (
            name in tree.switches
            and isinstance(value, Constant)
            and (value.value is None or isinstance(value.value, bool))
        ):
            return True
        if name not in tree.callables:
            return False
        if isinstance(value, External):
            return not self.effects.library.leads_nowhere(value.name)
        return isinstance(value, Function | Partial)

    def in_frame(self, step: Step, frame: Frame) -> Step:
        """A step as it is in a call context: what a parameter or a method of `self` really is there."""
        if not step.dynamic or (frame.call is None and frame.closure is None and not self._refined(step, frame)):
            if not (_is_open(step) and isinstance(frame.receiver, Instance) and frame.receiver.site is not None):
                return step
        key = (id(step), frame)
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = again(self.effects, step, self.evaluator.inner(step.scope, frame))
        return found

    def _refined(self, step: Step, frame: Frame) -> bool:
        """Whether the receiver is of another class than the one that defines the method."""
        receiver = frame.receiver
        function = frame.scope.function
        if function is None or not isinstance(receiver, Instance | Class):
            return False
        return receiver.id != f"{frame.scope.module}:{function.owner}"

    def truth(self, test: ir.Expr, frame: Frame) -> bool | None:
        """The outcome of a test on a constant parameter in this call context; None when it is open."""
        if frame.call is None:
            return None
        match test:
            case ir.Operation(operator="not", operands=(inner,)):
                outcome = self.truth(inner, frame)
                return None if outcome is None else not outcome
            case ir.Operation(
                operator="is" | "is not" | "==" | "!=" as operator, operands=(left, ir.Const(value=None))
            ):
                values = self._parameter(left, frame)
                if not values:
                    return None
                nothing = [isinstance(value, Constant) and value.value is None for value in values]
                if all(nothing) or not any(nothing):
                    return all(nothing) == (operator in {"is", "=="})
                return None
            case ir.Name():
                values = self._parameter(test, frame)
                if values and all(isinstance(value, Constant) for value in values):
                    outcomes = {bool(value.value) for value in values if isinstance(value, Constant)}
                    return outcomes.pop() if len(outcomes) == 1 else None
                if values and all(isinstance(value, Function | Instance) for value in values):
                    return True
                return None
            case _:
                return None

    def _parameter(self, expr: ir.Expr, frame: Frame) -> tuple[Value, ...]:
        if isinstance(expr, ir.Name) and frame.scope.function is not None:
            bindings = frame.scope.bindings.get(expr.id, ())
            if len(bindings) == 1 and bindings[0].kind == "parameter":
                return self.evaluator.name(expr.id, frame)
        return ()

    # ----------------------------------------------------------------- places

    def call_point(self, step: Step, target: Function, function: str) -> Point:
        """A call of project code as a step of a path; a decorator's wrapper goes by the name that is written."""
        written = spelled(step.call.function).rpartition(".")[2] if target.closure is not None else ""
        name = written or target.id.partition(":")[2]
        return Point(step.scope.module, function, step.call.place, f"`{name}` is called")

    def hook(self, node: Scoped, hook: Function) -> Step:
        """The call of `__enter__` or `__exit__` that a `with` makes (the latter without an exception)."""
        key = (id(node), hook.id)
        if key not in self._hooks:
            place = place_of(node.expr)
            nothing = ir.Const(None)
            leaving = hook.id.endswith("exit__")
            call = ir.Call(node.expr, (nothing, nothing, nothing) if leaving else (), (), place)
            self._hooks[key] = Step(call, node.scope, (), (hook,))
        return self._hooks[key]


def _is_open(step: Step) -> bool:
    """Whether a call is of something that only an object or a caller knows."""
    return step.dynamic and not step.effects and not step.targets


def place_of(expr: ir.Expr) -> ir.Place:
    """The place of the first call in an expression (an expression itself has none)."""
    from edanalyze.facts.children import calls

    for call in calls(expr):
        return call.place
    return ir.Place(0, 0, 0, 0)
