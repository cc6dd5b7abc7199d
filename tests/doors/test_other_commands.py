from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from edanalyze.check import registry
from edanalyze.graph.records import Edge, Graph, Node
from tests.doors.conftest import StandInEngine

Run = Callable[..., Result]

GRAPH = Graph(
    version=1,
    nodes=(
        Node("route:orders.place", "route", "POST /orders", service="orders", path="orders/app.py", line=3),
        Node("service:orders", "service", "orders", service="orders", path="orders"),
        Node("service:stock", "service", "stock", service="stock", path="stock"),
        Node("route:stock.reserve", "route", "POST /reserve", service="stock", path="stock/app.py", line=7),
        Node("unknown:1", "unknown", "somewhere", reason="`base` comes from a parameter that no caller sets"),
    ),
    edges=(
        Edge("e1", "route:orders.place", "route:stock.reserve", "http", method="POST", path="orders/app.py", line=5),
        Edge(
            "e2", "route:orders.place", "unknown:1", "http", method="GET", url="{base}/x", path="orders/app.py", line=9
        ),
    ),
)


@pytest.mark.parametrize("reference", ["EDA201", "eda201", "publish-after-commit"])
def test_explain_prints_the_page_of_a_rule(run: Run, reference: str) -> None:
    ran = run("explain", reference)
    assert ran.exit_code == 0
    assert ran.stdout.startswith("# EDA201 publish-after-commit\n")
    for heading in ("What it does", "Why it matters", "Example", "Use instead", "Known problems"):
        assert f"\n## {heading}\n" in ran.stdout


def test_explain_suggests_what_was_probably_meant(run: Run) -> None:
    ran = run("explain", "publish-after-comit")
    assert ran.exit_code == 2
    assert ran.stderr == "Error: no rule is called 'publish-after-comit'; did you mean publish-after-commit?\n"


def test_rules_lists_every_installed_rule(run: Run) -> None:
    lines = run("rules").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [rule.code for rule in registry.rules()]
    assert any(line.startswith("EDA203  publish-in-commit-hook") and " off " in line for line in lines)


def test_rules_as_json(run: Run) -> None:
    listed = {each["code"]: each for each in json.loads(run("rules", "--format", "json").stdout)}
    assert listed["EDA201"]["name"] == "publish-after-commit"
    assert listed["EDA201"]["default"] is True
    assert listed["EDA203"]["default"] is False
    assert listed["EDA201"]["summary"]


def test_models_lists_libraries_with_the_file_that_says_so(run: Run) -> None:
    lines = run("models").stdout.splitlines()
    assert any(line.startswith("requests ") and "http" in line and line.endswith("(requests.toml)") for line in lines)


def test_models_of_a_library_lists_its_calls_with_their_arguments(run: Run) -> None:
    stdout = run("models", "Requests").stdout
    (line,) = [line for line in stdout.splitlines() if line.startswith("http ") and " requests.get " in line]
    assert "url=0|url" in line


def test_models_as_json(run: Run) -> None:
    calls = {each["call"] for each in json.loads(run("models", "requests", "--format", "json").stdout)}
    assert {"requests.get", "requests.Session.post"} <= calls


def test_models_suggests_a_library(run: Run) -> None:
    ran = run("models", "requets")
    assert ran.exit_code == 2
    assert "did you mean requests?" in ran.stderr


def test_models_lists_the_wrappers_of_the_project(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = '[[tool.edanalyze.publish]]\ncall = "acme.bus.emit"\ntopic = 0\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    assert "acme.bus.emit" in run("models", "pyproject").stdout


def test_models_tells_mistakes_in_the_wrappers(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[[tool.edanalyze.publish]]\ncal = "acme.bus.emit"\n', encoding="utf-8")
    ran = run("models")
    assert ran.exit_code == 2
    assert "pyproject.toml: tool.edanalyze.publish[0].cal" in ran.stderr
    assert "mistake of its own" not in ran.stderr


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("g.json", b"{"), ("g.mmd", b"flowchart"), ("g.dot", b"digraph"), ("g.gv", b"digraph"), ("g.MMD", b"flowchart")],
)
def test_graph_writes_what_the_extension_says(engine: StandInEngine, run: Run, name: str, beginning: bytes) -> None:
    engine.graph_result = GRAPH
    ran = run("graph", "-o", name)
    assert (ran.exit_code, ran.stdout) == (0, ""), ran.output
    assert beginning in Path(name).read_bytes()


def test_graph_without_output_is_json_on_stdout(engine: StandInEngine, run: Run) -> None:
    engine.graph_result = GRAPH
    document = json.loads(run("graph").stdout)
    assert document["version"] == 1
    assert {node["kind"] for node in document["nodes"]} == {"service", "unknown"}


def test_graph_format_wins_over_the_extension(engine: StandInEngine, run: Run) -> None:
    engine.graph_result = GRAPH
    run("graph", "--format", "json", "-o", "services.svg")
    assert json.loads(Path("services.svg").read_text(encoding="utf-8"))["version"] == 1


def test_graph_views_and_focus(engine: StandInEngine, run: Run) -> None:
    engine.graph_result = GRAPH
    routes = json.loads(run("graph", "--view", "routes").stdout)
    assert any(edge["target"] == "route:stock.reserve" for edge in routes["edges"])
    near = json.loads(run("graph", "--focus", "stock", "--depth", "0").stdout)
    assert [node["name"] for node in near["nodes"]] == ["stock"]


def test_graph_focus_on_nothing_is_said(engine: StandInEngine, run: Run) -> None:
    engine.graph_result = GRAPH
    ran = run("graph", "--focus", "stok")
    assert ran.exit_code == 2
    assert "nothing in this view is named 'stok'; close to it: stock" in ran.stderr


def test_graph_with_an_unknown_extension_is_a_usage_error(engine: StandInEngine, run: Run) -> None:
    ran = run("graph", "-o", "services.xyz")
    assert ran.exit_code == 2
    assert "not clear from the name 'services.xyz'" in ran.stderr
    assert "--format" in ran.stderr
    assert not engine.projects


def test_graph_unresolved_lists_place_url_and_reason(engine: StandInEngine, run: Run) -> None:
    engine.graph_result = GRAPH
    assert run("graph", "--unresolved").stdout == (
        "orders/app.py:9: GET {base}/x: `base` comes from a parameter that no caller sets\n"
    )


def test_callgraph_is_sorted_json(engine: StandInEngine, run: Run) -> None:
    engine.callgraph_result = {"b.f": ["c.h", "c.g"], "a.f": []}
    assert run("callgraph", ".", "--format", "json").stdout == (
        '{\n  "a.f": [],\n  "b.f": [\n    "c.g",\n    "c.h"\n  ]\n}\n'
    )


@pytest.mark.parametrize("command", ["graph", "callgraph"])
def test_a_crash_is_a_message(engine: StandInEngine, run: Run, command: str) -> None:
    engine.error = RuntimeError("lost")
    ran = run(command)
    assert ran.exit_code == 2
    assert "a mistake of its own" in ran.stderr
