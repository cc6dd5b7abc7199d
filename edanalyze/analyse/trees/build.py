"""Build effect trees from the facts of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from edanalyze.analyse.trees.coroutines import Coroutines
from edanalyze.analyse.trees.steps import step_of
from edanalyze.analyse.trees.trees import (
    EMPTY,
    Alternative,
    Aside,
    Attempt,
    Cases,
    FunctionTree,
    Leave,
    Mutation,
    Node,
    Repeat,
    Rescue,
    Scoped,
    Step,
    Tree,
    is_broad,
)
from edanalyze.facts import ir
from edanalyze.facts.children import children, expressions, spelled, walk
from edanalyze.link.scopes import Scope

if TYPE_CHECKING:
    from edanalyze.analyse.effects.effect import Effect
    from edanalyze.analyse.effects.effects import Effects
    from edanalyze.analyse.trees.asides import Asides
    from edanalyze.analyse.trees.dependencies import Dependencies
    from edanalyze.analyse.trees.openings import Openings


_NO_NAMES: frozenset[str] = frozenset()
_LEAVES = frozenset({ir.Name, ir.Const, ir.Lambda, ir.Hole})
_HOLDERS = frozenset({ir.Name, ir.Index})
_CHANGING = frozenset({"add", "append", "extend", "insert", "remove", "discard", "pop", "clear", "update"})


class TreeBuilder:
    """Builds the effect tree of one function."""

    def __init__(
        self, effects: Effects, asides: Asides, openings: Openings, dependencies: Dependencies, scope: Scope
    ) -> None:
        self._effects = effects
        self._asides = asides
        self._openings = openings
        self._dependencies = dependencies
        self._scope = scope
        function = scope.function
        names = tuple(parameter.name for parameter in function.parameters) if function is not None else ()
        self._receiver = names[0] if names and function is not None and function.owner is not None else ""
        self._parameters = frozenset([name for name in names if name != self._receiver]) if names else _NO_NAMES
        self._changes_itself = bool(self._receiver) and function is not None and not function.name.startswith("__")
        self._callables: set[str] = set()
        self._switches: set[str] = set()
        self._selectors: set[str] = set()

    def build(self, body: tuple[ir.Stmt, ...]) -> FunctionTree:
        """The tree of a body after what it depends on, wrapped in the scopes that its decorators open."""
        self._coroutines = Coroutines(self._asides, self._scope, body)
        tree = self._block(body, self._scope)
        function = self._scope.function
        if function is not None:
            needed = self._dependencies.called(function, self._scope)
            tree = (*(node for call, scope in needed for node in self._call(call, scope)), *tree)
            outer = self._scope.parent or self._scope
            for decorator in reversed(function.decorators):
                opened = self._openings.opened(decorator, outer, function.place.line, decorator=True)
                if opened.effects or opened.generators:
                    tree = (
                        Scoped(decorator, outer, opened.effects, opened.enter, opened.leave, opened.generators, tree),
                    )
        if not _matters(tree):
            tree = EMPTY
        identifier = self._scope.id
        callables, switches, selectors = (
            frozenset(names) if names else _NO_NAMES for names in (self._callables, self._switches, self._selectors)
        )
        return FunctionTree(identifier, self._scope, tree, callables, switches, selectors)

    # ------------------------------------------------------------- statements

    def _block(self, body: Iterable[ir.Stmt], scope: Scope) -> Tree:
        nodes: list[Node] = []
        for statement in body:
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                nodes += handler(self, statement, scope)
            else:
                for expr in expressions(statement):
                    nodes += self._expr(expr, scope)
        return tuple(nodes)

    def _assign(self, statement: ir.Assign | ir.Augment, scope: Scope) -> list[Node]:
        nodes = [node for expr in expressions(statement) for node in self._expr(expr, scope)]
        nodes = self._coroutines.assigned(statement, nodes)
        targets = statement.targets if isinstance(statement, ir.Assign) else (statement.target,)
        for target in targets:
            if type(target) is not ir.Attr or type(target.value) not in _HOLDERS:
                continue
            itself = isinstance(target.value, ir.Name) and target.value.id in {self._receiver, "self", "cls"}
            if not itself or self._changes_itself:
                added = isinstance(statement, ir.Augment) or _adds_to(target, statement.value)
                nodes.append(Mutation(statement.line, target, added))
        return nodes

    def _branch(self, statement: ir.Branch, scope: Scope) -> list[Node]:
        self._tested(statement.test)
        nodes = self._expr(statement.test, scope)
        body, orelse = self._block(statement.body, scope), self._block(statement.orelse, scope)
        if body or orelse:
            nodes.append(Alternative(statement.test, scope, body, orelse))
        return nodes

    def _match(self, statement: ir.Match, scope: Scope) -> list[Node]:
        nodes = self._expr(statement.subject, scope)
        bodies: list[Tree] = []
        for case in statement.cases:
            guard = self._expr(case.guard, scope) if case.guard is not None else []
            bodies.append((*guard, *self._block(case.body, scope)))
        exhaustive = any(case.irrefutable and case.guard is None for case in statement.cases)
        if any(bodies):
            nodes.append(Cases(statement.subject, scope, tuple(bodies), exhaustive))
        return nodes

    def _loop(self, statement: ir.Loop, scope: Scope) -> list[Node]:
        head = tuple(self._expr(statement.source, scope))
        body, orelse = self._block(statement.body, scope), self._block(statement.orelse, scope)
        if statement.kind == "for":
            return [*head, Repeat(statement, scope, EMPTY, body, orelse)] if body or orelse else list(head)
        if not (head or body or orelse):
            return []
        return [Repeat(statement, scope, head, body, orelse)]

    def _try(self, statement: ir.Try, scope: Scope) -> list[Node]:
        rescues = tuple(Rescue(handler, self._block(handler.body, scope)) for handler in statement.handlers)
        return [
            Attempt(
                statement,
                scope,
                self._block(statement.body, scope),
                rescues,
                self._block(statement.orelse, scope),
                self._block(statement.final, scope),
            )
        ]

    def _with(self, statement: ir.With, scope: Scope) -> list[Node]:
        tree = self._block(statement.body, scope)
        for context, _ in reversed(statement.items):
            before = self._expr(context, scope)
            opened = self._openings.opened(context, scope, statement.line)
            if opened.effects or opened.enter or opened.leave or opened.generators:
                if opened.generators:  # the call of the generator function is not a step of its own
                    before = [node for node in before if not (isinstance(node, Step) and node.call is context)]
                around = Scoped(context, scope, opened.effects, opened.enter, opened.leave, opened.generators, tree)
                tree = (*before, around)
            elif opened.aside:
                tree = (*before, Aside(opened.aside, _call(context), scope, tree))
            else:
                tree = (*before, *tree)
        return list(tree)

    def _return(self, statement: ir.Return | ir.Raise, scope: Scope) -> list[Node]:
        nodes = self._expr(statement.value, scope) if statement.value is not None else []
        kind = "return" if isinstance(statement, ir.Return) else "raise"
        return [*nodes, Leave(kind, statement.value, statement.line)]

    def _tested(self, test: ir.Expr) -> None:
        for node in walk(test) if self._parameters else ():
            if type(node) is ir.Name and node.id in self._parameters:
                self._switches.add(node.id)

    # ------------------------------------------------------------ expressions

    def _expr(self, expr: ir.Expr, scope: Scope) -> list[Node]:
        while type(expr) is ir.Attr:
            expr = expr.value
        if type(expr) in _LEAVES:
            return []
        if type(expr) is ir.Call:
            return self._call(expr, scope)
        match expr:
            case ir.Choice(kind="if", test=test, options=(then, orelse)) if test is not None:
                self._tested(test)
                nodes = self._expr(test, scope)
                left, right = tuple(self._expr(then, scope)), tuple(self._expr(orelse, scope))
                return [*nodes, Alternative(test, scope, left, right)] if left or right else nodes
            case ir.Choice(options=options):
                nodes = self._expr(options[0], scope)
                for position, option in enumerate(options[1:]):
                    later = tuple(self._expr(option, scope))
                    if later:
                        test = options[position] if expr.kind == "and" else None
                        nodes.append(Alternative(test, scope, later, EMPTY))
                return nodes
            case ir.Comprehension():
                return self._comprehension(expr, scope)
            case ir.Yield(value=value):
                nodes = self._expr(value, scope) if value is not None else []
                return [*nodes, Leave("yield", value)]
            case _:
                return [node for child in children(expr) for node in self._expr(child, scope)]

    def _comprehension(self, expr: ir.Comprehension, scope: Scope) -> list[Node]:
        inner = scope.lexical.comprehensions.get(id(expr), scope)
        head = self._expr(expr.generators[0].source, scope)
        body: list[Node] = []
        for position, generator in enumerate(expr.generators):
            if position:
                body += self._expr(generator.source, inner)
            for test in generator.tests:
                body += self._expr(test, inner)
        for part in (expr.key, expr.element):
            if part is not None:
                body += self._expr(part, inner)
        return [*head, Repeat(expr, inner, EMPTY, tuple(body))] if body else head

    def _call(self, call: ir.Call, scope: Scope) -> list[Node]:
        nodes: list[Node] = []
        if type(call.function) is ir.Name:
            if call.function.id in self._parameters:
                self._callables.add(call.function.id)
            match call:
                case ir.Call(function=ir.Name(id="getattr"), arguments=(_, ir.Name(id=name), *_)):
                    self._selectors.update({name} & self._parameters)
        else:
            for child in children(call.function):
                nodes += self._expr(child, scope)
        aside = self._asides.aside(call, scope)
        body: list[Node] = []
        for argument in (*call.arguments, *[value for _, value in call.keywords]):
            if self._parameters and (handed := _handed_name(argument)) in self._parameters:
                self._callables.add(handed)
            (body if aside else nodes).extend(self._expr(argument, scope))
        nodes = self._coroutines.collected(call, nodes)
        if aside:
            body += self._coroutines.run(call)
            direct = False
            for argument in self._asides.handed(call, scope):
                direct = direct or not isinstance(argument, ir.Lambda)
                body += self._invoked(argument, call, scope)
            if aside == "inline":
                return [*nodes, *body]
            return [*nodes, Aside(aside, call, scope, tuple(body), direct)]
        step = step_of(self._effects, call, scope, self._receiver, self._parameters)
        around = _scopes_around_callable(step) if step is not None else ()
        if around:
            given = around[0].argument("callback")
            inside = tuple(self._invoked(given, call, scope)) if given is not None else EMPTY
            return [*nodes, Scoped(call, scope, around, (), (), (), inside)]
        if step is not None:
            chosen = bool(self._selectors) and isinstance(call.function, ir.Name | ir.Call)
            step = Step(call, scope, step.effects, step.targets, True, True) if chosen else step
            opened = self._effects.signals.opened(step.effects, step.targets)
            nodes.append(Scoped(call, scope, (opened,), (), (), (), (step,)) if opened is not None else step)
        elif isinstance(call.function, ir.Attr):
            if self._effects.may_mutate(call, scope) or (self._changes_itself and self._grows(call.function)):
                nodes.append(Mutation(call.place.line, call.function))
        return nodes

    def _grows(self, function: ir.Attr) -> bool:
        """Whether a call adds to or takes from a collection of the object itself: `self.lines.append(...)`."""
        match function:
            case ir.Attr(value=ir.Attr(value=ir.Name(id=name)), name=method):
                return name == self._receiver and method in _CHANGING
            case _:
                return False

    def _invoked(self, argument: ir.Expr, call: ir.Call, scope: Scope) -> list[Node]:
        """The call of a callable that was handed over."""
        step = self._asides.handed_step(argument, call, scope, self._parameters)
        return [step] if step is not None else []


def _scopes_around_callable(step: Step) -> tuple[Effect, ...]:
    """The transactions that a call opens around a callable which it is given: `session.with_transaction(work)`."""
    found = []
    for effect in step.effects:
        forms = effect.api.data.get("form")
        if effect.kind == "scope" and isinstance(forms, list) and "callback" in forms:
            found.append(effect)
    return tuple(found)


def _adds_to(target: ir.Attr, value: ir.Expr | None) -> bool:
    """Whether an assigned value is what the target held, and something more: `order.total = order.total + n`."""
    if not isinstance(value, ir.Operation) or value.operator not in {"+", "-"}:
        return False
    name = spelled(target)
    return any(isinstance(operand, ir.Attr) and spelled(operand) == name for operand in value.operands)


def _handed_name(expr: ir.Expr) -> str:
    """The name at the root of a callable that is handed on: `task` of `task.delay`, `partial(task.delay, x)`."""
    while type(expr) is ir.Attr:
        expr = expr.value
    if type(expr) is ir.Name:
        return expr.id
    if type(expr) is not ir.Call:
        return ""
    match expr:
        case ir.Call(function=ir.Name(id="partial") | ir.Attr(name="partial"), arguments=(first, *_)):
            return _handed_name(first)
        case _:
            return ""


def _call(expr: ir.Expr) -> ir.Call:
    return expr if isinstance(expr, ir.Call) else ir.Call(expr, (), (), ir.Place(0, 0, 0, 0))


def _matters(tree: Tree) -> bool:
    """Whether a tree holds anything but jumps; what a `yield` of a context manager stands for matters."""
    for node in tree:
        kind = type(node)
        if kind is Step or kind is Mutation:
            return True
        match node:
            case Leave(kind="yield"):
                return True
            case Leave():
                continue
            case Alternative(body=body, orelse=orelse):
                if _matters(body) or _matters(orelse):
                    return True
            case Cases(bodies=bodies):
                if any(_matters(body) for body in bodies):
                    return True
            case Repeat(head=head, body=body, orelse=orelse):
                if _matters(head) or _matters(body) or _matters(orelse):
                    return True
            case Attempt(body=body, rescues=rescues, orelse=orelse, final=final):
                parts = (body, orelse, final, *(rescue.body for rescue in rescues))
                if any(is_broad(rescue.handler) for rescue in rescues) or any(_matters(part) for part in parts):
                    return True
            case _:
                return True
    return False


_Handler = Callable[[TreeBuilder, "ir.Stmt", Scope], "list[Node]"]
_STATEMENTS: dict[type, _Handler] = {
    ir.Assign: TreeBuilder._assign,  # type: ignore[dict-item]
    ir.Augment: TreeBuilder._assign,  # type: ignore[dict-item]
    ir.Branch: TreeBuilder._branch,  # type: ignore[dict-item]
    ir.Match: TreeBuilder._match,  # type: ignore[dict-item]
    ir.Loop: TreeBuilder._loop,  # type: ignore[dict-item]
    ir.Try: TreeBuilder._try,  # type: ignore[dict-item]
    ir.With: TreeBuilder._with,  # type: ignore[dict-item]
    ir.Return: TreeBuilder._return,  # type: ignore[dict-item]
    ir.Raise: TreeBuilder._return,  # type: ignore[dict-item]
    ir.Break: lambda builder, statement, scope: [Leave("break")],
    ir.Continue: lambda builder, statement, scope: [Leave("continue")],
}
