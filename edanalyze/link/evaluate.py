"""What an expression may stand for: demand-driven, memoised, context-sensitive along call strings.

The idea is that of assignment-graph points-to analysis (PyCG, ICSE 2021), turned around: nothing is computed before
it is asked for, and a query follows the bindings of names, attributes and parameters back to what they were given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from edanalyze.facts import ir
from edanalyze.link.annotations import Annotations
from edanalyze.link.appconfig import AppConfig
from edanalyze.link.attributes import Attributes
from edanalyze.link.builtin import Builtins
from edanalyze.link.callers import Callers
from edanalyze.link.classes import Classes
from edanalyze.link.constructions import Constructions
from edanalyze.link.decorators import Decorators
from edanalyze.link.dispatch import Dispatch
from edanalyze.link.entities import Entities
from edanalyze.link.items import ItemLookup
from edanalyze.link.iteration import Iteration
from edanalyze.link.parameters import Parameters
from edanalyze.link.program import Program
from edanalyze.link.registries import Registries
from edanalyze.link.results import Results
from edanalyze.link.scopes import Binding, Scope
from edanalyze.link.settings import Settings
from edanalyze.link.shelves import Shelves
from edanalyze.link.text import Texts
from edanalyze.link.values import (
    Class,
    Constant,
    Display,
    External,
    Frame,
    Frames,
    Function,
    Instance,
    Module,
    Names,
    String,
    Value,
    string,
)

if TYPE_CHECKING:
    from edanalyze.link.library import Library

MOST_VALUES = 16
DEEPEST = 48
NOTHING: tuple[Value, ...] = ()


def distinct(values: Iterable[Value]) -> tuple[Value, ...]:
    """Without repetitions, in order, bounded."""
    found = tuple(values)
    return found if len(found) < 2 else tuple(dict.fromkeys(found))[:MOST_VALUES]


class Evaluator:
    """Answers "what may this expression be?" for a whole program."""

    def __init__(self, program: Program, models: Library, settings: Settings) -> None:
        self.program = program
        self.models = models
        self.frames = Frames()
        self.names = Names()
        self.settings = settings
        self.classes = Classes(program, self)
        self.attributes = Attributes(self)
        self.items = ItemLookup(self)
        self.shelves = Shelves(self)
        self.constructions = Constructions(self)
        self.parameters = Parameters(self)
        self.annotations = Annotations(self)
        self.callers = Callers(self)
        self.results = Results(self)
        self.iteration = Iteration(self)
        self.decorators = Decorators(self)
        self.builtins = Builtins(self)
        self.texts = Texts(self)
        self.entities = Entities(self)
        self.registries = Registries(self)
        self.dispatch = Dispatch(self)
        self.configuration = AppConfig(self)
        self._roots: dict[Scope, Frame] = {}
        self._open_roots: dict[Scope, Frame] = {}
        self._builtins: dict[str, tuple[Value, ...]] = {}
        self._active: set[tuple[int, Frame]] = set()

    # ---------------------------------------------------------------- frames

    def root(self, scope: Scope, *, open: bool = False) -> Frame:
        """The frame of any activation of a scope."""
        roots = self._open_roots if open else self._roots
        found = roots.get(scope)
        if found is None:
            found = roots[scope] = self._root(scope, open)
        return found

    def _root(self, scope: Scope, open: bool) -> Frame:
        receiver: Value | None = None
        function = scope.function
        if function is not None and function.owner is not None and scope.kind == "function":
            owner = f"{scope.module}:{function.owner}"
            receiver = Class(owner) if self.is_classmethod(function.decorators) else Instance(owner, open=open)
        parent = scope.parent
        closure = None
        if parent is not None and parent.kind in {"function", "comprehension"} and scope.kind != "class":
            closure = self.root(parent, open=open)
        return self.frames(scope, receiver=receiver, closure=closure, open=open)

    def inner(self, scope: Scope, frame: Frame) -> Frame:
        """The frame of a comprehension scope inside `frame`, or `frame` itself for its own scope."""
        if scope is frame.scope:
            return frame
        return self.frames(
            scope, call=frame.call, caller=frame.caller, receiver=frame.receiver, closure=frame, open=frame.open
        )

    @staticmethod
    def is_classmethod(decorators: tuple[ir.Expr, ...]) -> bool:
        """Whether the first parameter is the class."""
        return any(isinstance(decorator, ir.Name) and decorator.id == "classmethod" for decorator in decorators)

    # ---------------------------------------------------------------- values

    def values(self, expr: ir.Expr, frame: Frame) -> tuple[Value, ...]:
        """What `expr` may stand for in `frame`; empty when nothing is known."""
        if type(expr) is ir.Const:
            return (self._constant(expr),)
        found = frame.known.get(id(expr))
        if found is not None:
            return found
        key = (id(expr), frame)
        active = self._active
        if key in active or len(active) > DEEPEST:
            return NOTHING
        active.add(key)
        try:
            if type(expr) is ir.Name:
                found = self.name(expr.id, frame, expr)
            else:
                found = distinct(self._compute(expr, frame))
        finally:
            active.discard(key)
        frame.known[id(expr)] = found
        return found

    def is_settled(self, expr: ir.Expr, frame: Frame) -> bool:
        """Whether it is known for good what `expr` may stand for in `frame`: it is not just being found out."""
        return id(expr) in frame.known

    def first(self, expr: ir.Expr, frame: Frame) -> Value | None:
        """The only or first value."""
        values = self.values(expr, frame)
        return values[0] if values else None

    @staticmethod
    def _constant(expr: ir.Const) -> Value:
        value = expr.value
        return string(value) if isinstance(value, str) else Constant(value)

    def _compute(self, expr: ir.Expr, frame: Frame) -> Iterable[Value]:
        form = _FORMS.get(type(expr))
        return form(self, expr, frame) if form is not None else NOTHING

    def _lambda(self, expr: ir.Lambda, frame: Frame) -> Iterable[Value]:
        identifier = expr.function if ":" in expr.function else f"{frame.scope.module}:{expr.function}"
        return (Function(identifier, None, frame),)

    # ----------------------------------------------------------------- names

    def name(self, name: str, frame: Frame, use: ir.Expr | None = None) -> tuple[Value, ...]:
        """What a bare name stands for in the scope of `frame`, at one use of it or at any."""
        scope: Scope | None = frame.scope
        current: Frame | None = frame
        while scope is not None:
            bindings = scope.bindings.get(name)
            if bindings and (scope.kind != "class" or scope is frame.scope):
                where = current if current is not None and current.scope is scope else self.root(scope, open=frame.open)
                return self.bound(scope.reaching.get(id(use), bindings), where)
            if scope.kind == "module" and scope.star_imports:
                found = self._starred(name, scope)
                if found:
                    return found
            if current is not None and current.scope is scope:
                current = current.closure
            scope = scope.parent
        builtin = self._builtins.get(name)
        if builtin is None:
            builtin = self._builtins[name] = (External(f"builtins.{name}"),)
        return builtin

    def _starred(self, name: str, scope: Scope) -> tuple[Value, ...]:
        if name.startswith("_"):
            return NOTHING
        for imported in reversed(scope.star_imports):
            module = self.module(scope.module, imported.level, imported.module)
            if module is None:
                continue
            exports = self.program.modules[module].exports if module in self.program.modules else None
            if exports is None or name in exports:
                found = self.attributes.of_module(module, name)
                if found:
                    return found
        return NOTHING

    def bound(self, bindings: list[Binding], frame: Frame) -> tuple[Value, ...]:
        """What a name with these bindings stands for; they belong to the scope of `frame`."""
        known, key = frame.known, id(bindings)
        found = known.get(key)
        if found is None:
            known[key] = NOTHING
            if len(bindings) == 1:
                found = distinct(self.binding(bindings[0], frame))
            else:
                found = distinct([value for binding in bindings for value in self.binding(binding, frame)])
            known[key] = found
        return found

    def binding(self, binding: Binding, frame: Frame) -> Iterable[Value]:
        """What one binding gives its name."""
        scope = frame.scope
        kind = binding.kind
        if kind == "value":
            return self._assigned(binding, frame)
        if kind == "parameter":
            return self.parameters.values(binding.qualname, frame)
        if kind == "import" and binding.imported is not None:
            return self.imported(binding.imported, scope.module)
        if kind == "function":
            identifier = f"{scope.module}:{binding.qualname}"
            closure = frame if scope.kind in {"function", "comprehension"} else None
            return self.decorators.decorated(Function(identifier, None, closure), frame)
        if kind == "class":
            return (Class(f"{scope.module}:{binding.qualname}"),)
        if kind == "annotation" and binding.annotation is not None:
            return self.annotations.instances(binding.annotation, self.root(scope))
        if binding.expr is None:
            return NOTHING
        if kind == "item":
            return self.iteration.items(binding.expr, frame)
        if kind == "augment":  # a list that grows; text that does is not known
            return [value for value in self.values(binding.expr, frame) if not isinstance(value, String | Constant)]
        if kind == "unpack":
            return self.iteration.unpacked(self.values(binding.expr, frame), binding.index)
        if kind == "unpack item":
            return self.iteration.unpacked_items(binding.expr, binding.index, frame)
        if kind == "enter":
            return self.results.entered(binding.expr, frame)
        return NOTHING

    def _assigned(self, binding: Binding, frame: Frame) -> Iterable[Value]:
        found: tuple[Value, ...] = NOTHING
        if binding.expr is not None:
            found = self.values(binding.expr, frame)
        useful = [value for value in found if type(value) is not Constant or value.value is not None]
        if not useful and binding.annotation is not None:
            return (*found, *self.annotations.instances(binding.annotation, frame))
        return found

    # --------------------------------------------------------------- imports

    def module(self, importer: str, level: int, name: str) -> str | None:
        """The project module that an import names, or None for a library."""
        if level:
            return self.program.relative(importer, level, name)
        return self.program.absolute(importer, name)

    def imported(self, item: ir.Import, importer: str) -> tuple[Value, ...]:
        """What an import binds."""
        module = self.module(importer, item.level, item.module)
        if module is None:
            if item.level:
                return NOTHING
            return (External(self.names[f"{item.module}.{item.member}" if item.member else item.module]),)
        if item.member is None:
            return (Module(module),)
        found = self.attributes.of_module(module, item.member)
        if found:
            return found
        if item.level == 0 and module not in self.program.modules:
            return (External(f"{item.module}.{item.member}"),)  # a folder that only looks like the package
        return NOTHING

    # --------------------------------------------------------------- helpers

    def literals(self, expr: ir.Expr | None, frame: Frame, depth: int = 0) -> list[str]:
        """The literal strings an expression may be, also those inside a display (which may hold itself)."""
        if expr is None or depth > 4:
            return []
        found: list[str] = []
        for value in self.values(expr, frame):
            if isinstance(value, String) and value.literal is not None:
                found.append(value.literal)
            elif isinstance(value, Display) and isinstance(value.expr, ir.Items):
                for item in value.expr.items:
                    found += self.literals(item, value.frame, depth + 1)
        return found

    def strings(self, expr: ir.Expr | None, frame: Frame) -> list[String]:
        """The string templates an expression may be; unknown text is one hole."""
        if expr is None:
            return []
        found = [value for value in self.values(expr, frame) if isinstance(value, String)]
        return found or [self.texts.unknown(expr, frame)]


_FORMS: dict[type, Callable[[Evaluator, Any, Frame], Iterable[Value]]] = {
    ir.Attr: lambda evaluator, expr, frame: evaluator.attributes.of_expression(expr.value, expr.name, frame),
    ir.Call: lambda evaluator, expr, frame: evaluator.results.of_call(expr, frame),
    ir.Text: lambda evaluator, expr, frame: evaluator.texts.join(expr.parts, frame),
    ir.Items: lambda evaluator, expr, frame: (Display(expr, frame),),
    ir.Mapping: lambda evaluator, expr, frame: (Display(expr, frame),),
    ir.Comprehension: lambda evaluator, expr, frame: (Display(expr, frame),),
    ir.Index: lambda evaluator, expr, frame: evaluator.items.of_expression(expr.value, expr.key, frame),
    ir.Choice: lambda evaluator, expr, frame: [
        value for option in expr.options for value in evaluator.values(option, frame)
    ],
    ir.Await: lambda evaluator, expr, frame: evaluator.values(expr.value, frame),
    ir.Bind: lambda evaluator, expr, frame: evaluator.values(expr.value, frame),
    ir.Star: lambda evaluator, expr, frame: evaluator.values(expr.value, frame),
    ir.Lambda: Evaluator._lambda,
    ir.Operation: lambda evaluator, expr, frame: evaluator.texts.operation(expr.operator, expr.operands, frame),
}
"""What the forms of expressions may stand for, but for names and constants; nothing is known of others."""
