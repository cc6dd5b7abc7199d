"""The graph as JSON: stable bytes, read back whole, and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from edanalyze.check.diagnostic import Confidence, Diagnostic, TraceStep
from edanalyze.facts.module import Unanalysed
from edanalyze.graph import VIEWS, Edge, Finding, Graph, GraphError, Node, fold, from_json, render, to_json
from edanalyze.graph.records import CONFIDENCES, EDGE_KINDS, NODE_KINDS

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


def validator(name: str) -> Any:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def document(**changes: Any) -> bytes:
    graph: dict[str, Any] = {
        "version": 1,
        "nodes": [{"id": "a", "kind": "topic", "name": "a"}],
        "edges": [{"id": "e", "source": "a", "target": "a", "kind": "publish"}],
    }
    return json.dumps({**graph, **changes}).encode()


@pytest.mark.parametrize("view", [*VIEWS, None])
def test_every_view_follows_the_schema_and_is_read_back_whole(market: Graph, view: str | None) -> None:
    graph = fold(market, view) if view else market
    written = to_json(graph)
    validator("graph").validate(json.loads(written))
    read = from_json(written)
    assert to_json(read) == written
    if view:
        assert read == graph


def test_the_same_graph_gives_the_same_bytes_in_any_order(market: Graph) -> None:
    nodes, edges = list(market.nodes), list(market.edges)
    random.Random(1).shuffle(nodes)
    random.Random(2).shuffle(edges)
    assert to_json(Graph(1, tuple(nodes), tuple(edges), market.findings)) == to_json(market)


def test_every_property_is_written_even_where_there_is_nothing_to_say() -> None:
    graph = Graph(1, (Node("a", "topic", "a"),), (Edge("e", "a", "a", "publish"),))
    written = json.loads(to_json(graph))
    assert set(written["nodes"][0]) == set(Node.__struct_fields__)
    assert set(written["edges"][0]) == set(Edge.__struct_fields__)
    assert (written["edges"][0]["confidence"], written["edges"][0]["diagnostics"]) == ("certain", [])


def test_the_schema_has_the_properties_and_kinds_of_the_records() -> None:
    definitions = validator("graph").schema["$defs"]
    for name, record in (("node", Node), ("edge", Edge), ("finding", Finding)):
        assert (
            set(definitions[name]["properties"]) == set(definitions[name]["required"]) == set(record.__struct_fields__)
        )
    assert definitions["node"]["properties"]["kind"]["enum"] == list(NODE_KINDS)
    assert definitions["edge"]["properties"]["kind"]["enum"] == list(EDGE_KINDS)
    assert definitions["edge"]["properties"]["confidence"]["enum"] == list(CONFIDENCES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version 2 of the graph format is not known"),
        ({"nodes": [{"id": "a", "kind": "planet", "name": "a"}]}, "node 'a' is of unknown kind 'planet'"),
        ({"edges": [{"id": "e", "source": "a", "target": "a", "kind": "x"}]}, "edge 'e' is of unknown kind 'x'"),
        (
            {"edges": [{"id": "e", "source": "a", "target": "a", "kind": "http", "confidence": "sure"}]},
            "edge 'e' is of unknown confidence 'sure'",
        ),
        ({"edges": [{"id": "e", "source": "a", "target": "b", "kind": "http"}]}, "ends at 'b', which is no node"),
        ({"nodes": [{"id": "a", "kind": "topic", "name": "a"}] * 2}, "two nodes share the id 'a'"),
        ({"nodes": [{"id": "a", "kind": "topic"}]}, "not a graph: .*name"),
        ({"nodes": [{"id": 1, "kind": "topic", "name": "a"}]}, "not a graph: .*str"),
        ({"nodes": None}, "not a graph"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    from_json(document())
    with pytest.raises(GraphError, match=message):
        from_json(document(**changes))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'"\xff"', "{", b"\xff\xfe"])
def test_text_that_is_no_graph_is_refused(text: bytes | str) -> None:
    with pytest.raises(GraphError, match="not a graph"):
        from_json(text)


def test_properties_of_later_versions_are_passed_over() -> None:
    assert from_json(document(legend="x", nodes=[{"id": "a", "kind": "topic", "name": "a", "owner": "team"}])).nodes


def test_file_names_that_are_not_text_are_spelled_out() -> None:
    graph = Graph(1, (Node("a", "function", "a", path="caf\udce9.py"),), ())
    assert json.loads(to_json(graph))["nodes"][0]["path"] == "caf\\udce9.py"


def test_json_is_one_of_the_formats(shop: Graph) -> None:
    assert render(shop, "json") == to_json(shop)


def test_the_schema_of_a_check_has_the_properties_of_the_records() -> None:
    definitions = validator("check").schema["$defs"]
    records: dict[str, type[msgspec.Struct]] = {"diagnostic": Diagnostic, "step": TraceStep, "file": Unanalysed}
    for name, record in records.items():
        assert set(definitions[name]["properties"]) == set(record.__struct_fields__)
    confidences = definitions["diagnostic"]["properties"]["confidence"]["enum"]
    assert confidences == [confidence.value for confidence in Confidence]
