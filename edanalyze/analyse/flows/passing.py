"""Passing on: whether what is sent is the whole of what was received."""

from __future__ import annotations

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.scopes import Scope

_WHOLE = frozenset({"body", "data", "value", "payload", "content", "message", "detail"})
_RECODING = frozenset(
    {
        "loads", "dumps", "decode", "encode", "str", "bytes", "dict", "copy", "deepcopy", "json", "model_dump_json",
        "model_dump", "asdict", "to_dict", "Message", "b64decode", "b64encode", "packb", "unpackb", "DynamicMessage",
    }
)  # fmt: skip
DEEPEST = 6


def passes_on(effect: Effect, scope: Scope, received: frozenset[str]) -> bool:
    """Whether a call sends on, as a whole, what a handler holds under the names `received`."""
    values = (*effect.call.arguments, *(value for _, value in effect.call.keywords))
    return any(_is_whole(value, scope, received, 0) for value in values)


def _is_whole(expr: ir.Expr, scope: Scope, received: frozenset[str], depth: int) -> bool:
    if depth > DEEPEST:
        return False
    match expr:
        case ir.Name(id=name):
            if name in received:
                return True
            where: Scope | None = scope
            while where is not None and name not in where.bindings:
                where = where.parent
            return where is not None and any(
                binding.expr is not None
                and binding.kind == "value"
                and _is_whole(binding.expr, where, received, depth + 1)
                for binding in where.bindings[name]
            )
        case ir.Attr(value=value, name=name):
            return name in _WHOLE and _is_whole(value, scope, received, depth + 1)
        case ir.Index(value=value, key=ir.Const(value=str() as key)):
            return key.lower() in _WHOLE and _is_whole(value, scope, received, depth + 1)
        case ir.Call(function=function, arguments=arguments):
            last = spelled(function).rpartition(".")[2]
            if last not in _RECODING and last not in _WHOLE:
                return False
            inner = (function.value,) if isinstance(function, ir.Attr) else ()
            return any(_is_whole(value, scope, received, depth + 1) for value in (*inner, *arguments))
        case ir.Mapping(items=items):
            return any(key is None and _is_whole(value, scope, received, depth + 1) for key, value in items)
        case ir.Await(value=value) | ir.Star(value=value):
            return _is_whole(value, scope, received, depth + 1)
        case ir.Choice(options=options):
            return any(_is_whole(option, scope, received, depth + 1) for option in options)
        case _:
            return False
