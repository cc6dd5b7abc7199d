"""Retries: code that is run again by itself when it fails.

What runs again is a *region*: the body of a function under a retrying decorator or of a task that its queue repeats,
the body of a retrying loop, or a callable that is handed to a function which calls it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edanalyze.analyse.bearing import Bears
from edanalyze.analyse.http.retryloops import is_unsent, tried_again
from edanalyze.analyse.trees.trees import Repeat, Step, Tree, nodes, steps
from edanalyze.analyse.witness import Point
from edanalyze.facts import ir
from edanalyze.facts.children import root_of, spelled, walk
from edanalyze.link.entries.again import asking
from edanalyze.link.library import argument
from edanalyze.link.parameters import is_bound
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, ExternalInstance, Frame, Function
from edanalyze.models import Api

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Code that is run again: a tree in a function, and what does it (`why`).

    `until`: only what stands before this line is run again, for the code itself asks for it there.
    """

    function: str
    body: Tree
    frame: Frame
    why: Point
    until: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Handed:
    """A call that hands a callable to something that calls it again; `argument` is the callable."""

    call: ir.Call
    scope: Scope
    argument: ir.Expr
    why: Point


class Retries:
    """Finds regions."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._program = system.program
        self._evaluator = system.evaluator
        self._contexts = system.contexts
        self._known: dict[str, Point | None] = {}

    # ---------------------------------------------------------------- regions

    def regions(self) -> Iterator[Region]:
        """All of them, in a stable order; of loops those in functions that may send a request."""
        functions = sorted(self._program.functions)
        for function in functions:
            why = self.of_function(function)
            if why is not None:
                yield Region(function, self._contexts.tree(function).body, self._contexts.root(function), why)
        for entry in self._system.entries:
            if entry.kind == "task" and entry.delivery.retries and entry.function in self._program.functions:
                yield self._of_task(entry)
        for function, node in self._contexts.inventory.repeats:
            if not self._system.bearing.may(function, Bears.SENDS):
                continue
            frame = self._contexts.root(function)
            body = self._again(node, frame, self._sends)
            if body:
                yield Region(function, body, frame, self._loop(node, function))

    def handed(self) -> Iterator[Handed]:
        """Callables that are handed to retrying functions, of the project or of a library."""
        looping = {function for function, _ in self._contexts.inventory.repeats}
        for function in sorted(self._program.functions):
            if function not in looping and self.of_function(function) is None:
                continue
            for name, why in sorted(self._retried_parameters(function).items()):
                scope = self._program.scopes[function]
                for call, frame in self._evaluator.callers.of(function):
                    assert scope.function is not None
                    given = self._evaluator.parameters.of_call(scope, call, is_bound(scope.function)).get(name)
                    if given is not None:
                        yield Handed(call, frame.scope, given, why)
        if any(api.data.get("form") == "object" for api in self._evaluator.models.models.of_kind("retry")):
            for scope in self._program.scopes.values():
                for call, inner in scope.calls:
                    yield from self._to_library(call, inner)

    def _to_library(self, call: ir.Call, scope: Scope) -> Iterator[Handed]:
        """`Retrying(...)(function, ...)`."""
        callables = [expr for expr in call.arguments if isinstance(expr, ir.Name | ir.Attr | ir.Lambda)]
        if not callables or isinstance(call.function, ir.Attr):
            return
        if self._objects(call.function, self._evaluator.root(scope)):
            name = spelled(call.function) or "the retrying object"
            why = Point(scope.module, scope.id, call.place, f"`{name}` calls what it is given again when it fails")
            yield from (Handed(call, scope, expr, why) for expr in callables)

    # -------------------------------------------------------------- functions

    def of_function(self, function: str) -> Point | None:
        """The decorator that runs a function again when it fails; None when there is none."""
        if function not in self._known:
            self._known[function] = None
            self._known[function] = self._by_library(function) or self._by_project(function)
        return self._known[function]

    def _by_library(self, function: str) -> Point | None:
        facts = self._program.functions[function]
        scope = self._program.scopes[function]
        frame = self._evaluator.root(scope.parent or scope)
        for decorator in facts.decorators:
            called = decorator.function if isinstance(decorator, ir.Call) else decorator
            for value in self._evaluator.values(called, frame):
                if not isinstance(value, External | ExternalInstance):
                    continue
                rows = self._evaluator.models.rows(value.name.removesuffix("()"), "retry")
                made = decorator if isinstance(decorator, ir.Call) else _maker(value)
                for api in rows:
                    if api.data.get("form") == "decorator" and (made is None or self._repeats(api, made)):
                        return self._decorated(decorator, function, spelled(called))
        return None

    def _by_project(self, function: str) -> Point | None:
        facts = self._program.functions[function]
        if not facts.decorators:
            return None
        scope = self._program.scopes[function]
        frame = self._evaluator.root(scope.parent or scope)
        for call, made in self._evaluator.decorators.applications(Function(function), frame):
            for value in made:
                if isinstance(value, Function) and value.id != function and self._is_retrying(value.id):
                    return self._decorated(call.function, function, spelled(call.function).removesuffix("()"))
        return None

    def _is_retrying(self, wrapper: str) -> bool:
        """Whether a decorator's wrapper calls what it wraps again."""
        tree = self._contexts.tree(wrapper).body
        if self.of_function(wrapper) is not None:
            return any(self._is_outer(step) for step in steps(tree))
        frame = self._contexts.root(wrapper)
        return any(isinstance(node, Repeat) and self._again(node, frame, self._is_outer) for node in nodes(tree))

    def _is_outer(self, step: Step) -> bool:
        """Whether a step calls a parameter of an enclosing function: what a decorator was given."""
        root, depth = root_of(step.call.function)
        return step.dynamic and depth == 0 and self._system.effects.is_outer_parameter(root, step.scope)

    def _retried_parameters(self, function: str) -> dict[str, Point]:
        """The parameters of a function that it calls again when they fail."""
        facts = self._program.functions[function]
        own = {parameter.name for parameter in facts.parameters}
        tree = self._contexts.tree(function)
        if not own & tree.callables:
            return {}
        frame = self._contexts.root(function)

        def called(step: Step) -> bool:
            root, depth = root_of(step.call.function)
            return step.dynamic and depth == 0 and root in own

        found: dict[str, Point] = {}
        why = self.of_function(function)
        for node in nodes(tree.body):
            body = self._again(node, frame, called) if type(node) is Repeat else ()
            for step in steps(body):
                if called(step):
                    assert isinstance(node, Repeat)
                    found.setdefault(root_of(step.call.function)[0], self._loop(node, function))
            if why is not None and type(node) is Step and called(node):
                found.setdefault(root_of(node.call.function)[0], why)
        return found

    # ------------------------------------------------------------------ tasks

    def _of_task(self, entry: EntryPoint) -> Region:
        facts = self._program.functions[entry.function]
        body = self._contexts.tree(entry.function).body
        message = f"the queue runs `{facts.name}` again when it fails"
        why = Point(entry.module, entry.function, facts.place, message)
        until = None if self._is_told(facts.decorators) else self._asks(entry.function)
        return Region(entry.function, body, self._contexts.root(entry.function), why, until)

    def _is_told(self, decorators: tuple[ir.Expr, ...]) -> bool:
        """Whether a decorator says for which errors a task is run again, whatever its body asks for."""
        roles = {
            slot.kw
            for api in self._evaluator.models.models.of_kind("handler")
            for role in ("retry_for", "retry_when")
            if (slot := api.slots.get(role)) is not None
        }
        return any(name in roles for item in decorators if isinstance(item, ir.Call) for name, _ in item.keywords)

    def _asks(self, function: str) -> int | None:
        """The last line at which the body of a task asks to be run again; None when it never does."""
        lines = asking(function, self._evaluator)
        return max(lines, default=None)

    # ------------------------------------------------------------------ loops

    def _again(self, node: Repeat, frame: Frame, wanted: Callable[[Step], bool]) -> Tree:
        """What a loop runs again, when it holds a wanted step."""
        loop = node.statement
        if isinstance(loop, ir.Loop) and loop.kind == "for":
            if self._objects(loop.source, self._evaluator.inner(node.scope, frame)):
                return node.body
        return tried_again(node, wanted)

    def _sends(self, step: Step) -> bool:
        if any(effect.kind == "http" for effect in step.effects):
            return True
        return any(
            item.effect.kind == "http" and not item.deferred
            for target in step.targets
            if self._system.bearing.may(target.id, Bears.SENDS)
            for item in self._system.reach.effects(target)
        )

    def _objects(self, expr: ir.Expr, frame: Frame) -> bool:
        """Whether an expression is a library's retrying object that tries more than once."""
        for value in self._evaluator.values(expr, frame):
            if isinstance(value, External | ExternalInstance):
                made = _maker(value)
                for api in self._evaluator.models.rows(value.name.removesuffix("()"), "retry"):
                    if api.data.get("form") == "object" and (made is None or self._repeats(api, made)):
                        return True
        return False

    # --------------------------------------------------------------- policies

    def _repeats(self, api: Api, call: ir.Call) -> bool:
        """Whether a retry tries more than once, and for errors after which the request may have arrived."""
        for role in ("max_attempts", "stop"):
            slot = api.slots.get(role)
            given = argument(slot, call) if slot is not None else None
            if given is not None and any(isinstance(node, ir.Const) and node.value == 1 for node in walk(given)):
                return False
        slot = api.slots.get("retry_on")
        given = argument(slot, call) if slot is not None else None
        if given is None:
            return True
        errors = [node for node in walk(given) if _is_error(node)]
        return not errors or not is_unsent(ir.Items("tuple", tuple(errors)))

    # ------------------------------------------------------------------ words

    def _decorated(self, decorator: ir.Expr, function: str, name: str) -> Point:
        facts = self._program.functions[function]
        place = decorator.place if isinstance(decorator, ir.Call) and decorator.place.line else facts.place
        message = f"`{name.rpartition('.')[2] or name}` runs `{facts.name}` again when it fails"
        return Point(function.partition(":")[0], function, place, message)

    @staticmethod
    def _loop(node: Repeat, function: str) -> Point:
        line = node.statement.line if isinstance(node.statement, ir.Loop) else 0
        place = ir.Place(line, 1, line, 1)
        return Point(node.scope.module, function, place, "the loop tries again when it fails")


def _maker(value: External | ExternalInstance) -> ir.Call | None:
    return value.site.call if isinstance(value, ExternalInstance) and value.site is not None else None


def _is_error(node: ir.Expr) -> bool:
    name = node.id if isinstance(node, ir.Name) else node.name if isinstance(node, ir.Attr) else ""
    return name[:1].isupper() and not name.isupper()
