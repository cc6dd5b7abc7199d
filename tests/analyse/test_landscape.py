"""Several systems, each analysed alone, linked through the facts they tell."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from edanalyze import api
from edanalyze.exchange import Facts, from_json, to_json
from edanalyze.graph import fold

DEPLOYED = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {{name: {name}}}
    spec:
      template:
        spec:
          containers:
            - name: {name}
              image: acme/{name}
              env: {environment}
    ---
    apiVersion: v1
    kind: Service
    metadata: {{name: {name}}}
    spec: {{ports: [{{port: 8000}}]}}
    """
SHOP = """
    import os
    import httpx
    from fastapi import FastAPI
    app = FastAPI()

    @app.post("/checkout")
    async def checkout(basket: dict):
        async with httpx.AsyncClient(base_url=os.environ["ORDERS_URL"]) as client:
            await client.post("/orders", json=basket)

    @app.get("/availability/{sku}")
    async def availability(sku: str):
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://stock.acme.svc.cluster.local:8000/items/{sku}")).json()
    """
ORDERS = """
    import os
    import requests
    from fastapi import FastAPI
    from kafka import KafkaProducer
    app = FastAPI()
    producer = KafkaProducer()

    @app.post("/orders")
    def place(order: dict):
        requests.put(os.environ["STOCK_URL"] + "/items/7", json=order)
        producer.send("orders.placed", b"")
    """
STOCK = """
    from fastapi import FastAPI
    app = FastAPI()

    @app.put("/items/{sku}")
    def take(sku: str): ...

    @app.get("/items/{sku}")
    def show(sku: str): ...
    """
MAILER = """
    from kafka import KafkaConsumer

    def run():
        for message in KafkaConsumer("orders.placed"):
            print(message)

    run()
    """


def repository(folder: Path, name: str, main: str, environment: str = "[]", **files: str) -> Path:
    """A repository that holds one service and how it is deployed."""
    root = folder / name
    written = {
        "pyproject.toml": "",
        "Dockerfile": "FROM python\nCOPY . /app\nCMD python main.py\n",
        "deploy.yaml": textwrap.dedent(DEPLOYED).format(name=name, environment=environment),
        "main.py": textwrap.dedent(main),
        **files,
    }
    for path, text in written.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


def told(root: Path, others: Mapping[str, Path] | None = None) -> Facts:
    """What a repository tells, by way of a facts file."""
    facts = api.facts(api.load_project([root], api.Options(jobs=1)))
    return from_json(to_json(facts))


@pytest.fixture
def organisation(tmp_path: Path) -> dict[str, Path]:
    """Four repositories."""
    shop = repository(tmp_path, "shop", SHOP, '[{name: ORDERS_URL, value: "http://orders:8000"}]')
    orders = repository(tmp_path, "orders", ORDERS, '[{name: STOCK_URL, value: "http://stock:8000"}]')
    stock = repository(tmp_path, "stock", STOCK)
    mailer = repository(tmp_path, "mailer", MAILER)
    return {"shop": shop, "orders": orders, "stock": stock, "mailer": mailer}


def edges(facts: list[Facts], view: str = "routes") -> list[str]:
    """The edges of a view in words."""
    graph = fold(api.graph_of_facts(facts), view)
    return [f"{edge.kind} {edge.source} -> {edge.target} {edge.path}:{edge.line}" for edge in graph.edges]


def test_requests_and_messages_lead_from_repository_to_repository(organisation: dict[str, Path]) -> None:
    facts = [told(root) for root in organisation.values()]
    assert edges(facts) == [
        "consume topic:orders.placed -> handler:mailer/main.run mailer/main.py:4",
        "http route:orders/orders:POST /orders -> route:stock/stock:PUT /items/{sku} orders/main.py:11",
        "http route:shop/shop:GET /availability/{sku} -> route:stock/stock:GET /items/{sku} shop/main.py:15",
        "http route:shop/shop:POST /checkout -> route:orders/orders:POST /orders shop/main.py:10",
        "publish route:orders/orders:POST /orders -> topic:orders.placed orders/main.py:12",
    ]
    assert {edge.confidence for edge in api.graph_of_facts(facts).edges} == {"certain"}


def test_services_are_folded_across_systems(organisation: dict[str, Path]) -> None:
    facts = [told(root) for root in organisation.values()]
    assert [line.rpartition(" ")[0] for line in edges(facts, "services")] == [
        "consume topic:orders.placed -> service:mailer",
        "http service:orders -> service:stock",
        "http service:shop -> service:orders",
        "http service:shop -> service:stock",
        "publish service:orders -> topic:orders.placed",
    ]


def test_a_single_system_keeps_its_names(organisation: dict[str, Path]) -> None:
    alone = api.graph_of_facts([told(organisation["stock"])])
    assert [node.id for node in alone.nodes] == [
        "route:stock:GET /items/{sku}",
        "route:stock:PUT /items/{sku}",
        "service:stock",
    ]
    assert {node.path for node in alone.nodes if node.kind == "route"} == {"main.py"}


def test_a_folder_and_facts_files_are_mixed(organisation: dict[str, Path], tmp_path: Path) -> None:
    facts = {name: told(root) for name, root in organisation.items()}
    for name, each in facts.items():
        (tmp_path / f"{name}.json").write_bytes(to_json(each))
    files = (tmp_path / "orders.json", tmp_path / "shop.json")
    mixed = api.graph(api.load_project([organisation["shop"]], api.Options(jobs=1, facts=files)))
    http = [edge.target for edge in mixed.edges if edge.kind == "http" and edge.source.startswith("route:shop/")]
    assert "route:orders/orders:POST /orders" in http
    assert any(node.kind == "unknown" for node in mixed.nodes), "stock was not given"


