"""Mermaid as a text: subgraphs, arrows, styles, and names that mean nothing but themselves."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest

from edanalyze.graph import VIEWS, Edge, Finding, Graph, Node, fold, render

System = Any

NODE = re.compile(r'([a-z]+\d*)(\[\[|\[\(|\[/|\[|\(|>|\{\{)"([^"]*)"(\]\]|\)\]|/\]|\\\]|\]|\)|\}\}):::(\w+)')
LINK = re.compile(r'(n\d+) (-->|-\.->|--o)(?:\|"([^"]*)"\|)? (n\d+)')
OTHER = re.compile(
    r"(flowchart (LR|TB)|accTitle: .*|%% .*|subgraph g\d+\[\"[^\"]*\"\]|end|classDef .*"
    r"|class [\w,]+ \w+|linkStyle [\d,]+ .*)"
)


def drawn(graph: Graph, title: str = "") -> str:
    return render(graph, "mermaid", title).decode()


def statements(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def links(text: str) -> list[tuple[str, ...]]:
    return [match.groups() for line in statements(text) if (match := LINK.fullmatch(line))]


def labels(text: str) -> dict[str, str]:
    return {match[3]: match[1] for line in statements(text) if (match := NODE.fullmatch(line))}


@pytest.mark.parametrize("view", VIEWS)
def test_every_line_is_one_statement_of_a_flowchart(market: Graph, view: str) -> None:
    for line in statements(drawn(fold(market, view), "A title")):
        assert any(pattern.fullmatch(line) for pattern in (NODE, LINK, OTHER)), line


def test_services_are_subgraphs_around_their_entry_points(shop: Graph) -> None:
    text = drawn(fold(shop, "routes"))
    inside = re.search(r'subgraph g\d+\["stock"\]\n(.*?)\n  end', text, re.DOTALL)
    assert inside is not None
    assert "PUT /reservations/{sku}" in inside[1]
    assert "on_order_placed" in inside[1]
    assert "POST /orders" not in inside[1]


def test_waiting_is_a_solid_arrow_and_a_message_a_dashed_one(shop: Graph) -> None:
    text = drawn(fold(shop, "services"))
    arrows = {(source, target): arrow for source, arrow, _, target in links(text)}
    name = labels(text)
    orders, stock = name["orders<br/>services/orders"], name["stock<br/>services/stock<br/>▲ EDA301"]
    assert arrows[name["shop<br/>services/shop"], orders] == "-->"
    assert arrows[name["order.placed"], stock] == "-.->"
    assert arrows[orders, name["orders"]] == "--o"


def test_findings_are_marked_by_code_class_and_line_style(shop: Graph) -> None:
    text = drawn(fold(shop, "services"))
    flagged = labels(text)["stock<br/>services/stock<br/>▲ EDA301"]
    assert f"class {flagged} flagged" in statements(text)
    marked = [number for number, (_, _, label, _) in enumerate(links(text)) if label and "▲" in label]
    styled = re.findall(r"linkStyle ([\d,]+) stroke:#B83B00", text)
    assert sorted(int(number) for numbers in styled for number in numbers.split(",")) == marked != []


@pytest.mark.parametrize("view", VIEWS)
def test_each_link_is_styled_once(market: Graph, view: str) -> None:
    text = drawn(fold(market, view))
    styled = [int(number) for numbers in re.findall(r"linkStyle ([\d,]+) ", text) for number in numbers.split(",")]
    assert sorted(styled) == list(range(len(links(text))))


def test_the_legend_explains_what_occurs_and_nothing_else(shop: Graph) -> None:
    (legend,) = (line for line in statements(drawn(fold(shop, "services"))) if line.startswith("legend["))
    for words in ("solid arrow: HTTP, waits for the answer", "dashed arrow: message", "drum: database"):
        assert words in legend
    assert "hexagon" not in legend


def test_the_example_in_the_documentation_is_what_is_drawn(shop: Graph) -> None:
    page = (Path(__file__).parents[2] / "docs" / "graph.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{drawn(fold(shop, 'services'), 'The shop')}```\n" in page
    picture = (Path(__file__).parents[2] / "docs/images/reading.svg").read_text(encoding="utf-8")
    now = render(fold(shop, "services"), "svg", title="The shop").decode()
    shown, wanted = (sorted(re.findall(r"<text[^>]*>(.*?)</text>", html.unescape(svg))) for svg in (picture, now))
    assert shown == wanted != []


HOSTILE = [
    'quote " back \\ slash',
    "<b>&amp;</b><script>alert(1)</script>",
    "new\nline\r\ttab",
    "end",
    "subgraph x",
    "%% comment",
    "`code` **bold** $$x^2$$",
    "a|b]c)d}e{",
    "#quot; &lt; #35;",
    'click n1 href "javascript:alert(1)"',
    "\x00\x01\x1b[31m\x7f",
    "\u202egnp.exe",
    "@{ shape: das }",
    "a::b:::route",
    "\udce4",
    "",
    "---",
    "日本語 émoji 🎉",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_inside_their_quotes(name: str) -> None:
    finding = Finding("f", "EDA101", name, name, name, 1)
    nodes = (
        Node(f"service:{name}", "service", name, path=name),
        Node("r", "route", name, service=name, diagnostics=("f",)),
        Node("x", "unknown", name, reason=name),
    )
    edges = (Edge("e", "r", "x", "http", method="GET", url=f"http://x/{name}", via=name, diagnostics=("f",)),)
    text = drawn(Graph(1, nodes, edges, (finding,)), title=name)
    for line in statements(text):
        assert any(pattern.fullmatch(line) for pattern in (NODE, LINK, OTHER)), line
    for label in re.findall(r'"([^"]*)"', text):
        assert not re.search(r"[`<>&|\[\]\\]", label.replace("<br/>", "")), label


def test_a_letter_with_a_meaning_is_spelled_as_its_number() -> None:
    assert 'n0[["a#60;b#62; #34;c#34; #35;d"]]:::topic' in drawn(Graph(1, (Node("t", "topic", 'a<b> "c" #d'),), ()))


def test_more_lines_than_mermaid_draws_are_announced(system: System) -> None:
    targets = [system.route("b", f"GET /{number}") for number in range(501)]
    source = system.route("a", "GET /")
    for target in targets[:500]:
        system.http(source, target)
    assert "maxEdges" not in drawn(system.graph())
    system.http(source, targets[500])
    assert "501 lines: Mermaid needs a higher maxEdges for more than 500" in drawn(system.graph())


def test_markdown_fences_the_flowchart_and_lists_the_findings(shop: Graph) -> None:
    graph = fold(shop, "routes")
    text = render(graph, "markdown").decode()
    assert text.startswith("```mermaid\nflowchart LR\n")
    fenced, _, table = text.removeprefix("```mermaid\n").partition("```\n")
    assert fenced == drawn(graph)
    assert len([line for line in table.splitlines() if line.startswith("| EDA")]) == len(graph.findings) == 4


def test_markdown_without_findings_has_no_table(system: System) -> None:
    system.topic("t")
    assert "|" not in render(system.graph(), "markdown").decode().partition("```\n")[2]


def test_messages_mean_themselves_in_markdown() -> None:
    finding = Finding("f", "EDA101", "n", "a | b `c` <img src=x> *d*\n# e", "p.py", 1)
    text = render(Graph(1, (Node("t", "topic", "t", diagnostics=("f",)),), (), (finding,)), "markdown").decode()
    assert text.splitlines()[-1] == r"| EDA101 n | p.py:1 | a \| b \`c\` &lt;img src=x&gt; \*d\* \# e |"
