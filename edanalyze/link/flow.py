"""Reaching definitions: which of several assignments a use of a local name may see.

A name that is assigned more than once in a scope stands for all that it was given, unless the order of the code says
which of them a use can see: in `url = a; get(url); url = b; get(url)` each use sees one. The analysis follows the
structure of the code; loops, `try` and jumps are treated with caution, so that it never leaves out what can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from edanalyze.facts import ir
from edanalyze.facts.children import bodies, children, expressions, walk
from edanalyze.facts.module import ModuleFacts
from edanalyze.link.scopes import Binding, Scope

Environment = dict[str, tuple[Binding, ...]]
_NOTHING: dict[int, list[Binding]] = {}
_NAMELESS = frozenset({ir.Const, ir.Lambda, ir.Hole})


def reach(scope: Scope, body: Sequence[ir.Stmt], facts: ModuleFacts) -> dict[int, list[Binding]]:
    """The bindings that uses of names in a scope see, by the identity of the use; all others see every binding."""
    names = {
        name
        for name, bindings in scope.bindings.items()
        if len(bindings) > 1 and name not in scope.outer and all(b.kind != "annotation" for b in bindings)
    }
    if not names:
        return _NOTHING
    flow = _Flow(scope, names, facts)
    flow.block(body, flow.start())
    return flow.result()


class _Flow:
    """One pass over a scope."""

    def __init__(self, scope: Scope, names: set[str], facts: ModuleFacts) -> None:
        self._scope = scope
        self._facts = facts
        self._names = names
        self._seen: dict[int, tuple[str, list[Binding]]] = {}
        self._met: dict[str, set[int]] = {name: set() for name in names}

    def start(self) -> Environment:
        """The names as they are on entry: the parameters."""
        found: Environment = {}
        for name in self._names:
            given = tuple(binding for binding in self._scope.bindings[name] if binding.kind == "parameter")
            self._met[name] |= {id(binding) for binding in given}
            found[name] = given
        return found

    def result(self) -> dict[int, list[Binding]]:
        """What was found, of the names all of whose bindings the pass has met."""
        return {
            use: bindings
            for use, (name, bindings) in self._seen.items()
            if bindings
            and len(bindings) < len(self._scope.bindings[name])
            and self._met[name] == {id(binding) for binding in self._scope.bindings[name]}
        }

    # -------------------------------------------------------------- statements

    def block(self, body: Iterable[ir.Stmt], env: Environment | None) -> Environment | None:
        """The names after a block; None when it is never left at its end."""
        for statement in body:
            env = self._statement(statement, env)
        return env

    def _statement(self, statement: ir.Stmt, env: Environment | None) -> Environment | None:
        follow = _FOLLOWING.get(type(statement))
        if follow is not None:
            return follow(self, statement, env)
        self._uses(statement, env)
        return self._defined(statement, env)

    def _branch(self, statement: ir.Branch, env: Environment | None) -> Environment | None:
        self._uses(statement, env)
        return _joined(self.block(statement.body, env), self.block(statement.orelse, env))

    def _with(self, statement: ir.With, env: Environment | None) -> Environment | None:
        self._uses(statement, env)
        for context, target in statement.items:
            env = self._assign(target, context, env)
        return self.block(statement.body, env)

    def _leave(self, statement: ir.Stmt, env: Environment | None) -> None:
        self._uses(statement, env)

    def _defined(self, statement: ir.Stmt, env: Environment | None) -> Environment | None:
        match statement:
            case ir.Assign(targets=targets, value=value) if value is not None:
                for target in targets:
                    env = self._assign(target, value, env)
            case ir.Augment(target=ir.Name(id=name), value=value):
                env = self._set(name, self._given(name, value), env, keep=True)
            case ir.Import(name=name):
                env = self._set(name, [b for b in self._of(name) if b.imported is statement], env)
            case ir.Define(name=name, qualname=qualname):
                for expr in self._evaluated(qualname):
                    self._expr(expr, env, frozenset())
                env = self._set(name, [b for b in self._of(name) if b.qualname == qualname], env)
            case _:
                pass
        return env

    def _evaluated(self, qualname: str) -> Iterator[ir.Expr]:
        """What a `def` or `class` statement itself evaluates."""
        function = self._facts.functions.get(qualname)
        klass = self._facts.classes.get(qualname)
        if function is not None:
            yield from function.decorators
            yield from (item.default for item in function.parameters if item.default is not None)
        elif klass is not None:
            yield from (*klass.decorators, *klass.bases, *(value for _, value in klass.keywords))

    def _loop(self, statement: ir.Loop, env: Environment | None) -> Environment | None:
        again = _joined(env, self._all(statement.body)) if env is not None else None
        first = env if statement.kind == "for" else again
        self._uses(statement, first)
        inside = self._assign(statement.target, statement.source, again)
        after = self.block(statement.body, inside)
        return self.block(statement.orelse, _joined(_joined(again, inside), after))

    def _try(self, statement: ir.Try, env: Environment | None) -> Environment | None:
        failed = _joined(env, self._all(statement.body)) if env is not None else None
        after = self.block(statement.orelse, self.block(statement.body, env))
        every = _joined(_joined(failed, after), env)
        for handler in statement.handlers:
            self._expr(handler.types, failed, frozenset())
            caught = failed
            if handler.name:
                caught = self._set(handler.name, self._given(handler.name, handler.types), failed)
            left = self.block(handler.body, caught)
            after = _joined(after, left)
            every = _joined(_joined(every, self._all(handler.body)), left)
        if not statement.final:
            return after
        end = self.block(statement.final, every)
        return end if after is not None else None

    def _match(self, statement: ir.Match, env: Environment | None) -> Environment | None:
        self._uses(statement, env)
        cases = statement.cases
        after = None if any(case.irrefutable and case.guard is None for case in cases) else env
        for case in cases:
            inside = env
            for capture in case.captures:
                inside = self._set(capture, list(self._of(capture)), inside, keep=True)
            for expr in (*case.patterns, case.guard):
                self._expr(expr, inside, frozenset())
            after = _joined(after, self.block(case.body, inside))
        return after

    def _all(self, body: Iterable[ir.Stmt]) -> Environment:
        """Everything that a block may bind, whatever its order."""
        found: Environment = {}
        for name in self._names:
            found[name] = ()
        for statement in _deep(body):
            for target, value in _targets(statement):
                for name in _names(target):
                    if name in found:
                        found[name] += tuple(self._given(name, value))
            if isinstance(statement, ir.Import | ir.Define) and statement.name in found:
                found[statement.name] += tuple(self._of(statement.name))
            if isinstance(statement, ir.Match):
                for case in statement.cases:
                    for capture in case.captures:
                        found[capture] = found.get(capture, ()) + tuple(self._of(capture))
            for expr in expressions(statement):
                for name in _bound_inside(expr):
                    if name in found:
                        found[name] += tuple(self._of(name))
        return found

    # ---------------------------------------------------------------- bindings

    def _of(self, name: str) -> list[Binding]:
        return self._scope.bindings[name] if name in self._names else []

    def _given(self, name: str, value: ir.Expr | None) -> list[Binding]:
        """The bindings of a name that come from one expression, be it taken apart."""
        return [binding for binding in self._of(name) if value is not None and _stems(binding.expr, value)]

    def _assign(self, target: ir.Expr | None, value: ir.Expr, env: Environment | None) -> Environment | None:
        if target is not None:
            for name in _names(target):
                env = self._set(name, self._given(name, value), env)
        return env

    def _set(
        self, name: str, bindings: list[Binding], env: Environment | None, keep: bool = False
    ) -> Environment | None:
        if name not in self._names:
            return env
        self._met[name] |= {id(binding) for binding in bindings}
        if env is None:
            return None
        return {**env, name: _union(env[name] if keep else (), bindings)}

    # -------------------------------------------------------------------- uses

    def _uses(self, statement: ir.Stmt, env: Environment | None) -> None:
        for expr in expressions(statement):
            self._expr(expr, env, frozenset())

    def _expr(self, expr: ir.Expr | None, env: Environment | None, hidden: frozenset[str]) -> None:
        while type(expr) is ir.Attr:
            expr = expr.value
        if expr is None or type(expr) in _NAMELESS:
            return
        if type(expr) is ir.Name:
            name = expr.id
            if name in self._names and name not in hidden:
                seen = env[name] if env is not None else self._of(name)
                _, before = self._seen.get(id(expr), (name, []))
                self._seen[id(expr)] = (name, list(_union(before, seen)))
        elif type(expr) is ir.Comprehension:
            inner = hidden | {name for each in expr.generators for name in _names(each.target)}
            for position, each in enumerate(expr.generators):
                self._expr(each.source, env, hidden if position == 0 else inner)
                for test in each.tests:
                    self._expr(test, env, inner)
            for part in (expr.key, expr.element):
                self._expr(part, env, inner)
        elif type(expr) is ir.Bind:
            self._expr(expr.value, env, hidden)
            bindings = self._given(expr.name, expr.value)
            if expr.name in self._names:
                self._met[expr.name] |= {id(binding) for binding in bindings}
                if env is not None:
                    env[expr.name] = (*env[expr.name], *bindings)
        else:
            for child in children(expr):
                self._expr(child, env, hidden)


_Following = Callable[[_Flow, Any, "Environment | None"], "Environment | None"]
_FOLLOWING: dict[type, _Following] = {
    ir.Loop: _Flow._loop,
    ir.Try: _Flow._try,
    ir.Branch: _Flow._branch,
    ir.Match: _Flow._match,
    ir.With: _Flow._with,
    ir.Return: _Flow._leave,
    ir.Raise: _Flow._leave,
    ir.Break: lambda flow, statement, env: None,
    ir.Continue: lambda flow, statement, env: None,
}


def _joined(one: Environment | None, other: Environment | None) -> Environment | None:
    if one is None or other is None:
        return one if other is None else other
    found: Environment = {}
    for name in one.keys() | other.keys():
        left, right = one.get(name, ()), other.get(name, ())
        found[name] = left if left is right else _union(left, right)
    return found


def _union(left: Sequence[Binding], right: Sequence[Binding]) -> tuple[Binding, ...]:
    """All bindings of both, each once; they are compared by identity."""
    known = {id(binding) for binding in left}
    return (*left, *(binding for binding in right if id(binding) not in known))


def _deep(body: Iterable[ir.Stmt]) -> Iterator[ir.Stmt]:
    for statement in body:
        yield statement
        for block in bodies(statement):
            yield from _deep(block)


def _targets(statement: ir.Stmt) -> Iterator[tuple[ir.Expr, ir.Expr | None]]:
    match statement:
        case ir.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ir.Augment(target=target, value=value):
            yield target, value
        case ir.Loop(target=target, source=source) if target is not None:
            yield target, source
        case ir.With(items=items):
            yield from ((target, context) for context, target in items if target is not None)
        case ir.Try(handlers=handlers):
            yield from ((ir.Name(handler.name), handler.types) for handler in handlers if handler.name)
        case _:
            return


def _names(target: ir.Expr) -> Iterator[str]:
    match target:
        case ir.Name(id=name):
            yield name
        case ir.Items(items=items):
            for item in items:
                yield from _names(item)
        case ir.Star(value=value):
            yield from _names(value)
        case _:
            return


def _stems(given: ir.Expr | None, value: ir.Expr) -> bool:
    """Whether a binding's expression is (part of) a value: `a, b = x, y` gives each name its own part."""
    if given is value:
        return True
    return isinstance(value, ir.Items) and any(_stems(given, item) for item in value.items)


def _bound_inside(expr: ir.Expr) -> Iterator[str]:
    return (node.name for node in walk(expr) if type(node) is ir.Bind)
