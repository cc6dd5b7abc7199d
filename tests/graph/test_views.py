"""What each view keeps, where it moves edges, and that neither order nor folding twice matters."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edanalyze.graph import VIEWS, Edge, Finding, Graph, GraphError, Node, fold
from edanalyze.graph.records import CODE_KINDS, EDGE_KINDS, NODE_KINDS

System = Any


def edges(graph: Graph, *kinds: str) -> set[tuple[str, str, str]]:
    return {(edge.kind, edge.source, edge.target) for edge in graph.edges if not kinds or edge.kind in kinds}


def names(graph: Graph, kind: str) -> set[str]:
    return {node.name for node in graph.nodes if node.kind == kind}


def only_edge(graph: Graph, kind: str) -> Edge:
    (edge,) = (edge for edge in graph.edges if edge.kind == kind)
    return edge


def codes(graph: Graph, record: Node | Edge) -> list[str]:
    known = {finding.fingerprint: finding.code for finding in graph.findings}
    return sorted(known[mark] for mark in record.diagnostics)


def by_id(graph: Graph, name: str) -> Node:
    return next(node for node in graph.nodes if node.id == name)


# services


def test_services_view_joins_services_by_their_calls_messages_and_writes(shop: Graph) -> None:
    assert edges(fold(shop, "services")) == {
        ("http", "service:shop", "service:orders"),
        ("http", "service:shop", "external:api.stripe.com"),
        ("http", "service:orders", "service:stock"),
        ("publish", "service:orders", "topic:order.placed"),
        ("consume", "topic:order.placed", "service:stock"),
        ("write", "service:orders", "database:orders"),
        ("write", "service:stock", "database:stock"),
    }


def test_services_view_has_no_code_left(market: Graph) -> None:
    assert {node.kind for node in fold(market, "services").nodes} == {
        "service",
        "topic",
        "database",
        "external",
        "unknown",
    }


def test_parallel_calls_become_one_edge_at_the_smallest_place(system: System) -> None:
    target = system.route("orders", "GET /orders")
    calls = [
        system.http(system.function("shop", "later", "z.py"), target, "EDA103", confidence="likely", concurrent=True),
        system.http(system.function("shop", "first", "a.py"), target, "EDA101", confidence="guess"),
        system.http(system.function("shop", "middle", "m.py"), target, confidence="guess"),
    ]
    assert len(set(calls)) == 3
    folded = fold(system.graph(), "services")
    edge = only_edge(folded, "http")
    assert (edge.path, edge.count, edge.confidence, edge.concurrent) == ("services/shop/a.py", 3, "likely", False)
    assert codes(folded, edge) == ["EDA101", "EDA103"]


def test_calls_of_different_routes_stay_apart_in_the_services_view(system: System) -> None:
    caller = system.function("shop", "checkout")
    for route in ("GET /orders", "POST /orders"):
        system.http(caller, system.route("orders", route))
    assert {edge.method for edge in fold(system.graph(), "services").edges} == {"GET", "POST"}


def test_a_service_that_calls_itself_over_http_keeps_that_edge_and_no_other(system: System) -> None:
    caller, route = system.function("shop", "warm_up"), system.route("shop", "GET /cache")
    system.http(caller, route)
    system.call(caller, system.function("shop", "other"))
    assert edges(fold(system.graph(), "services")) == {("http", "service:shop", "service:shop")}


def test_code_of_a_shared_library_counts_for_the_services_that_call_it(system: System) -> None:
    publish, emit = system.function("", "publish", "bus.py"), system.function("", "emit", "bus.py")
    system.call(publish, emit)
    system.publish(emit, "things", "EDA211")
    for service in ("orders", "stock"):
        system.call(system.route(service, "POST /x"), publish)
    folded = fold(system.graph(), "services")
    assert edges(folded) == {
        ("publish", "service:orders", "topic:things"),
        ("publish", "service:stock", "topic:things"),
    }
    assert names(folded, "function") == set()


def test_code_of_a_service_counts_for_that_service_alone_whoever_imports_it(system: System) -> None:
    emit = system.function("orders", "emit")
    system.publish(emit, "things")
    system.call(system.route("stock", "POST /x"), emit)
    assert edges(fold(system.graph(), "services")) == {("publish", "service:orders", "topic:things")}


def test_code_that_no_service_runs_keeps_its_own_node(system: System) -> None:
    system.publish(system.function("", "seed", "seed.py"), "things")
    assert edges(fold(system.graph(), "services")) == {("publish", "function::seed", "topic:things")}


def test_a_service_that_only_code_names_gets_a_node(system: System) -> None:
    system.publish(system.function("orders", "emit"), "things")
    assert by_id(fold(system.graph(), "services"), "service:orders").name == "orders"


def test_findings_on_code_are_told_of_its_service(shop: Graph) -> None:
    folded = fold(shop, "services")
    assert codes(folded, by_id(folded, "service:stock")) == ["EDA301"]


# routes


def test_routes_view_moves_a_call_up_to_the_entry_point_and_keeps_its_place(shop: Graph) -> None:
    (before,) = (edge for edge in shop.edges if edge.source == "function:orders:place_order" and edge.kind == "http")
    (after,) = (edge for edge in fold(shop, "routes").edges if edge.target == "route:stock:PUT /reservations/{sku}")
    assert after.source == "route:orders:POST /orders"
    assert (after.path, after.line, after.via) == (before.path, before.line, "place_order")
    assert after.diagnostics == before.diagnostics


def test_every_entry_point_that_reaches_a_call_gets_it(system: System) -> None:
    save, emit = system.function("orders", "save"), system.function("orders", "emit")
    system.call(save, emit)
    system.call(emit, save)
    system.publish(emit, "things")
    entries = [
        system.route("orders", "POST /a"),
        system.handler("orders", "on_b", "b"),
        system.job("orders", "nightly"),
    ]
    for entry in entries:
        system.call(entry, save)
    system.route("orders", "GET /quiet")
    assert {source for _, source, _ in edges(fold(system.graph(), "routes"), "publish")} == set(entries)


def test_a_function_without_entry_point_keeps_its_call(system: System) -> None:
    caller, stock = system.function("shop", "main"), system.route("stock", "GET /stock")
    system.http(caller, stock)
    system.function("shop", "idle")
    folded = fold(system.graph(), "routes")
    assert edges(folded) == {("http", caller, stock)}
    assert names(folded, "function") == {"main"}


def test_a_function_that_consumes_counts_as_an_entry_point(system: System) -> None:
    topic = system.topic("things")
    poll, send = system.function("stock", "poll"), system.function("stock", "send")
    graph = system.graph()
    graph = msgspec.structs.replace(graph, edges=(Edge("c", topic, poll, "consume"), Edge("x", poll, send, "call")))
    graph = msgspec.structs.replace(graph, edges=(*graph.edges, Edge("p", send, topic, "publish")))
    assert edges(fold(graph, "routes")) == {("consume", topic, poll), ("publish", poll, topic)}


def test_routes_view_keeps_call_sites_apart(system: System) -> None:
    caller, stock = system.route("shop", "POST /x"), system.route("stock", "GET /stock")
    system.http(caller, stock)
    system.http(caller, stock)
    assert len({(edge.path, edge.line) for edge in fold(system.graph(), "routes").edges}) == 2


def test_routes_view_leaves_databases_out(shop: Graph) -> None:
    assert names(fold(shop, "routes"), "database") == set()


# chains


def test_chains_view_keeps_two_hops_in_a_row_with_what_they_call_outside(shop: Graph) -> None:
    folded = fold(shop, "chains")
    assert edges(folded) == {
        ("http", "route:shop:POST /checkout", "route:orders:POST /orders"),
        ("http", "route:orders:POST /orders", "route:stock:PUT /reservations/{sku}"),
        ("http", "route:shop:POST /checkout", "external:api.stripe.com"),
    }
    assert names(folded, "service") == {"shop", "orders", "stock"}


def test_a_single_hop_is_in_no_chain_unless_it_has_a_finding(system: System) -> None:
    stock = system.route("stock", "GET /stock")
    system.http(system.route("shop", "GET /plain"), stock)
    assert fold(system.graph(), "chains").nodes == ()
    flagged = system.route("shop", "GET /flagged")
    system.http(flagged, stock, "EDA106")
    assert edges(fold(system.graph(), "chains")) == {("http", flagged, stock)}


def test_a_caller_with_a_finding_of_its_own_is_kept_with_what_it_calls(system: System) -> None:
    caller, stock = system.route("shop", "GET /x"), system.route("stock", "GET /stock")
    system.http(caller, stock)
    system.mark(system.handler("stock", "on_x", "x"), "EDA301")
    system.mark(caller, "EDA102")
    folded = fold(system.graph(), "chains")
    assert edges(folded) == {("http", caller, stock)}
    assert names(folded, "handler") == set()


def test_a_call_of_a_host_outside_is_no_second_hop(system: System) -> None:
    middle = system.route("orders", "POST /orders")
    system.http(system.route("shop", "POST /x"), middle)
    system.http(middle, system.external("api.example.com"), method="GET", url="https://api.example.com/")
    assert fold(system.graph(), "chains").edges == ()


def test_a_message_breaks_a_chain(system: System) -> None:
    system.publish(system.route("shop", "POST /x"), "things")
    system.http(system.handler("stock", "on_thing", "things"), system.route("orders", "GET /orders"))
    assert fold(system.graph(), "chains").edges == ()


def test_remote_calls_over_a_queue_count_as_waiting(system: System) -> None:
    first, second, third = (system.route(service, "call") for service in ("a", "b", "c"))
    system.rpc(first, second)
    system.http(second, third)
    assert edges(fold(system.graph(), "chains")) == {("rpc", first, second), ("http", second, third)}


# events


def test_events_view_keeps_publishers_handlers_and_what_handlers_call(market: Graph) -> None:
    folded = fold(market, "events")
    shown = edges(folded)
    assert ("publish", "route:orders:POST /orders", "topic:order.placed") in shown
    assert ("consume", "topic:order.placed", "handler:stock:on_order_placed") in shown
    handler = "handler:shipping:on_payment_captured"
    assert ("http", handler, "route:accounts:GET /accounts/{account_id}/addresses") in shown
    assert ("http", handler, "external:api.dhl.com") in shown
    assert "basket" not in names(folded, "service")
    assert not any(source.startswith("route:gateway") for _, source, _ in shown)


def test_events_view_keeps_a_topic_that_nobody_uses(system: System) -> None:
    system.topic("orphan")
    assert names(fold(system.graph(), "events"), "topic") == {"orphan"}


# calls


def test_calls_view_is_the_call_graph_of_functions(shop: Graph) -> None:
    folded = fold(shop, "calls")
    assert edges(folded) == {
        ("call", "route:orders:POST /orders", "function:orders:place_order"),
        ("call", "function:orders:place_order", "function:orders:notify"),
    }
    assert names(folded, "topic") == names(folded, "database") == names(folded, "external") == set()


def test_calls_view_tells_a_finding_on_what_is_sent_of_the_sender(shop: Graph) -> None:
    folded = fold(shop, "calls")
    assert codes(folded, by_id(folded, "function:orders:notify")) == ["EDA201"]


# all views


def test_an_unknown_view_is_refused_with_the_names_of_all(shop: Graph) -> None:
    with pytest.raises(GraphError, match="no view 'everything': choose one of services, routes, chains, events, calls"):
        fold(shop, "everything")


def test_an_edge_to_nowhere_is_refused() -> None:
    with pytest.raises(GraphError, match="edge 'e' ends at 'b', which is no node"):
        fold(Graph(1, (Node("a", "function", "a"),), (Edge("e", "a", "b", "call"),)), "services")


def test_two_nodes_of_one_id_are_refused() -> None:
    with pytest.raises(GraphError, match="two nodes share the id 'a'"):
        fold(Graph(1, (Node("a", "function", "a"), Node("a", "job", "a")), ()), "services")


@pytest.mark.parametrize("view", VIEWS)
def test_findings_of_a_view_are_those_its_nodes_and_edges_name(market: Graph, view: str) -> None:
    folded = fold(market, view)
    named = {mark for record in (*folded.nodes, *folded.edges) for mark in record.diagnostics}
    assert {finding.fingerprint for finding in folded.findings} == named


MARKS = st.lists(st.sampled_from(["f0", "f1", "f2", "f3"]), max_size=2).map(lambda marks: tuple(sorted(set(marks))))
FINDINGS = tuple(Finding(f"f{n}", f"EDA10{n}", "rule", "message", "a.py", n + 1) for n in range(4))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any closed graph: the engine makes only sensible ones, but graphs are also read from files."""
    kinds = draw(st.lists(st.sampled_from(NODE_KINDS), min_size=1, max_size=9))
    nodes = []
    for number, kind in enumerate(kinds):
        service = draw(st.sampled_from(["", "a", "b"])) if kind in CODE_KINDS else ""
        name = f"{kind}:{'ab'[number % 2]}" if kind == "service" and number < 2 else f"{kind}:{number}"
        nodes.append(Node(name, kind, name.partition(":")[2], service=service, diagnostics=draw(MARKS)))
    ids = st.sampled_from([node.id for node in nodes])
    edges = [
        Edge(
            id=f"e{number}",
            source=draw(ids),
            target=draw(ids),
            kind=draw(st.sampled_from(EDGE_KINDS)),
            method=draw(st.sampled_from(["", "GET"])),
            path=draw(st.sampled_from(["", "a.py", "b.py"])),
            line=draw(st.integers(0, 2)),
            via=draw(st.sampled_from(["", "f"])),
            confidence=draw(st.sampled_from(["certain", "likely", "guess"])),
            concurrent=draw(st.booleans()),
            diagnostics=draw(MARKS),
        )
        for number in range(draw(st.integers(0, 14)))
    ]
    return Graph(1, tuple(nodes), tuple(edges), FINDINGS)