def codes(root: Path, files: tuple[Path, ...] = ()) -> list[str]:
    result = api.check(api.load_project([root], api.Options(jobs=1, facts=files, select=("EDA1",))))
    return [f"{each.path}:{each.line} {each.code} {each.confidence.value}" for each in result.diagnostics]


def test_a_chain_through_another_repository_is_reported(organisation: dict[str, Path], tmp_path: Path) -> None:
    for name in ("orders", "stock"):
        (tmp_path / f"{name}.json").write_bytes(to_json(told(organisation[name])))
    alone = codes(organisation["shop"])
    assert not any("EDA101" in line for line in alone)
    known = codes(organisation["shop"], (tmp_path / "orders.json", tmp_path / "stock.json"))
    assert known == ["main.py:10 EDA101 certain"]


def test_without_the_facts_of_the_last_service_there_is_no_chain(organisation: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_bytes(to_json(told(organisation["orders"])))
    assert codes(organisation["shop"], (tmp_path / "orders.json",)) == []


def test_a_circle_through_another_repository_is_reported(tmp_path: Path) -> None:
    shop = """
        import requests
        from fastapi import FastAPI
        app = FastAPI()

        @app.post("/orders")
        def place(order: dict):
            requests.post("http://billing:8000/invoices", json=order)

        @app.get("/orders/{number}")
        def show(number: str): ...
        """
    billing = """
        import requests
        from fastapi import FastAPI
        app = FastAPI()

        @app.post("/invoices")
        def write(order: dict):
            requests.get("http://shop:8000/orders/7")
        """
    here = repository(tmp_path, "shop", shop)
    file = tmp_path / "billing.json"
    file.write_bytes(to_json(told(repository(tmp_path, "billing", billing))))
    assert not any("EDA105" in line for line in codes(here))
    assert "main.py:8 EDA105 certain" in codes(here, (file,))


def test_services_of_one_name_in_two_systems_stay_apart_and_ambiguity_is_told(tmp_path: Path) -> None:
    caller = repository(
        tmp_path, "shop", 'import requests\n\ndef ask():\n    requests.get("http://api:8000/items/1")\n'
    )
    api_of = {}
    for team in ("red", "blue"):
        api_of[team] = repository(tmp_path / team, "api", STOCK)
        api_of[team].rename(tmp_path / team / f"{team}-api")
    facts = [told(caller), *(told(tmp_path / team / f"{team}-api") for team in api_of)]
    graph = api.graph_of_facts(facts)
    assert {"service:api (red-api)", "service:api (blue-api)"} <= {node.id for node in graph.nodes}
    unknown = next(node for node in graph.nodes if node.kind == "unknown")
    assert unknown.reason == "several services answer to the host api: api (blue-api), api (red-api)"


def test_tasks_of_one_name_are_those_of_each_system(tmp_path: Path) -> None:
    tasks = """
        from celery import Celery
        app = Celery("app")

        @app.task(name="tasks.mail")
        def mail(): ...

        def run():
            mail.delay()
        """
    facts = [told(repository(tmp_path, name, tasks)) for name in ("one", "two")]
    graph = api.graph_of_facts(facts)
    assert sorted(node.name for node in graph.nodes if node.kind == "topic") == ["tasks.mail (one)", "tasks.mail (two)"]


def test_a_gateway_of_one_repository_reaches_all_routes_of_another(tmp_path: Path) -> None:
    gateway = """
        import httpx
        from fastapi import FastAPI, Request
        app = FastAPI()

        @app.api_route("/stock/{path:path}", methods=["GET", "PUT"])
        async def stock(path: str, request: Request):
            async with httpx.AsyncClient() as client:
                return await client.request(request.method, f"http://stock:8000/items/{path}")
        """
    facts = [told(repository(tmp_path, "gateway", gateway)), told(repository(tmp_path, "stock", STOCK))]
    graph = api.graph_of_facts(facts)
    targets = sorted(edge.target for edge in graph.edges if edge.kind == "http")
    assert targets == ["route:stock/stock:GET /items/{sku}", "route:stock/stock:PUT /items/{sku}"]


def test_remote_procedures_of_another_repository(tmp_path: Path) -> None:
    caller = """
        from nameko.rpc import RpcProxy, rpc

        class Gateway:
            name = "gateway"
            stock = RpcProxy("stock")

            @rpc
            def show(self, sku):
                return self.stock.find(sku)
        """
    callee = """
        from nameko.rpc import rpc

        class Stock:
            name = "stock"

            @rpc
            def find(self, sku): ...
        """
    facts = [told(repository(tmp_path, "front", caller)), told(repository(tmp_path, "store", callee))]
    found = [edge.target for edge in api.graph_of_facts(facts).edges if edge.kind == "rpc"]
    assert found == ["handler:store/main.Stock.find"]


def test_texts_of_deployment_files_are_told_as_they_are(tmp_path: Path) -> None:
    compose = """
        services:
          stock:
            build: .
            container_name: the-stock
            hostname: stock.local
            networks: {default: {aliases: [inventory]}}
        """
    files = {"docker-compose.yml": textwrap.dedent(compose)}
    (service,) = told(repository(tmp_path, "stock", STOCK, **files)).services
    assert {"inventory", "stock.local", "the-stock"} <= set(service.hosts)
