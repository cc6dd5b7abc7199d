"""Walk expressions and statements of the intermediate representation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from edanalyze.facts import ir

_NONE: tuple[ir.Expr, ...] = ()


def _optional(*values: ir.Expr | None) -> tuple[ir.Expr, ...]:
    return tuple(value for value in values if value is not None)


def _mapping(expr: ir.Mapping) -> tuple[ir.Expr, ...]:
    found: list[ir.Expr] = []
    for key, value in expr.items:
        if key is not None:
            found.append(key)
        found.append(value)
    return tuple(found)


def _comprehension(expr: ir.Comprehension) -> tuple[ir.Expr, ...]:
    found: list[ir.Expr] = []
    for generator in expr.generators:
        found += (generator.source, *generator.tests)
    return (*found, *_optional(expr.key, expr.element))


_CHILDREN: dict[type, Callable[[Any], tuple[ir.Expr, ...]]] = {
    ir.Const: lambda e: _NONE,
    ir.Name: lambda e: _NONE,
    ir.Lambda: lambda e: _NONE,
    ir.Hole: lambda e: _NONE,
    ir.Attr: lambda e: (e.value,),
    ir.Index: lambda e: (e.value, e.key),
    ir.Call: lambda e: (e.function, *e.arguments, *[value for _, value in e.keywords]),
    ir.Text: lambda e: e.parts,
    ir.Items: lambda e: e.items,
    ir.Mapping: _mapping,
    ir.Choice: lambda e: (*_optional(e.test), *e.options),
    ir.Operation: lambda e: e.operands,
    ir.Await: lambda e: (e.value,),
    ir.Star: lambda e: (e.value,),
    ir.Yield: lambda e: _optional(e.value),
    ir.Comprehension: _comprehension,
    ir.Bind: lambda e: (e.value,),
}


def children(expr: ir.Expr) -> tuple[ir.Expr, ...]:
    """The direct sub-expressions of `expr`, in evaluation order."""
    return _CHILDREN[type(expr)](expr)


def walk(expr: ir.Expr) -> list[ir.Expr]:
    """`expr` and everything below it, operands before the expression that uses them."""
    found: list[ir.Expr] = []
    _gather(expr, found)
    return found


def _gather(expr: ir.Expr, found: list[ir.Expr]) -> None:
    for child in _CHILDREN[type(expr)](expr):
        _gather(child, found)
    found.append(expr)


def calls(expr: ir.Expr | None) -> Iterator[ir.Call]:
    """All calls in `expr`, in evaluation order."""
    if expr is not None:
        for node in walk(expr):
            if type(node) is ir.Call:
                yield node


_EXPRESSIONS: dict[type, Callable[[Any], tuple[ir.Expr, ...]]] = {
    ir.Assign: lambda s: s.targets if s.value is None else (s.value, *s.targets),
    ir.Augment: lambda s: (s.value, s.target),
    ir.Evaluate: lambda s: (s.value,),
    ir.Branch: lambda s: (s.test,),
    ir.Assert: lambda s: (s.test,),
    ir.Match: lambda s: (s.subject,),
    ir.Loop: lambda s: _optional(s.source, s.target),
    ir.With: lambda s: tuple(part for item in s.items for part in _optional(*item)),
    ir.Return: lambda s: _NONE if s.value is None else (s.value,),
    ir.Raise: lambda s: _NONE if s.value is None else (s.value,),
    ir.Delete: lambda s: s.targets,
}


def expressions(statement: ir.Stmt) -> tuple[ir.Expr, ...]:
    """The expressions that a statement itself evaluates (not those of the bodies it holds), in order."""
    parts = _EXPRESSIONS.get(type(statement))
    return parts(statement) if parts is not None else _NONE


_BODIES: dict[type, Callable[[Any], tuple[tuple[ir.Stmt, ...], ...]]] = {
    ir.Branch: lambda s: (s.body, s.orelse),
    ir.Loop: lambda s: (s.body, s.orelse),
    ir.Match: lambda s: tuple(case.body for case in s.cases),
    ir.Try: lambda s: (s.body, *(handler.body for handler in s.handlers), s.orelse, s.final),
    ir.With: lambda s: (s.body,),
}


def bodies(statement: ir.Stmt) -> tuple[tuple[ir.Stmt, ...], ...]:
    """The blocks that a statement holds, in source order."""
    blocks = _BODIES.get(type(statement))
    return blocks(statement) if blocks is not None else ()


def statements(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Stmt]:
    """All statements of a body, outer before inner, without those of nested functions and classes."""
    for statement in body:
        yield statement
        for block in bodies(statement):
            yield from statements(block)


def spelled(expr: ir.Expr) -> str:
    """A short source-like spelling of a name or attribute chain (`self.bus.publish`); "" when it is none."""
    if type(expr) is ir.Name:
        return expr.id
    if type(expr) is ir.Attr:
        base = spelled(expr.value)
        return f"{base}.{expr.name}" if base else ""
    match expr:
        case ir.Call(function=function):
            base = spelled(function)
            return f"{base}()" if base else ""
        case ir.Index(value=value):
            base = spelled(value)
            return f"{base}[]" if base else ""
        case ir.Await(value=value):
            return spelled(value)
        case _:
            return ""


def last_name(expr: ir.Expr) -> str:
    """The last identifier of an expression, by which a receiver that is not resolved is judged."""
    return spelled(expr).removesuffix("()").removesuffix("[]").rsplit(".", 1)[-1]


def own_name(expr: ir.Expr) -> str:
    """The identifier of a name, or the last one of an attribute chain; "" for anything else."""
    return expr.id if type(expr) is ir.Name else expr.name if type(expr) is ir.Attr else ""


def root_of(expr: ir.Expr) -> tuple[str, int]:
    """The first name of an attribute chain and how many attributes follow it."""
    depth = 0
    while type(expr) is ir.Attr:
        expr = expr.value
        depth += 1
    return (expr.id if type(expr) is ir.Name else "", depth)
