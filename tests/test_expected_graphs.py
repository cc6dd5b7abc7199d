"""The sample systems that come with a graph made by hand: exactly its services and edges are found, call by call.

`expected_graph.json`: services with their folders, and edges. An edge lies at `path:line` or, where a wrapper makes the
call, at its `site`; `target_path:target_line` is the `def` of the route.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from edanalyze.api import Options, graph, load_project
from edanalyze.graph import Graph, fold

FIXTURES = Path(__file__).parents[1] / "fixtures"
SYSTEMS = sorted(file.parent for file in FIXTURES.glob("*/expected_graph.json"))
KINDS = {"http", "publish", "consume"}


@pytest.fixture(scope="module", params=SYSTEMS, ids=lambda folder: folder.name)
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Graph]:
    """What is expected of a system, and its graph; it stands alone, as it would in a repository of its own."""
    system = Path(request.param)
    alone = Path(shutil.copytree(system, tmp_path_factory.mktemp("system") / system.name))
    expected = json.loads((system / "expected_graph.json").read_text(encoding="utf-8"))
    return expected, graph(load_project([alone], Options(jobs=1)))


def home(path: str, services: dict[str, str]) -> str:
    """The folder of the expected service that a service is found in: functions and processes may lie deeper in it."""
    return next((folder for folder in services.values() if path == folder or path.startswith(f"{folder}/")), path)


def test_services(drawn: tuple[dict[str, Any], Graph]) -> None:
    expected, full = drawn
    found = {home(node.path, expected["services"]) for node in full.nodes if node.kind == "service"}
    assert sorted(found) == sorted(expected["services"].values())


def test_edges_between_services(drawn: tuple[dict[str, Any], Graph]) -> None:
    expected, full = drawn
    folded = fold(full, "services")
    nodes = {node.id: node for node in folded.nodes}

    def end(identifier: str) -> str:
        node = nodes[identifier]
        return home(node.path, expected["services"]) if node.kind == "service" else f"{node.kind}:{node.name}"

    def labelled(text: str) -> str:
        return str(expected["services"].get(text, text))

    wanted = {
        (edge["kind"], labelled(edge["source"]), labelled(edge["target"]))
        for edge in expected["edges"]
        if edge["kind"] in KINDS
    }
    found = {(edge.kind, end(edge.source), end(edge.target)) for edge in folded.edges if edge.kind in KINDS}
    assert sorted(found) == sorted(wanted)


def test_calls_reach_their_routes(drawn: tuple[dict[str, Any], Graph]) -> None:
    expected, full = drawn
    routes = {node.id: (node.path, node.line) for node in full.nodes if node.kind == "route"}
    reached = {
        ((edge.path, edge.line), routes[edge.target])
        for edge in fold(full, "routes").edges
        if edge.kind == "http" and edge.target in routes
    }
    wanted = set()
    for edge in expected["edges"]:
        if "target_path" in edge:
            at = edge.get("site", edge)
            wanted.add(((at["path"], at["line"]), (edge["target_path"], edge["target_line"])))
    assert sorted(reached) == sorted(wanted)