@given(graphs(), st.sampled_from(VIEWS), st.randoms(use_true_random=False))
def test_order_has_no_say(graph: Graph, view: str, order: random.Random) -> None:
    nodes, edges, findings = list(graph.nodes), list(graph.edges), list(graph.findings)
    for records in (nodes, edges, findings):
        order.shuffle(records)
    assert fold(Graph(1, tuple(nodes), tuple(edges), tuple(findings)), view) == fold(graph, view)


@given(graphs(), st.sampled_from(VIEWS))
def test_folding_twice_changes_nothing(graph: Graph, view: str) -> None:
    once = fold(graph, view)
    assert fold(once, view) == once


@given(graphs(), st.sampled_from(["services", "routes"]))
def test_no_finding_is_lost_where_nothing_is_left_out(graph: Graph, view: str) -> None:
    before = {mark for record in (*graph.nodes, *graph.edges) for mark in record.diagnostics}
    assert {finding.fingerprint for finding in fold(graph, view).findings} == before


def test_of_several_deliveries_that_a_view_unites_the_worst_stands() -> None:
    def united(*deliveries: str) -> str:
        handlers = [Node(f"h{number}", "handler", "h", service="s") for number in range(len(deliveries))]
        ways = [
            Edge(f"e{number}", "t", f"h{number}", "consume", delivery=delivery)
            for number, delivery in enumerate(deliveries)
        ]
        graph = Graph(1, (*handlers, Node("t", "topic", "orders")), tuple(ways))
        (edge,) = fold(graph, "services").edges
        return edge.delivery

    assert united("safe", "may duplicate") == "may duplicate"
    assert united("may lose", "may duplicate") == "may lose and duplicate"
    assert united("safe", "unknown") == "unknown"
    assert united("", "safe") == "safe"
    assert united("", "") == ""
