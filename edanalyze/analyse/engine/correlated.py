"""Correlated conditions: what one test says about a later one of the same function (`if created: ... if not created:`).

Only tests of what cannot change in between count: a local name, or a setting in capitals, that nothing assigns or
fills between the two.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.facts.children import expressions, spelled, statements, walk
from edanalyze.link.program import Program
from edanalyze.link.scopes import Scope

_FILLS = frozenset(
    {"append", "add", "extend", "insert", "update", "pop", "remove", "clear", "discard", "setdefault", "popitem"}
)
MOST_KNOWN = 3


class Assumed(NamedTuple):
    """A condition that was decided on a path: its text, whether it holds, and the line of the test."""

    key: str
    holds: bool
    line: int


Known = tuple[Assumed, ...]


class _Tests(NamedTuple):
    """The tests of a function that ask something again: their lines by identity, what is asked again, and changes."""

    lines: dict[int, int]
    asked: frozenset[str]
    changed: dict[str, list[int]]


_NONE = _Tests({}, frozenset(), {})


class Correlated:
    """Remembers what was decided."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._functions: dict[Scope, _Tests] = {}

    def assume(self, test: ir.Expr, scope: Scope, outcome: bool, known: Known) -> Known | None:
        """What is known on one side of a branch; None where that contradicts what is known already."""
        tests = self._of(scope)
        line = tests.lines.get(id(test))
        if line is None:
            return known
        for part, holds in _parts(test, outcome):
            asked = condition(part)
            if asked is not None:
                after = self._decided(asked[0], asked[1] == holds, line, tests, known)
                if after is None:
                    return None
                known = after
        return known

    @staticmethod
    def _decided(key: str, holds: bool, line: int, tests: _Tests, known: Known) -> Known | None:
        if key not in tests.asked:
            return known
        changes = tests.changed.get(key.partition(" ")[0], [])
        for earlier in known:
            if earlier.key == key and not any(earlier.line <= change < line for change in changes):
                return known if earlier.holds is holds else None
        kept = tuple(item for item in known if item.key != key)
        return (*kept, Assumed(key, holds, line)) if len(kept) < MOST_KNOWN else known

    def _of(self, scope: Scope) -> _Tests:
        found = self._functions.get(scope)
        if found is None:
            where = scope.lexical
            body = where.function.body if where.function is not None else self._program.modules[where.module].body
            found = self._functions[scope] = _tests(body)
        return found


def condition(test: ir.Expr) -> tuple[str, bool] | None:
    """A test as the text of a condition and the outcome with which it holds; None when it may change unseen."""
    match test:
        case ir.Operation(operator="is" | "==" | "is not" | "!=" as operator, operands=(left, ir.Const(value=value))):
            name = _stable(left)
            return (f"{name} is {value!r}", operator in {"is", "=="}) if name else None
        case _:
            name = _stable(test)
            return (name, True) if name else None


def _parts(test: ir.Expr, outcome: bool) -> Iterator[tuple[ir.Expr, bool]]:
    """What an outcome of a test says about its parts: all of `a and b` hold when it does, none of `a or b` else."""
    match test:
        case ir.Operation(operator="not", operands=(inner,)):
            yield from _parts(inner, not outcome)
        case ir.Choice(kind="and" | "or" as kind, options=options):
            if outcome == (kind == "and"):
                for option in options:
                    yield from _parts(option, outcome)
        case _:
            yield test, outcome


def _conditions(test: ir.Expr) -> Iterator[ir.Expr]:
    match test:
        case ir.Operation(operator="not", operands=(inner,)):
            yield from _conditions(inner)
        case ir.Choice(kind="and" | "or", options=options):
            for option in options:
                yield from _conditions(option)
        case _:
            yield test


def _stable(expr: ir.Expr) -> str:
    if isinstance(expr, ir.Name):
        return expr.id
    if isinstance(expr, ir.Attr) and expr.name.isupper():
        return spelled(expr)
    return ""


def _tests(body: tuple[ir.Stmt, ...]) -> _Tests:
    found: dict[int, tuple[int, list[str]]] = {}
    asked: Counter[str] = Counter()
    for statement in statements(body):
        if isinstance(statement, ir.Branch):
            keys = [known[0] for part in _conditions(statement.test) if (known := condition(part)) is not None]
            found[id(statement.test)] = (statement.line, keys)
            asked.update(keys)
    repeated = frozenset(key for key, count in asked.items() if count > 1)
    if not repeated:
        return _NONE
    changed: dict[str, list[int]] = {}
    for statement in statements(body):
        line = getattr(statement, "line", 0)
        for name in _changes(statement):
            changed.setdefault(name, []).append(line)
    lines = {test: line for test, (line, keys) in found.items() if not repeated.isdisjoint(keys)}
    return _Tests(lines, repeated, changed)


def _changes(statement: ir.Stmt) -> Iterator[str]:
    """The names that a statement assigns, or whose object it fills."""
    targets: tuple[ir.Expr, ...] = ()
    match statement:
        case ir.Assign(targets=found) | ir.Delete(targets=found):
            targets = found
        case ir.Augment(target=target):
            targets = (target,)
        case ir.Loop(target=target) if target is not None:
            targets = (target,)
        case ir.With(items=items):
            targets = tuple(target for _, target in items if target is not None)
        case ir.Import(name=name):
            yield name
    for target in targets:
        for node in walk(target):
            if isinstance(node, ir.Name):
                yield node.id
    for expr in expressions(statement):
        for node in walk(expr):
            match node:
                case ir.Bind(name=name):
                    yield name
                case ir.Call(function=ir.Attr(value=ir.Name(id=name), name=method)) if method in _FILLS:
                    yield name
