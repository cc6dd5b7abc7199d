"""The graph as JSON: the stable shape that other tools read and that graphs of several repositories are merged from.

docs/schema/graph.schema.json describes it.
"""

from __future__ import annotations

import msgspec

from edanalyze.graph.merge import assembled
from edanalyze.graph.reach import nodes_by_id
from edanalyze.graph.records import CONFIDENCES, DELIVERIES, EDGE_KINDS, NODE_KINDS, VERSION, Graph, GraphError


def to_json(graph: Graph) -> bytes:
    """Write a graph as JSON: UTF-8, indented, nodes and edges sorted by id, a newline at the end.

    The same graph always gives the same bytes.
    """
    ordered = assembled(graph.nodes, graph.edges, graph.findings)
    try:
        text = msgspec.json.encode(ordered)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_encodable(msgspec.to_builtins(ordered)))
    return msgspec.json.format(text, indent=1) + b"\n"


def _encodable(value: object) -> object:
    """Spell out lone surrogates, which stand for undecodable bytes in file names and cannot be written as UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _encodable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(part) for part in value]
    return value


def from_json(text: bytes | str) -> Graph:
    """Read a graph back.

    Raises `GraphError` for text that is no JSON graph of version 1: syntax, missing or mistyped fields, kinds that do
    not exist, ids given twice, edges that end nowhere. Fields that this version does not know are passed over.
    """
    try:
        graph = msgspec.json.decode(text, type=Graph)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise GraphError(f"not a graph: {error}") from error
    if graph.version != VERSION:
        raise GraphError(f"version {graph.version} of the graph format is not known, only version {VERSION}")
    for node in graph.nodes:
        if node.kind not in NODE_KINDS:
            raise GraphError(f"node {node.id!r} is of unknown kind {node.kind!r}")
    for edge in graph.edges:
        if edge.kind not in EDGE_KINDS:
            raise GraphError(f"edge {edge.id!r} is of unknown kind {edge.kind!r}")
        if edge.confidence not in CONFIDENCES:
            raise GraphError(f"edge {edge.id!r} is of unknown confidence {edge.confidence!r}")
        if edge.delivery and edge.delivery not in DELIVERIES:
            raise GraphError(f"edge {edge.id!r} has an unknown delivery {edge.delivery!r}")
    nodes_by_id(graph)
    return assembled(graph.nodes, graph.edges, graph.findings)
