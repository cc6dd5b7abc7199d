"""The refactoring graph as plain records: the JSON shape that is drawn, stored and merged."""

from __future__ import annotations

import msgspec

NODE_KINDS = ("service", "route", "handler", "job", "function", "topic", "database", "external", "unknown")
EDGE_KINDS = ("http", "publish", "consume", "call", "write", "outbox", "rpc")
CODE_KINDS = frozenset({"route", "handler", "job", "function"})
ENTRY_KINDS = frozenset({"route", "handler", "job"})
SYNCHRONOUS = frozenset({"http", "rpc"})
ASYNCHRONOUS = frozenset({"publish", "consume", "outbox"})
CONFIDENCES = ("certain", "likely", "guess")
DELIVERIES = ("may lose and duplicate", "may lose", "may duplicate", "unknown", "safe")
VERSION = 1


class Node(msgspec.Struct, frozen=True):
    """A node. For a service `path` is its folder (or single file); for code the file, `line` its `def`.

    `name` is what is drawn (a route: `POST /orders/{id}`; a topic: its name). `service` is the name of the service that
    holds it ("" for topics and externals). `reason` says why an `unknown` could not be bound.
    """

    id: str
    kind: str
    name: str
    service: str = ""
    path: str = ""
    line: int = 0
    reason: str = ""
    diagnostics: tuple[str, ...] = ()


class Edge(msgspec.Struct, frozen=True):
    """An edge from `source` to `target` (node ids). `path`/`line` are the call site, `via` the function that makes it.

    `diagnostics` are fingerprints of findings on this edge; `concurrent` marks calls that run side by side; `count` is
    how many edges of the full graph a view united in this one. `delivery` says of a consume edge what may happen to a
    message on it (one of `DELIVERIES`, "" where nothing was asked).
    """

    id: str
    source: str
    target: str
    kind: str
    method: str = ""
    url: str = ""
    path: str = ""
    line: int = 0
    via: str = ""
    confidence: str = "certain"
    concurrent: bool = False
    diagnostics: tuple[str, ...] = ()
    count: int = 1
    delivery: str = ""


class Finding(msgspec.Struct, frozen=True):
    """What the drawing needs to know of a diagnostic."""

    fingerprint: str
    code: str
    name: str
    message: str
    path: str
    line: int


class Graph(msgspec.Struct, frozen=True):
    """Nodes and edges, sorted by id; `findings` are the diagnostics their fingerprints point to."""

    version: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    findings: tuple[Finding, ...] = ()


class GraphError(ValueError):
    """A graph, or a request about one, that makes no sense; the message says which part and why."""
