"""Identifiers: the names by which correlation and trace ids go, and code that speaks of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.facts.children import expressions, statements, walk

_ID = re.compile(
    r"correlation|causation|trace_?parent|trace_?state|trace_?id|trace_?context|tracing|(^|_)x_request|x_b3|b3_"
    r"|x_amzn_trace|x_cloud_trace|baggage|span_?(id|context)|uber_trace|conversation_?id|operation_?id|traceheaders?"
    r"|trace_?headers?|(^|_)cid($|_)|datadog|propagat|request_?context|inject_?(headers|trace|context)|get_contextvars|span_?context|get_guid|saga_?id",
    re.I,
)


_REQUEST_ID = re.compile(r"([a-z]*?)_?request_?ids?(?![a-z])", re.I)
_ENTITY = re.compile(
    r"((?<!com)(?<!go)ing|ment|al|fer|fund|pull|merge|friend|order|book|job|work|change|access|leave|quote|crawl)$",
    re.I,
)


def names_id(text: str) -> bool:
    """Whether a name or a key says that it is an identifier; the id of a `refund_request` is that of an entity."""
    if len(text) >= 80:
        return False
    name = text.replace("-", "_")
    if _ID.search(name) is not None:
        return True
    found = _REQUEST_ID.search(name)
    return found is not None and _ENTITY.search(found[1]) is None


def bodies(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Expr]:
    """All expressions of a function body."""
    for statement in statements(body):
        yield from expressions(statement)


def speaks_of_id(expr: ir.Expr) -> bool:
    """Whether an expression names an identifier."""
    for node in walk(expr):
        match node:
            case ir.Const(value=str() as text) if names_id(text):
                return True
            case ir.Name(id=name) | ir.Attr(name=name) if names_id(name):
                return True
            case ir.Call(keywords=keywords) if any(names_id(key) for key, _ in keywords if key):
                return True
            case _:
                pass
    return False


def reads_headers(expr: ir.Expr) -> bool:
    """Whether an expression reads the headers or attributes of a message."""
    return any(isinstance(node, ir.Attr) and node.name in {"headers", "attributes"} for node in walk(expr)) or any(
        isinstance(node, ir.Const) and node.value in {"headers", "MessageAttributes", "attributes"}
        for node in walk(expr)
    )
