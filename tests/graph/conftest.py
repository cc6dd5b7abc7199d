"""Systems to draw: a shop of three services and a market place of ten, in full detail."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import msgspec
import pytest

from edanalyze.graph.records import Edge, Finding, Graph, Node

NAMES = {
    "EDA101": "sync-http-chain",
    "EDA102": "sync-http-fan-out",
    "EDA103": "http-in-transaction",
    "EDA104": "http-in-message-handler",
    "EDA105": "sync-http-cycle",
    "EDA106": "http-in-loop",
    "EDA201": "publish-after-commit",
    "EDA202": "publish-before-commit",
    "EDA205": "publish-after-autocommit-write",
    "EDA211": "missing-partition-key",
    "EDA301": "non-idempotent-handler",
    "EDA601": "swallowed-handler-failure",
}


class System:
    """Writes a full graph down, one service after the other."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: dict[str, Edge] = {}
        self.findings: dict[str, Finding] = {}
        self._lines: dict[str, int] = {}

    def service(self, name: str, path: str | None = None) -> str:
        return self._node(f"service:{name}", "service", name, path=f"services/{name}" if path is None else path)

    def route(self, service: str, route: str) -> str:
        return self._code("route", service, route, "api.py")

    def handler(self, service: str, name: str, *topics: str) -> str:
        handler = self._code("handler", service, name, "consumers.py")
        for topic in topics:
            self._edge(self.topic(topic), handler, "consume", at=handler)
        return handler

    def job(self, service: str, name: str) -> str:
        return self._code("job", service, name, "jobs.py")

    def function(self, service: str, name: str, file: str = "logic.py") -> str:
        return self._code("function", service, name, file)

    def topic(self, name: str) -> str:
        return self._node(f"topic:{name}", "topic", name)

    def database(self, name: str) -> str:
        return self._node(f"database:{name}", "database", name)

    def external(self, host: str) -> str:
        return self._node(f"external:{host}", "external", host)

    def unknown(self, name: str, reason: str) -> str:
        return self._node(f"unknown:{name}", "unknown", name, reason=reason)

    def call(self, *functions: str) -> None:
        for caller, callee in pairwise(functions):
            self._edge(caller, callee, "call", at=caller)

    def http(self, source: str, target: str, *codes: str, method: str = "", url: str = "", **more: object) -> str:
        if target.startswith("route:"):
            node = self.nodes[target]
            method, _, path = node.name.partition(" ")
            url = f"http://{node.service}:8000{path}"
        return self._edge(source, target, "http", *codes, at=source, method=method, url=url, **more)

    def publish(self, source: str, topic: str, *codes: str) -> str:
        return self._edge(source, self.topic(topic), "publish", *codes, at=source)

    def outbox(self, source: str, topic: str, *codes: str) -> str:
        return self._edge(source, self.topic(topic), "outbox", *codes, at=source)

    def rpc(self, source: str, target: str, *codes: str) -> str:
        return self._edge(source, target, "rpc", *codes, at=source)

    def write(self, source: str, database: str, *codes: str) -> str:
        return self._edge(source, self.database(database), "write", *codes, at=source)

    def mark(self, node: str, *codes: str) -> None:
        own = self.nodes[node]
        marks = [self._finding(code, own.path, own.line, own.name) for code in codes]
        self.nodes[node] = msgspec.structs.replace(own, diagnostics=tuple(sorted({*own.diagnostics, *marks})))

    def graph(self) -> Graph:
        return Graph(1, tuple(self.nodes.values()), tuple(self.edges.values()), tuple(self.findings.values()))

    def _node(self, name: str, kind: str, label: str, **more: object) -> str:
        self.nodes.setdefault(name, Node(id=name, kind=kind, name=label, **more))
        return name

    def _code(self, kind: str, service: str, name: str, file: str) -> str:
        path = f"services/{service}/{file}" if service else f"shared/{file}"
        line = self._line(path, 11)
        return self._node(f"{kind}:{service}:{name}", kind, name, service=service, path=path, line=line)

    def _edge(self, source: str, target: str, kind: str, *codes: str, at: str, **more: object) -> str:
        path = self.nodes[at].path
        line = self._line(path, 3)
        name = f"{kind}:{source}:{target}:{path}:{line}"
        marks = tuple(sorted(self._finding(code, path, line, self.nodes[source].name) for code in codes))
        self.edges[name] = Edge(
            id=name, source=source, target=target, kind=kind, path=path, line=line, diagnostics=marks, **more
        )
        return name

    def _line(self, path: str, step: int) -> int:
        self._lines[path] = self._lines.get(path, 1) + step
        return self._lines[path]

    def _finding(self, code: str, path: str, line: int, where: str) -> str:
        mark = hashlib.sha256(f"{code}{path}{where}{line}".encode()).hexdigest()[:16]
        message = f"{NAMES[code].replace('-', ' ')} in {where}"
        self.findings[mark] = Finding(mark, code, NAMES[code], message, path, line)
        return mark


