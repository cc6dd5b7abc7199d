"""The neighbourhood of a named thing."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from edanalyze.graph import Graph, GraphError, focus, fold

System = Any


def ids(graph: Graph) -> set[str]:
    return {node.id for node in graph.nodes}


@pytest.fixture
def line(system: System) -> Graph:
    """One service after the other: a calls b calls c calls d, and c publishes to a topic that e and f handle."""
    routes = [system.route(service, f"GET /{service}") for service in "abcd"]
    for service in "abcdef":
        system.service(service)
    for caller, callee in pairwise(routes):
        system.http(caller, callee)
    system.publish(routes[2], "things")
    for service in "ef":
        system.handler(service, f"on_{service}", "things")
    return fold(system.graph(), "services")


def test_one_step_in_both_directions(line: Graph) -> None:
    assert ids(focus(line, "b")) == {"service:a", "service:b", "service:c"}


def test_more_steps(line: Graph) -> None:
    assert ids(focus(line, "a", depth=3)) >= {"service:a", "service:b", "service:c", "service:d", "topic:things"}


def test_no_step_leaves_the_thing_alone(line: Graph) -> None:
    alone = focus(line, "c", depth=0)
    assert (ids(alone), alone.edges) == ({"service:c"}, ())


def test_the_other_side_of_a_topic_is_one_step_away(line: Graph) -> None:
    near = focus(line, "e")
    assert ids(near) == {"service:e", "topic:things", "service:c", "service:f"}
    assert {(edge.source, edge.target) for edge in near.edges} == {
        ("service:c", "topic:things"),
        ("topic:things", "service:e"),
        ("topic:things", "service:f"),
    }


def test_a_topic_shows_who_publishes_and_who_handles(line: Graph) -> None:
    near = focus(line, "things")
    assert ids(near) == {"topic:things", "service:c", "service:e", "service:f"}
    assert {edge.kind for edge in near.edges} == {"publish", "consume"}


def test_edges_between_neighbours_are_left_out(system: System) -> None:
    middle, left, right = (system.route(service, "GET /x") for service in ("middle", "left", "right"))
    system.http(middle, left)
    system.http(middle, right)
    system.http(left, right)
    assert {edge.source for edge in focus(fold(system.graph(), "services"), "middle").edges} == {"service:middle"}


def test_a_service_means_all_of_its_code(shop: Graph) -> None:
    near = focus(fold(shop, "routes"), "orders")
    assert ids(near) >= {"route:orders:POST /orders", "route:orders:GET /orders/{order_id}", "service:orders"}
    assert "handler:stock:on_order_placed" in ids(near)


@pytest.mark.parametrize(
    "name",
    [
        "route:stock:PUT /reservations/{sku}",
        "PUT /reservations/{sku}",
        "/reservations/{sku}",
        "put /Reservations/{sku}",
        " /reservations/{sku} ",
    ],
)
def test_ways_to_name_a_route(shop: Graph, name: str) -> None:
    assert "route:stock:PUT /reservations/{sku}" in ids(focus(fold(shop, "routes"), name, depth=0))


def test_a_function_is_named_by_the_end_of_its_dotted_name(system: System) -> None:
    function = system.function("orders", "orders.logic.Basket.place")
    system.function("orders", "orders.logic.Basket.replace")
    assert ids(focus(system.graph(), "Basket.place")) == {function}


def test_a_file_means_what_it_defines(shop: Graph) -> None:
    assert {"function:orders:place_order", "function:orders:notify"} <= ids(focus(shop, "services/orders/logic.py", 0))


def test_capitals_tell_names_apart_where_they_can(system: System) -> None:
    small, large = system.topic("orders"), system.topic("Orders")
    assert ids(focus(system.graph(), "orders")) == {small}
    assert ids(focus(system.graph(), "Orders")) == {large}
    assert ids(focus(system.graph(), "ORDERS")) == {small, large}


def test_a_misspelt_name_is_answered_with_close_ones(shop: Graph) -> None:
    with pytest.raises(GraphError, match="nothing in this view is named 'ordes'; close to it: orders"):
        focus(shop, "ordes")


@pytest.mark.parametrize("name", ["", "  ", "zzzzzz"])
def test_a_name_of_nothing_is_refused(shop: Graph, name: str) -> None:
    with pytest.raises(GraphError, match="nothing in this view is named"):
        focus(shop, name)


def test_order_has_no_say(market: Graph) -> None:
    nodes, edges = list(market.nodes), list(market.edges)
    random.Random(7).shuffle(nodes)
    random.Random(8).shuffle(edges)
    shuffled = Graph(1, tuple(nodes), tuple(edges), market.findings)
    assert focus(shuffled, "orders", 2) == focus(market, "orders", 2)


def test_focusing_twice_changes_nothing(market: Graph) -> None:
    near = focus(fold(market, "routes"), "orders", 2)
    assert focus(near, "orders", 2) == near
