"""The graph of a system: nodes with stable names, edges from what sends to what receives, findings in their place."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from edanalyze.analyse.systemgraph import build
from edanalyze.graph.interchange import from_json, to_json
from edanalyze.graph.records import Graph
from edanalyze.graph.views import fold
from tests.analyse.systems import system

FILES = {
    "docker-compose.yml": """
        services:
          orders:
            build: ./orders
            environment: {STOCK_URL: "http://stock:8000"}
          stock:
            build: ./stock
        """,
    "orders/Dockerfile": "FROM python\nCOPY . /app\nCMD uvicorn main:app\n",
    "stock/Dockerfile": "FROM python\nCOPY . /app\nCMD uvicorn main:app\n",
    "orders/main.py": """
        import os
        import requests
        from fastapi import FastAPI
        from kafka import KafkaProducer
        app = FastAPI()
        producer = KafkaProducer()

        def reserve(sku):
            requests.post(f"{os.environ['STOCK_URL']}/items/{sku}")

        def helper(sku):
            reserve(sku)

        @app.post("/orders")
        def place(sku: str):
            helper(sku)
            producer.send("orders.placed", b"{}")

        @app.get("/rates")
        def rates():
            return requests.get("https://rates.example.com/eur").json()
        """,
    "stock/main.py": """
        from fastapi import FastAPI
        from kafka import KafkaConsumer
        from sqlalchemy.orm import Session
        app = FastAPI()

        @app.post("/items/{sku}")
        def take(sku: str): ...

        def follow(session: Session):
            for message in KafkaConsumer("orders.placed"):
                session.add(message)
                session.commit()
        """,
}


class Reported(NamedTuple):
    """A finding as the check layer gives it."""

    fingerprint: str
    path: str
    line: int
    function: str = ""
    code: str = "EDA101"
    name: str = "sync-http-chain"
    message: str = "waits"


def graph(folder: Path, *reported: Reported) -> Graph:
    """The graph of two services."""
    return build(system(folder, FILES), reported)


def edges(made: Graph, kind: str) -> set[str]:
    """The edges of a kind as `source -> target @file:line`."""
    return {f"{e.source} -> {e.target} @{e.path}:{e.line}" for e in made.edges if e.kind == kind}


def test_requests_go_from_the_function_that_fixes_the_url_to_the_route(tmp_path: Path) -> None:
    assert edges(graph(tmp_path), "http") == {
        "function:orders.main.reserve -> route:stock:POST /items/{sku} @orders/main.py:10",
        "route:orders:GET /rates -> external:rates.example.com @orders/main.py:22",
    }


def test_routes_stand_at_their_def_line_and_belong_to_their_service(tmp_path: Path) -> None:
    (route,) = (node for node in graph(tmp_path).nodes if node.id == "route:stock:POST /items/{sku}")
    assert (route.name, route.service, route.path, route.line) == ("POST /items/{sku}", "stock", "stock/main.py", 8)


def test_calls_lead_from_the_entry_point_to_what_sends(tmp_path: Path) -> None:
    assert edges(graph(tmp_path), "call") == {
        "route:orders:POST /orders -> function:orders.main.helper @orders/main.py:17",
        "function:orders.main.helper -> function:orders.main.reserve @orders/main.py:13",
    }


def test_messages_go_through_their_topic(tmp_path: Path) -> None:
    made = graph(tmp_path)
    assert edges(made, "publish") == {"route:orders:POST /orders -> topic:orders.placed @orders/main.py:18"}
    assert edges(made, "consume") == {"topic:orders.placed -> handler:stock.main.follow @stock/main.py:10"}


def test_writes_lead_to_the_database_of_the_service(tmp_path: Path) -> None:
    assert edges(graph(tmp_path), "write") == {
        "handler:stock.main.follow -> database:stock:sqlalchemy @stock/main.py:12"
    }


def test_services_have_their_folder(tmp_path: Path) -> None:
    found = {node.name: node.path for node in graph(tmp_path).nodes if node.kind == "service"}
    assert found == {"orders": "orders", "stock": "stock"}


@pytest.mark.parametrize("view", ["services", "routes", "chains", "events", "calls"])
def test_every_view_can_be_made_of_it(tmp_path: Path, view: str) -> None:
    folded = fold(graph(tmp_path), view)
    assert from_json(to_json(folded)) == folded


def test_between_services_requests_and_messages_remain(tmp_path: Path) -> None:
    folded = fold(graph(tmp_path), "services")
    assert {(e.kind, e.source, e.target) for e in folded.edges} == {
        ("http", "service:orders", "service:stock"),
        ("http", "service:orders", "external:rates.example.com"),
        ("publish", "service:orders", "topic:orders.placed"),
        ("consume", "topic:orders.placed", "service:stock"),
        ("write", "service:stock", "database:stock:sqlalchemy"),
    }


def test_the_graph_is_the_same_every_time(tmp_path: Path) -> None:
    assert to_json(graph(tmp_path)) == to_json(graph(tmp_path))


def test_a_finding_at_a_call_is_on_the_edge_of_that_call(tmp_path: Path) -> None:
    made = graph(tmp_path, Reported("f1", "orders/main.py", 10))
    assert {edge.id for edge in made.edges if edge.diagnostics} == {
        edge.id for edge in made.edges if edge.kind == "http" and edge.line == 10
    }
    assert [finding.fingerprint for finding in made.findings] == ["f1"]


def test_a_finding_at_a_def_line_is_on_the_node(tmp_path: Path) -> None:
    made = graph(tmp_path, Reported("f2", "stock/main.py", 10))
    assert [node.id for node in made.nodes if node.diagnostics] == ["handler:stock.main.follow"]


def test_a_finding_elsewhere_is_on_the_function_that_holds_it(tmp_path: Path) -> None:
    made = graph(tmp_path, Reported("f3", "stock/main.py", 13, "stock.main.follow"))
    assert [node.id for node in made.nodes if node.diagnostics] == ["handler:stock.main.follow"]


def test_code_shared_by_services_counts_for_those_that_call_it(tmp_path: Path) -> None:
    files = {
        **FILES,
        "lib/client/__init__.py": 'import requests\ndef ask():\n    requests.get("http://stock:8000/items/1")\n',
        "orders/main.py": """
            from client import ask
            from fastapi import FastAPI
            app = FastAPI()
            @app.get("/ask")
            def read():
                return ask()
            """,
    }
    folded = fold(build(system(tmp_path, files)), "services")
    assert ("service:orders", "service:stock") in {(e.source, e.target) for e in folded.edges if e.kind == "http"}


def test_routes_under_the_same_decorators_send_each_what_is_theirs(tmp_path: Path) -> None:
    files = {
        "app.py": """
            from functools import wraps
            import boto3
            from flask import Flask

            app = Flask(__name__)
            sns = boto3.client("sns")

            def signed_in(f):
                @wraps(f)
                def decorated(*args, **kwargs):
                    return f(*args, user="me", **kwargs)
                return decorated

            def checked(f):
                @wraps(f)
                def decorated(*args, **kwargs):
                    return f(*args, form={}, **kwargs)
                return decorated

            def told(f):
                @wraps(f)
                def decorated(*args, **kwargs):
                    sns.publish(TopicArn="arn:aws:sns:eu-west-1:1:asked", Message="x")
                    return f(*args, **kwargs)
                return decorated

            @app.get("/cart")
            @told
            @signed_in
            def cart(user):
                return "cart"

            @app.post("/sell")
            @signed_in
            @checked
            def sell(user, form):
                sns.publish(TopicArn="arn:aws:sns:eu-west-1:1:sold", Message="x")
                return "sold"

            @app.get("/look")
            @checked
            def look(form):
                return "look"
            """
    }
    folded = fold(build(system(tmp_path, files)), "routes")
    sent = {(edge.source.rpartition(":")[2], edge.target) for edge in folded.edges if edge.kind == "publish"}
    assert sent == {("POST /sell", "topic:sold"), ("GET /cart", "topic:asked")}


def test_a_route_whose_path_is_not_known_is_called_like_its_function(tmp_path: Path) -> None:
    files = {"place.py": "def place(event, context):\n    return {'statusCode': 200, 'body': event['rawPath']}\n"}
    (route,) = (node for node in build(system(tmp_path, files)).nodes if node.kind == "route")
    assert route.name == "place"