def shop_system() -> System:
    system = System()
    for name in ("shop", "orders", "stock"):
        system.service(name)
    checkout = system.route("shop", "POST /checkout")
    system.route("shop", "GET /health")
    create = system.route("orders", "POST /orders")
    read = system.route("orders", "GET /orders/{order_id}")
    reserve = system.route("stock", "PUT /reservations/{sku}")
    place, notify = system.function("orders", "place_order"), system.function("orders", "notify")
    system.call(create, place, notify)
    system.http(checkout, create, "EDA101")
    system.http(place, reserve, "EDA103")
    system.http(system.route("shop", "GET /orders/{order_id}"), read)
    system.write(place, "orders")
    system.publish(notify, "order.placed", "EDA201")
    system.write(system.handler("stock", "on_order_placed", "order.placed"), "stock")
    system.mark("handler:stock:on_order_placed", "EDA301")
    system.http(checkout, system.external("api.stripe.com"), method="POST", url="https://api.stripe.com/v1/charges")
    return system


def market_system() -> System:
    """Ten services, sixty routes: an online market place whose gateway waits for nearly everybody."""
    system = System()
    api = {
        "gateway": "GET /health|GET /|GET /catalogue|GET /catalogue/{sku}|GET /basket|POST /basket/items|POST /checkout"
        "|GET /orders|GET /orders/{order_id}|POST /login|POST /returns",
        "accounts": "GET /health|POST /accounts|GET /accounts/{account_id}|PATCH /accounts/{account_id}|POST /sessions"
        "|DELETE /sessions/{token}|GET /accounts/{account_id}/addresses",
        "catalogue": "GET /health|GET /products|GET /products/{sku}|POST /products|PUT /products/{sku}"
        "|DELETE /products/{sku}|GET /categories",
        "basket": "GET /health|GET /baskets/{account_id}|POST /baskets/{account_id}/items"
        "|DELETE /baskets/{account_id}/items/{sku}|DELETE /baskets/{account_id}",
        "orders": "GET /health|GET /orders|POST /orders|GET /orders/{order_id}|POST /orders/{order_id}/cancel"
        "|POST /orders/{order_id}/returns|GET /orders/{order_id}/history",
        "stock": "GET /health|GET /stock/{sku}|PUT /reservations/{order_id}|DELETE /reservations/{order_id}"
        "|POST /deliveries",
        "payments": "GET /health|POST /payments|GET /payments/{payment_id}|POST /payments/{payment_id}/refund"
        "|POST /webhooks/stripe",
        "shipping": "GET /health|POST /shipments|GET /shipments/{shipment_id}|GET /rates|POST /webhooks/carrier",
        "pricing": "GET /health|POST /quotes|GET /vouchers/{code}|POST /vouchers",
        "notifications": "GET /health|POST /messages|GET /messages/{message_id}|GET /preferences/{account_id}",
    }
    for service, routes in api.items():
        system.service(service)
        for route in routes.split("|"):
            system.route(service, route)

    def at(service: str, route: str) -> str:
        name = f"route:{service}:{route}"
        assert name in system.nodes, name
        return name

    gateway = {route: at("gateway", route) for route in api["gateway"].split("|")}
    client = system.function("gateway", "get_json", "client.py")
    system.http(gateway["GET /catalogue"], at("catalogue", "GET /products"))
    system.http(gateway["GET /catalogue/{sku}"], at("catalogue", "GET /products/{sku}"))
    system.http(gateway["GET /catalogue/{sku}"], at("stock", "GET /stock/{sku}"))
    system.http(gateway["GET /basket"], at("basket", "GET /baskets/{account_id}"), "EDA101")
    system.http(gateway["POST /basket/items"], at("basket", "POST /baskets/{account_id}/items"), "EDA101")
    system.http(gateway["POST /login"], at("accounts", "POST /sessions"))
    system.http(gateway["GET /orders"], at("orders", "GET /orders"))
    system.http(gateway["GET /orders/{order_id}"], at("orders", "GET /orders/{order_id}"), "EDA101")
    system.http(gateway["GET /orders/{order_id}"], at("shipping", "GET /shipments/{shipment_id}"))
    system.http(gateway["POST /returns"], at("orders", "POST /orders/{order_id}/returns"), "EDA101")
    system.mark(gateway["POST /checkout"], "EDA102")
    system.http(gateway["POST /checkout"], at("basket", "GET /baskets/{account_id}"), "EDA101")
    system.http(gateway["POST /checkout"], at("pricing", "POST /quotes"), "EDA101")
    system.http(gateway["POST /checkout"], at("orders", "POST /orders"), "EDA101")
    system.http(gateway["GET /"], at("catalogue", "GET /categories"), concurrent=True)
    system.call(gateway["GET /"], client)
    unknown = system.unknown("settings.BANNER_URL", "environment variable BANNER_URL is set nowhere")
    system.http(client, unknown, method="GET", confidence="guess")

    add_item, read_basket = at("basket", "POST /baskets/{account_id}/items"), at("basket", "GET /baskets/{account_id}")
    system.http(add_item, at("catalogue", "GET /products/{sku}"))
    system.http(read_basket, at("pricing", "POST /quotes"))
    system.write(add_item, "basket-redis")
    system.http(at("pricing", "POST /quotes"), at("catalogue", "GET /products/{sku}"))
    system.http(at("pricing", "POST /quotes"), at("accounts", "GET /accounts/{account_id}"))
    system.write(at("pricing", "POST /vouchers"), "pricing")

    place, save, emit = (system.function("orders", name) for name in ("place_order", "save", "emit"))
    system.call(at("orders", "POST /orders"), place, save)
    system.call(place, emit)
    system.http(place, at("stock", "PUT /reservations/{order_id}"), "EDA103")
    system.http(place, at("payments", "POST /payments"), "EDA103")
    system.write(save, "orders")
    system.publish(emit, "order.placed", "EDA201")
    cancel = at("orders", "POST /orders/{order_id}/cancel")
    system.write(cancel, "orders")
    system.publish(cancel, "order.cancelled", "EDA202")
    system.http(at("orders", "POST /orders/{order_id}/returns"), at("payments", "POST /payments/{payment_id}/refund"))
    system.http(at("orders", "GET /orders/{order_id}"), at("shipping", "GET /shipments/{shipment_id}"))
    system.write(system.handler("orders", "on_payment_captured", "payment.captured"), "orders")
    system.write(system.handler("orders", "on_shipment_sent", "shipment.sent"), "orders")

    system.publish(at("stock", "POST /deliveries"), "stock.changed", "EDA205", "EDA211")
    system.write(at("stock", "PUT /reservations/{order_id}"), "stock")
    system.write(system.handler("stock", "on_order_placed", "order.placed"), "stock")
    system.mark("handler:stock:on_order_placed", "EDA301")
    system.write(system.handler("stock", "on_order_cancelled", "order.cancelled"), "stock")
    system.outbox(system.job("stock", "nightly_count"), "stock.changed")
    system.handler("catalogue", "on_stock_changed", "stock.changed")
    system.write("handler:catalogue:on_stock_changed", "catalogue")
    system.publish(at("catalogue", "PUT /products/{sku}"), "product.changed")
    system.write(at("catalogue", "PUT /products/{sku}"), "catalogue")
    system.handler("pricing", "on_product_changed", "product.changed")

    stripe = system.external("api.stripe.com")
    pay = at("payments", "POST /payments")
    system.http(pay, stripe, "EDA103", method="POST", url="https://api.stripe.com/v1/payment_intents")
    refund = at("payments", "POST /payments/{payment_id}/refund")
    system.http(refund, stripe, method="POST", url="https://api.stripe.com/v1/refunds")
    system.write(pay, "payments")
    system.outbox(at("payments", "POST /webhooks/stripe"), "payment.captured")
    system.write(at("payments", "POST /webhooks/stripe"), "payments")

    carrier = system.external("api.dhl.com")
    ship = system.handler("shipping", "on_payment_captured", "payment.captured")
    system.http(ship, at("accounts", "GET /accounts/{account_id}/addresses"), "EDA104")
    system.http(ship, carrier, "EDA301", method="POST", url="https://api.dhl.com/parcel/de/shipping/v2/orders")
    system.write(ship, "shipping")
    system.publish(at("shipping", "POST /webhooks/carrier"), "shipment.sent", "EDA201")
    system.http(at("shipping", "GET /rates"), carrier, method="GET", url="https://api.dhl.com/rates")

    for event, topic in (("order_placed", "order.placed"), ("shipment_sent", "shipment.sent")):
        handler = system.handler("notifications", f"on_{event}", topic)
        system.http(
            handler, system.external("smtp.sendgrid.com"), method="POST", url="https://smtp.sendgrid.com/v3/mail"
        )
    system.mark("handler:notifications:on_order_placed", "EDA301", "EDA601")
    system.http("handler:notifications:on_order_placed", at("accounts", "GET /accounts/{account_id}"), "EDA104")
    system.publish(at("accounts", "POST /accounts"), "account.created", "EDA201")
    system.handler("notifications", "on_account_created", "account.created")
    system.write(at("accounts", "POST /accounts"), "accounts")
    return system


@pytest.fixture
def system() -> System:
    """An empty system to write down."""
    return System()


@pytest.fixture(scope="session")
def shop() -> Graph:
    """Three services, in full."""
    return shop_system().graph()


@pytest.fixture(scope="session")
def market() -> Graph:
    """Ten services and sixty routes, in full."""
    return market_system().graph()
