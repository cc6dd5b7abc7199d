"""Drift between code and documents: every kind of diagram and saved graph, and what the messages say."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from edanalyze.analyse.drift.diagrams import Diagram
from edanalyze.api import Options, catalogue, check, graph, load_project
from edanalyze.api import facts as facts_of
from edanalyze.catalog import render as render_catalogue
from edanalyze.discover.documents import Document
from edanalyze.discover.documents.read import read_documents
from edanalyze.exchange import to_json
from edanalyze.graph import fold, render
from tests.analyse.systems import system

FIXTURES = Path(__file__).parents[2] / "fixtures"
KAFKA = """
    from kafka import KafkaConsumer, KafkaProducer

    producer = KafkaProducer()

    def place(body: bytes) -> None:
        producer.send("shop.orders", body)

    def work() -> None:
        for message in KafkaConsumer("shop.orders", group_id="billing"):
            print(message.value)
    """
SHOP = {
    "docker-compose.yml": """
        services:
          web: { build: web }
          orders-service: { build: orders }
          billing: { build: billing }
        """,
    "web/main.py": """
        import requests
        from fastapi import FastAPI
        app = FastAPI()

        @app.post("/checkout")
        def checkout(body: dict):
            requests.post("http://orders-service/orders", json=body)
        """,
    "orders/main.py": """
        from fastapi import FastAPI
        from kafka import KafkaProducer
        app = FastAPI()
        producer = KafkaProducer()

        @app.post("/orders")
        def place(body: bytes):
            producer.send("orders.placed", body)
        """,
    "billing/main.py": """
        from kafka import KafkaConsumer

        def work():
            for message in KafkaConsumer("orders.placed"):
                print(message)

        work()
        """,
}


def told(folder: Path, files: dict[str, str]) -> list[str]:
    """What EDA704 says of a system, as `path:line message`."""
    system(folder, files)
    result = check(load_project([folder], Options(select=("EDA704",), jobs=1)))
    return [f"{each.path}:{each.line} {each.message}" for each in result.diagnostics]


def documents(folder: Path, name: str, text: str) -> tuple[Document, ...]:
    system(folder, {name: text})
    return read_documents(load_project([folder]).deploy_files)


def arrows(folder: Path, name: str, text: str) -> list[tuple[str, str]]:
    return [(arrow.source, arrow.target) for each in documents(folder, name, text) for arrow in each.arrows]


# ---------------------------------------------------------------------- topics


def test_the_name_that_is_nearly_right_is_told_on_both_sides(tmp_path: Path) -> None:
    document = "asyncapi: 3.0.0\nchannels:\n  placed:\n    address: shop.order\n"
    sent, received, documented = told(tmp_path, {"app.py": KAFKA, "asyncapi.yaml": document})
    where = "is not documented: documented as `shop.order` (asyncapi.yaml:3)"
    assert sent == f"app.py:7 `shop.orders` is sent here and {where}"
    assert received == f"app.py:9 `shop.orders` is received here and {where}"
    assert documented.startswith("asyncapi.yaml:3 `shop.order` is documented, and nothing in the code")
    assert documented.endswith("the code has `shop.orders`")


def test_names_of_bindings_come_before_addresses_that_a_generator_made_up(tmp_path: Path) -> None:
    document = """
        asyncapi: 3.0.0
        channels:
          'shop.orders:Work':
            address: 'shop.orders:Work'
            bindings: {kafka: {topic: shop.orders}}
        """
    assert told(tmp_path, {"app.py": KAFKA, "asyncapi.yaml": document}) == []


def test_other_systems_may_use_what_is_documented_here(tmp_path: Path) -> None:
    document = "asyncapi: 3.0.0\nchannels:\n  orders: {address: shop.orders}\n  refunds: {address: shop.refunds}\n"
    other = "from kafka import KafkaConsumer\ndef work():\n    for each in KafkaConsumer('shop.refunds'): print(each)\n"
    facts = tmp_path / "other.json"
    system(tmp_path / "other", {"app.py": other})
    facts.write_bytes(to_json(facts_of(load_project([tmp_path / "other"], Options(jobs=1)))))
    system(tmp_path / "own", {"app.py": KAFKA, "asyncapi.yaml": document})
    for known, findings in (((), 1), ((facts,), 0)):
        options = Options(select=("EDA704",), facts=known, jobs=1)
        assert len(check(load_project([tmp_path / "own"], options)).diagnostics) == findings


@pytest.mark.parametrize("name", ["graph.json", "docs/system.json"])
def test_a_saved_graph_is_held_against_the_code(tmp_path: Path, name: str) -> None:
    graph = """
        {
         "version": 1,
         "nodes": [
          {"id": "service:app", "kind": "service", "name": "app"},
          {"id": "topic:shop.order", "kind": "topic", "name": "shop.order"}
         ],
         "edges": [
          {
           "id": "publish|app|shop.order",
           "source": "service:app", "target": "topic:shop.order", "kind": "publish"
          }
         ],
         "findings": []
        }
        """
    found = told(tmp_path, {"app.py": KAFKA, name: graph})
    assert [line.partition(" ")[0] for line in found] == ["app.py:7", "app.py:9", f"{name}:10"]
    assert all("documented as `shop.order`" in line for line in found[:2])


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_what_is_written_of_a_system_agrees_with_its_code(tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(FIXTURES / name, tmp_path / name))
    (folder / "pyproject.toml").touch()
    project = load_project([folder], Options(jobs=1))
    (folder / "written.yaml").write_text(render_catalogue(catalogue(project), "asyncapi"), encoding="utf-8")
    for view in ("services", "routes"):
        drawn = fold(graph(project), view)
        for form, ending in (("json", "json"), ("mermaid", "mmd"), ("dot", "dot"), ("markdown", "md")):
            (folder / f"written-{view}.{ending}").write_bytes(render(drawn, form))
    found = check(load_project([folder], Options(select=("EDA704",), jobs=1))).diagnostics
    assert [each.message for each in found if "written" in f"{each.path} {each.message}"] == []


@pytest.mark.parametrize(("gone", "told_of"), [(1, 1), (2, 2), (4, 0)])
def test_channels_without_use_are_drift_unless_they_are_many(tmp_path: Path, gone: int, told_of: int) -> None:
    channels = "".join(f"  gone{number}: {{address: gone.{number}}}\n" for number in range(gone))
    document = "asyncapi: 3.0.0\nchannels:\n  orders: {address: shop.orders}\n" + channels
    assert len(told(tmp_path, {"app.py": KAFKA, "asyncapi.yaml": document})) == told_of


@pytest.mark.parametrize(("gone", "told_of"), [(1, 1), (2, 2), (4, 0)])
def test_operations_without_routes_are_drift_unless_they_are_many(tmp_path: Path, gone: int, told_of: int) -> None:
    routes = "".join(f"@app.get('/r{number}')\ndef r{number}(): ...\n" for number in range(5))
    paths = "".join(f"  /r{number}: {{get: {{}}}}\n" for number in range(5))
    paths += "".join(f"  /gone{number}: {{get: {{}}}}\n" for number in range(gone))
    files = {
        "app.py": f"from fastapi import FastAPI\napp = FastAPI()\n{routes}",
        "openapi.yaml": f"openapi: 3.1.0\npaths:\n{paths}",
    }
    assert len(told(tmp_path, files)) == told_of


def test_a_pattern_in_a_file_of_its_own_is_a_rule(tmp_path: Path) -> None:
    code = """
        import json
        import boto3
        def place():
            entry = {"Source": "shop.orders", "DetailType": "OrderPlaced", "Detail": json.dumps({})}
            boto3.client("events").put_events(Entries=[entry])
        """
    pattern = '{"source": ["shop.order", {"prefix": "aws"}], "detail-type": ["OrderPlaced"]}'
    assert told(tmp_path, {"app.py": code, "rules/placed.json": pattern}) == [
        "rules/placed.json:1 `OrderPlaced` of `shop.order` is waited for here, and the code sends it as `shop.orders`"
    ]


# -------------------------------------------------------------------- diagrams


DRAWN = {
    "flow.mmd": """
        graph TD
          w["Web"] --> o("Orders Service<br/>FastAPI"); o -- placed --> k{{Kafka}}
          k -.-> billing
        """,
    "groups.mmd": """
        flowchart LR
          Web ==>|"calls; waits"| Orders & Other
          Orders --- Billing
        """,
    "sequence.mmd": """
        sequenceDiagram
          participant O as Orders :8000
          Web->>+O: POST /orders
          O-->>-Web: 201
          O-)Kafka: placed
          Billing->>Kafka: consume
        """,
    "hyphens.mmd": """
        sequenceDiagram
          web->>orders-service: POST
          orders-service--)kafka-1: placed
          billing->>kafka-1: consume
        """,
    "c4.mmd": """
        C4Container
          Container(a, "Web")
          Container(b, "Orders service")
          Container(c, "Billing")
          Rel(a, b, "calls")
          Rel_D(b, c, "events")
        """,
    "short.dot": """
        digraph { web -> o [label="calls"]; o [label="orders"];
          o -> broker -> "billing" }
        """,
    "long.gv": """
        digraph g {
          o [shape=box, label="orders-service\\nFastAPI"];
          "web":e -> o:w;
          o -> broker;
          broker -> "billing";
        }
        """,
    "sequence.puml": """
        @startuml
        participant "Orders service" as O
        web -> O : POST
        O -> [Kafka]
        [Billing] <-- [Kafka]
        @enduml
        """,
    "mermaid.md": """
        # Shop

        ```mermaid
        graph LR
          web --> orders --> billing
        ```
        """,
    "plantuml.md": """
        ~~~plantuml
        [web] --> [orders]
        [orders] ..> [billing]
        ~~~
        """,
}


@pytest.mark.parametrize("name", DRAWN)
def test_every_kind_of_diagram_shows_its_dependencies(tmp_path: Path, name: str) -> None:
    (found,) = documents(tmp_path, name, DRAWN[name])
    diagram = Diagram(found, ["web", "orders-service", "billing"])
    assert diagram.connects("web", "orders-service") and diagram.connects("orders-service", "billing")
    assert not diagram.connects("web", "billing")


def test_a_dependency_that_a_diagram_leaves_out_is_told_at_the_call(tmp_path: Path) -> None:
    page = "```mermaid\ngraph LR\n  web --> billing\n  orders --> stock\n```\n"
    found = told(tmp_path, {**SHOP, "docs/a.md": page})
    assert found == [
        "docs/a.md:3 an arrow from web to billing, and nothing in the code of either depends on the other",
        "orders/main.py:9 orders-service sends `orders.placed` to billing here, and docs/a.md does not show it",
        "web/main.py:8 web calls orders-service here, and docs/a.md does not show it",
    ]


def test_arrows_that_may_be_what_is_not_resolved_are_left_alone(tmp_path: Path) -> None:
    unresolved = SHOP["web/main.py"] + "\n        def other(url):\n            requests.post(url)\n"
    page = "graph LR\n  web --> billing\n  web --> orders --> billing\n"
    assert told(tmp_path, {**SHOP, "web/main.py": unresolved, "a.mmd": page}) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.mmd", "classDiagram\n  web --> orders\n"),
        ("a.mmd", "erDiagram\n  web ||--o{ orders : has\n"),
        ("a.mmd", "%% web --> orders\nflowchart LR\n  %% web --> orders\n"),
        ("a.dot", "// web -> orders\n"),
        ("README.md", "```\nweb --> orders\n```\n"),
        ("docs/adr/1.md", "```mermaid\ngraph LR\n web --> orders\n```\n"),
        ("a.json", '{"nodes": 1, "edges": "version"}'),
        ("b.yaml", "openapi: [\n"),
    ],
)
def test_what_is_no_diagram_of_dependencies_is_passed_over(tmp_path: Path, name: str, text: str) -> None:
    assert arrows(tmp_path, name, text) == []


@pytest.mark.parametrize(
    ("ending", "head", "line"),
    [
        ("mmd", "flowchart LR", "a --" + " " * 1900 + "x"),
        ("mmd", "flowchart LR", "a -- b " * 280 + "|"),
        ("mmd", "flowchart LR", "a[" + "]x" * 990),
        ("mmd", "flowchart LR", "-" * 1990 + "!"),
        ("mmd", "sequenceDiagram", "a-" * 990 + "!"),
        ("puml", "@startuml", "." * 1990 + "!"),
        ("puml", "@startuml", "a.a" + "-" * 1990 + "!"),
        ("puml", "@startuml", "a " * 990 + "->"),
        ("dot", "digraph {", "a -> " * 390 + "!"),
        ("dot", "digraph {", "a" + ":a" * 990 + "!"),
        ("md", "```mermaid", "graph LR\n" + "(" * 1990),
    ],
)
def test_no_line_takes_long(tmp_path: Path, ending: str, head: str, line: str) -> None:
    start = time.process_time()
    documents(tmp_path, f"a.{ending}", f"{head}\n" + f"{line}\n" * 3)
    assert time.process_time() - start < 2


def test_hostile_documents_do_no_harm(tmp_path: Path) -> None:
    system(
        tmp_path,
        {
            "a.mmd": "flowchart LR\n" + "a --> " * 5000,
            "b.puml": "[" * 3000 + "\n" + "- " * 3000,
            "c.dot": "digraph { " + '"' * 4001 + "a -> b" * 2000,
            "d.md": "```mermaid\ngraph LR\n" + "[(" * 2000,
            "e.yaml": "asyncapi: 3.0.0\nchannels: [1, 2]\n",
            "f.yaml": "asyncapi: 2.0.0\nchannels:\n  a: {publish: {message: {$ref: '#/channels/a/publish/message'}}}\n",
            "g.yaml": "openapi: 3.0.0\npaths: {'/a': 3, '/b': {get: null}}\n",
        },
    )
    assert {each.kind for each in read_documents(load_project([tmp_path]).deploy_files)} >= {"asyncapi", "openapi"}
