"""DOT as a text: clusters, shapes, marks, labels and tooltips, read back with pydot."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pydot
import pytest

from edanalyze.graph import VIEWS, Edge, Finding, Graph, Node, fold, render
from edanalyze.graph.palette import DELIVERIES

System = Any
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")


def parsed(graph: Graph, title: str = "") -> pydot.Dot:
    read = pydot.graph_from_dot_data(render(graph, "dot", title).decode())
    assert read is not None
    return read[0]


def clusters(dot: pydot.Dot) -> dict[str, pydot.Subgraph]:
    return {unquoted(part.get_name()): part for part in dot.get_subgraphs() if "cluster" in part.get_name()}


def unquoted(text: str | None) -> str:
    return (text or "").strip('"')


def node(dot: pydot.Dot, name: str) -> pydot.Node:
    found = [part for place in (dot, *dot.get_subgraphs()) for part in place.get_node(f'"{name}"') if part.get("shape")]
    (only,) = found
    return only


def edge(dot: pydot.Dot, source: str, target: str) -> pydot.Edge:
    (found,) = dot.get_edge(f'"{source}"', f'"{target}"')
    return found


def test_services_are_clusters_that_hold_their_entry_points(shop: Graph) -> None:
    drawn = clusters(parsed(fold(shop, "routes")))
    assert {"cluster_shop", "cluster_orders", "cluster_stock"} < set(drawn)
    assert {unquoted(part.get_name()) for part in drawn["cluster_stock"].get_nodes()} == {
        "route:stock:PUT /reservations/{sku}",
        "handler:stock:on_order_placed",
    }


def test_entry_points_that_send_nothing_are_listed_in_one_note(shop: Graph) -> None:
    note = node(parsed(fold(shop, "routes")), "quiet shop")
    assert (note.get("shape"), unquoted(note.get("label"))) == ("plaintext", r"GET /health\l")


def test_a_long_list_of_quiet_entry_points_is_cut_short_but_told_in_the_tooltip(system: System) -> None:
    for number in range(20):
        system.route("orders", f"GET /things/{number:02}")
    note = node(parsed(fold(system.graph(), "routes")), "quiet orders")
    assert unquoted(note.get("label")).endswith(r"GET /things/11\land 8 more\l")
    assert r"GET /things/19" in unquoted(note.get("tooltip"))


def test_waiting_and_messaging_differ_in_dash_and_arrow_head_too(shop: Graph) -> None:
    dot = parsed(fold(shop, "services"))
    waits = edge(dot, "service:shop", "service:orders")
    message = edge(dot, "topic:order.placed", "service:stock")
    assert (waits.get("style"), waits.get("arrowhead")) == ("solid", "normal")
    assert (message.get("style"), message.get("arrowhead")) == ("dashed", "vee")


def test_kinds_of_nodes_differ_in_shape_or_outline(system: System) -> None:
    names = [
        system.service("s"),
        system.route("s", "GET /x"),
        system.handler("s", "on_x", "x"),
        system.job("s", "nightly"),
        system.topic("x"),
        system.external("api.example.com"),
        system.unknown("settings.URL", "set nowhere"),
    ]
    for sender in names[1:4]:
        for target in (names[0], names[5], names[6]):
            system.http(sender, target)
    dot = parsed(fold(system.graph(), "routes"))
    looks = {(node(dot, name).get("shape"), node(dot, name).get("style")) for name in names}
    assert len(looks) == len(names)
    assert "dotted" in unquoted(node(dot, names[6]).get("style"))


def test_topics_and_databases_are_drums_of_different_colour(shop: Graph) -> None:
    dot = parsed(fold(shop, "services"))
    topic, database = node(dot, "topic:order.placed"), node(dot, "database:stock")
    assert topic.get("shape") == database.get("shape") == "cylinder"
    assert topic.get("fillcolor") != database.get("fillcolor")


def test_findings_are_marked_on_nodes_by_code_and_outline(shop: Graph) -> None:
    dot = parsed(fold(shop, "services"))
    flagged, clean = node(dot, "service:stock"), node(dot, "service:orders")
    assert "▲ EDA301" in unquoted(flagged.get("label"))
    assert float(flagged.get("penwidth")) > float(clean.get("penwidth"))
    assert flagged.get("color") != clean.get("color")


def test_findings_are_marked_on_edges_by_code_count_and_width(system: System) -> None:
    source, target = system.route("shop", "POST /x"), system.route("orders", "POST /orders")
    system.http(source, target, "EDA101", "EDA103")
    system.http(source, target, "EDA103")
    system.http(target, system.route("stock", "GET /stock"))
    dot = parsed(fold(system.graph(), "routes"))
    flagged = edge(dot, source, target)
    clean = edge(dot, target, "route:stock:GET /stock")
    assert unquoted(flagged.get("label")).strip() == "▲ EDA101, EDA103 ×2"
    assert float(flagged.get("penwidth")) > float(clean.get("penwidth"))


def test_many_codes_are_cut_short(system: System) -> None:
    handler = system.handler("s", "on_x", "x")
    system.mark(handler, "EDA101", "EDA102", "EDA103", "EDA104", "EDA301")
    label = unquoted(node(parsed(fold(system.graph(), "routes")), handler).get("label"))
    assert label.endswith("EDA101, EDA102, EDA103, and 2 more")


def test_tooltips_tell_findings_and_call_sites_in_full(shop: Graph) -> None:
    tooltip = unquoted(
        edge(parsed(fold(shop, "routes")), "route:orders:POST /orders", "topic:order.placed").get("tooltip")
    )
    assert "services/orders/logic.py:" in tooltip
    assert "in notify" in tooltip
    assert "EDA201 publish-after-commit: publish after commit in notify" in tooltip


def test_requests_are_labelled_where_the_target_does_not_say_them(shop: Graph) -> None:
    routes, services = parsed(fold(shop, "routes")), parsed(fold(shop, "services"))
    assert edge(routes, "route:shop:GET /orders/{order_id}", "route:orders:GET /orders/{order_id}").get("label") == '""'
    stripe = edge(routes, "route:shop:POST /checkout", "external:api.stripe.com")
    assert unquoted(stripe.get("label")).strip() == "POST /v1/charges"
    assert "PUT /reservations/{sku}" in unquoted(edge(services, "service:orders", "service:stock").get("label"))
    assert "2 requests" in unquoted(edge(services, "service:shop", "service:orders").get("label"))


def test_parallel_edges_are_one_line(market: Graph) -> None:
    graph = fold(market, "services")
    lines = {(edge.source, edge.target, edge.kind) for edge in graph.edges}
    assert len(lines) < len(graph.edges)
    assert len(parsed(graph).get_edge_list()) == len(lines)


def test_a_database_of_one_service_stands_beside_it_and_a_shared_one_does_not(system: System) -> None:
    for service in ("orders", "stock"):
        system.write(system.route(service, "POST /x"), service)
        system.write(f"route:{service}:POST /x", "shared")
    text = render(fold(system.graph(), "services"), "dot").decode()
    rows = [set(re.findall(r'"([^"]+)"', row)) for row in re.findall(r"rank=same;\n(.*?)\}", text, re.DOTALL)]
    assert sorted(rows, key=sorted) == [
        {"service:orders", "database:orders"},
        {"service:stock", "database:stock"},
    ]


def test_title_and_counts_are_the_heading(shop: Graph) -> None:
    heading = unquoted(parsed(fold(shop, "routes"), "The shop").get("label"))
    assert heading == r"The shop\l3 services · 6 routes · 1 handler · 1 topic · 4 findings\l"


def test_the_legend_explains_what_occurs_and_nothing_else(shop: Graph) -> None:
    legend = clusters(parsed(fold(shop, "services")))["cluster_legend "].to_string()
    for word in (
        "HTTP, waits for the answer",
        "message, nobody waits",
        "writes",
        "topic",
        "EDA301 non-idempotent-handler",
    ):
        assert word in legend
    for word in ("scheduled job", "RPC", "outbox", "EDA601"):
        assert word not in legend


def test_a_legend_of_many_rules_is_cut_short() -> None:
    findings = tuple(Finding(f"f{number}", f"EDA{number}", "rule", "m", "a.py", 1) for number in range(100, 130))
    marks = tuple(finding.fingerprint for finding in findings)
    graph = Graph(1, (Node("service:a", "service", "a", diagnostics=marks),), (), findings)
    text = render(graph, "dot").decode()
    assert "EDA111 rule" in text
    assert "EDA112 rule" not in text.replace("EDA112 rule:", "")
    assert "and 18 more" in text


def test_an_empty_graph_is_an_empty_picture_with_a_heading() -> None:
    assert unquoted(parsed(Graph(1, (), ())).get("label")) == r"no findings\l"


def test_long_names_are_cut_in_the_label_and_whole_in_the_tooltip() -> None:
    name = "a" * 200 + "middle" + "z" * 200
    drawn = node(parsed(Graph(1, (Node("t", "topic", name),), ())), "t")
    label = unquoted(drawn.get("label"))
    assert len(label) < 50
    assert re.fullmatch("a+…z+", label)
    assert name in unquoted(drawn.get("tooltip"))


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x1b", "\x00", "\x9b", "\ufffe", "\udce4"])
def test_what_could_steer_the_reader_or_break_the_file_is_replaced(mark: str) -> None:
    text = render(Graph(1, (Node(f"topic:{mark}", "topic", f"a{mark}b"),), ()), "dot", title=mark).decode()
    assert mark not in text
    assert '"a\ufffdb"' in text


def test_nodes_that_differ_in_unprintable_letters_alone_stay_apart() -> None:
    nodes = tuple(Node(f"topic:{mark}", "topic", mark) for mark in ("\x01", "\x02", "%1;"))
    text = render(Graph(1, nodes, ()), "dot").decode()
    assert len(set(re.findall(r'^"topic:[^"]*"', text, re.MULTILINE))) == 3


def test_a_line_of_guesses_alone_says_so(system: System) -> None:
    source, target = system.route("a", "GET /"), system.route("b", "GET /")
    system.http(source, target, confidence="guess")
    assert unquoted(edge(parsed(system.graph()), source, target).get("label")).strip() == "guessed"
    system.http(source, target, confidence="likely")
    assert edge(parsed(system.graph()), source, target).get("label") == '""'


@pytest.mark.parametrize("view", VIEWS)
def test_the_same_graph_gives_the_same_text(market: Graph, view: str) -> None:
    graph = fold(market, view)
    backwards = Graph(1, graph.nodes[::-1], graph.edges[::-1], graph.findings[::-1])
    assert render(graph, "dot") == render(backwards, "dot")


def test_a_finding_that_the_graph_does_not_describe_is_still_marked() -> None:
    graph = Graph(1, (Node("a", "topic", "a"),), (Edge("e", "a", "a", "publish", diagnostics=("lost",)),))
    assert "▲ finding" in unquoted(edge(parsed(graph), "a", "a").get("label"))


def test_a_way_of_messages_is_labelled_and_coloured_by_its_delivery() -> None:
    nodes = (Node("t", "topic", "orders"), Node("a", "handler", "bill"), Node("b", "handler", "ship"))
    edges = (Edge("1", "t", "a", "consume", delivery="may lose"), Edge("2", "t", "b", "consume", delivery="safe"))
    for form in ("dot", "mermaid"):
        drawn = render(Graph(1, nodes, edges), form).decode()
        assert "may lose" in drawn and "safe" in drawn
        assert DELIVERIES["may lose"] in drawn
    without = tuple(msgspec.structs.replace(edge, delivery="") for edge in edges)
    assert DELIVERIES["may lose"] not in render(Graph(1, nodes, without), "dot").decode()
