"""Changes of a mapping after it was made: `d["x"] = 1`, `d.update(...)`, `d |= ...`, `d.setdefault(...)`, `del`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edanalyze.analyse.payloads.content import Made
from edanalyze.facts import ir
from edanalyze.facts.children import bodies, expressions, walk
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Display, Frame

Block = tuple[tuple[int, int], ...]
"""Where a statement stands: the statements around it that may skip it, with the number of their body."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `kind`: "set" (`key` to `value`), "merge" (all of `value`), "remove" (`key`).

    `sometimes`: it is not made on every path.
    """

    kind: str
    key: ir.Expr | None
    value: ir.Expr | None
    frame: Frame
    line: int
    sometimes: bool


class Changes:
    """Finds them for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._blocks: dict[str, list[tuple[ir.Stmt, Block]]] = {}

    def of(self, mapping: Display | Made, frames: Sequence[Frame]) -> list[Change]:
        """What is changed in a mapping where it was made and in the contexts it was handed through since."""
        found: list[Change] = []
        seen: set[int] = set()
        for frame in (mapping.frame, *frames):
            scope = frame.scope.lexical
            if id(scope) in seen or scope.kind == "class":
                continue
            seen.add(id(scope))
            found += self._in(mapping, scope, frame)
        return found

    def _in(self, mapping: Display | Made, scope: Scope, frame: Frame) -> Iterator[Change]:
        made: Block = ()
        candidates: list[tuple[str, ir.Expr, ir.Expr | None, ir.Expr | None, int, Block]] = []
        for statement, block in self._statements(scope):
            candidates += [(*change, block) for change in _changes(statement)]
            if scope is mapping.frame.scope.lexical and any(
                part is mapping.expr for expr in expressions(statement) for part in walk(expr)
            ):
                made = block
        for kind, base, key, value, line, block in candidates:
            if self._is(base, mapping, frame):
                yield Change(kind, key, value, frame, line, block != made[: len(block)])

    def _is(self, base: ir.Expr, mapping: Display | Made, frame: Frame) -> bool:
        """Whether an expression is that very mapping."""
        if isinstance(mapping, Display):
            return mapping in self._evaluator.values(base, frame)
        if not isinstance(base, ir.Name):
            return False
        return any(binding.expr is mapping.expr for binding in frame.scope.bindings.get(base.id, ()))

    def _statements(self, scope: Scope) -> list[tuple[ir.Stmt, Block]]:
        if scope.id not in self._blocks:
            facts = self._evaluator.program.modules[scope.module]
            body = scope.function.body if scope.function is not None else facts.body
            self._blocks[scope.id] = list(_placed(body, ()))
        return self._blocks[scope.id]


def _placed(body: Sequence[ir.Stmt], block: Block) -> Iterator[tuple[ir.Stmt, Block]]:
    """All statements of a body with the conditions they stand under."""
    for statement in body:
        yield statement, block
        for number, inner in enumerate(bodies(statement)):
            always = isinstance(statement, ir.With) or (isinstance(statement, ir.Try) and number == 0)
            yield from _placed(inner, block if always else (*block, (id(statement), number)))


def _changes(statement: ir.Stmt) -> Iterator[tuple[str, ir.Expr, ir.Expr | None, ir.Expr | None, int]]:
    match statement:
        case ir.Assign(targets=targets, value=value, line=line) if value is not None:
            for target in targets:
                if isinstance(target, ir.Index):
                    yield "set", target.value, target.key, value, line
        case ir.Augment(target=target, operator="|", value=value, line=line):
            yield "merge", target, None, value, line
        case ir.Delete(targets=targets, line=line):
            for target in targets:
                if isinstance(target, ir.Index):
                    yield "remove", target.value, target.key, None, line
    for expr in expressions(statement):
        for call in walk(expr):
            if isinstance(call, ir.Call) and isinstance(call.function, ir.Attr):
                yield from _called(call.function.value, call.function.name, call)


def _called(
    base: ir.Expr, name: str, call: ir.Call
) -> Iterator[tuple[str, ir.Expr, ir.Expr | None, ir.Expr | None, int]]:
    line = call.place.line
    match name, call.arguments:
        case "update", arguments:
            for value in arguments:
                yield "merge", base, None, value, line
            for keyword, value in call.keywords:
                if keyword:
                    yield "set", base, ir.Const(keyword), value, line
                else:
                    yield "merge", base, None, value, line
        case "setdefault", (key, value):
            yield "set", base, key, value, line
        case "pop", (key, *_):
            yield "remove", base, key, None, line
