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
    ir.Call: lambda e: (e.function, *e.arguments, *(value for _, value in e.keywords)),
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


def walk(expr: ir.Expr) -> Iterator[ir.Expr]:
    """`expr` and everything below it, operands before the expression that uses them."""
    for child in _CHILDREN[type(expr)](expr):
        yield from walk(child)
    yield expr


def calls(expr: ir.Expr | None) -> Iterator[ir.Call]:
    """All calls in `expr`, in evaluation order."""
    if expr is not None:
        for node in walk(expr):
            if type(node) is ir.Call:
                yield node


def expressions(statement: ir.Stmt) -> tuple[ir.Expr, ...]:
    """The expressions that a statement itself evaluates (not those of the bodies it holds), in order."""
    match statement:
        case ir.Assign(targets=targets, value=value):
            return (*_optional(value), *targets)
        case ir.Augment(target=target, value=value):
            return (value, target)
        case ir.Evaluate(value=value):
            return (value,)
        case ir.Branch(test=test) | ir.Assert(test=test):
            return (test,)
        case ir.Match(subject=subject):
            return (subject,)
        case ir.Loop(source=source, target=target):
            return (source, *_optional(target))
        case ir.With(items=items):
            return tuple(part for item in items for part in _optional(*item))
        case ir.Return(value=value) | ir.Raise(value=value):
            return _optional(value)
        case ir.Delete(targets=targets):
            return targets
        case _:
            return _NONE


def bodies(statement: ir.Stmt) -> tuple[tuple[ir.Stmt, ...], ...]:
    """The blocks that a statement holds, in source order."""
    match statement:
        case ir.Branch(body=body, orelse=orelse) | ir.Loop(body=body, orelse=orelse):
            return (body, orelse)
        case ir.Match(cases=cases):
            return tuple(case.body for case in cases)
        case ir.Try(body=body, handlers=handlers, orelse=orelse, final=final):
            return (body, *(handler.body for handler in handlers), orelse, final)
        case ir.With(body=body):
            return (body,)
        case _:
            return ()


def statements(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Stmt]:
    """All statements of a body, outer before inner, without those of nested functions and classes."""
    for statement in body:
        yield statement
        for block in bodies(statement):
            yield from statements(block)


def spelled(expr: ir.Expr) -> str:
    """A short source-like spelling of a name or attribute chain (`self.bus.publish`); "" when it is none."""
    match expr:
        case ir.Name(id=name):
            return name
        case ir.Attr(value=value, name=name):
            base = spelled(value)
            return f"{base}.{name}" if base else ""
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
