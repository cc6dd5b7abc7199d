"""The names a module exports: its literal `__all__`."""

from __future__ import annotations

from edanalyze.facts.ir import Assign, Attr, Augment, Call, Const, Evaluate, Expr, Items, Name, Operation, Stmt


def exports(body: tuple[Stmt, ...]) -> tuple[str, ...] | None:
    """The names in `__all__`; None when there is none or when a part of it is not literal."""
    names: list[str] | None = None
    for statement in body:
        added, replaces = _contribution(statement)
        if not replaces and added is None:
            continue
        literal = None if added is None else _strings(added)
        if literal is None or (names is None and not replaces):
            return None
        names = literal if replaces or names is None else names + literal
    return None if names is None else tuple(names)


def _contribution(statement: Stmt) -> tuple[Expr | None, bool]:
    """What a statement adds to `__all__`, and whether it replaces what was there."""
    if type(statement) is Assign and any(map(_is_all, statement.targets)):
        return statement.value, statement.value is not None
    if type(statement) is Augment and _is_all(statement.target):
        return statement.value, False
    if type(statement) is Evaluate and type(statement.value) is Call:
        call = statement.value
        function = call.function
        if isinstance(function, Attr) and _is_all(function.value) and len(call.arguments) == 1:
            if function.name == "extend":
                return call.arguments[0], False
            if function.name == "append":
                return Items("list", call.arguments), False
    return None, False


def _is_all(expr: Expr) -> bool:
    return type(expr) is Name and expr.id == "__all__"


def _strings(expr: Expr) -> list[str] | None:
    if isinstance(expr, Items):
        names: list[str] = []
        for item in expr.items:
            if type(item) is not Const or type(item.value) is not str:
                return None
            names.append(item.value)
        return names
    if isinstance(expr, Operation) and expr.operator == "+":
        parts = [_strings(operand) for operand in expr.operands]
        known = [part for part in parts if part is not None]
        return [name for part in known for name in part] if len(known) == len(parts) else None
    return None
