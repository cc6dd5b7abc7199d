"""The HTML report in a real browser: it opens from disk, filters, answers clicks and keys, and complains of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.test_page import HOSTILE, written


class Opened:
    """A report in a browser, and what the browser complained of."""

    def __init__(self, browser: Any, report: Path, **settings: Any) -> None:
        self.page = browser.new_page(viewport={"width": 1500, "height": 950}, **settings)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(report.as_uri())

    def count(self, selector: str) -> int:
        return len(self.page.query_selector_all(selector))


@pytest.fixture
def shop(browser: Any, shop_report: Path) -> Iterator[Opened]:
    opened = Opened(browser, shop_report)
    if not opened.count("#canvas svg"):
        pytest.skip("nothing here can draw")
    yield opened
    assert opened.complaints == []
    assert all(url.startswith("file:") for url in opened.requests)
    opened.page.close()


def test_it_opens_with_the_graph_of_services(shop: Opened) -> None:
    assert shop.page.inner_text("#title") == "shop"
    assert shop.count("#canvas g.node[role=button]") > 10
    assert shop.count("#canvas g.edge[role=button]") > 10


def test_a_click_on_an_edge_shows_its_calls_and_findings(shop: Opened) -> None:
    shop.page.dispatch_event("g.edge[aria-label*='gateway'][aria-label*='orders'][aria-label^='http']", "click")
    details = shop.page.inner_text("#details")
    assert "gateway → orders" in details
    assert "gateway/app/routes/orders.py" in details
    assert shop.count("#details details[data-finding]") >= 1


def test_boxes_are_opened_by_keyboard(shop: Opened) -> None:
    shop.page.focus("g.node[aria-label='service orders']")
    shop.page.keyboard.press("Enter")
    assert "orders" in shop.page.inner_text("#details h2")


def test_keys_and_wheel_move_and_zoom_the_graph(shop: Opened) -> None:
    def box() -> list[float]:
        return [float(part) for part in shop.page.get_attribute("#canvas svg", "viewBox").split()]

    shop.page.focus("#canvas")
    shop.page.keyboard.press("0")
    first = box()
    shop.page.keyboard.press("+")
    assert box()[2] < first[2]
    shop.page.keyboard.press("ArrowRight")
    assert box()[0] > first[0]
    shop.page.keyboard.press("0")
    assert box() == pytest.approx(first, abs=0.01)
    shop.page.hover("#canvas")
    shop.page.mouse.wheel(0, 200)
    assert box()[2] > first[2]


def test_edges_are_filtered_by_kind_and_service(shop: Opened) -> None:
    shop.page.uncheck("#kinds input[value=http]")
    assert shop.count("g.edge[aria-label^='http'].off") == shop.count("g.edge[aria-label^='http']") > 0
    shop.page.select_option("#service", "payments")
    assert 0 < shop.count("g.node.faint") < shop.count("g.node[role=button]")
    shop.page.select_option("#service", "")
    shop.page.check("#only-findings")
    assert shop.count("g.node.faint") > 0


def test_every_view_can_be_chosen(shop: Opened) -> None:
    for view in ("events", "chains", "routes", "services"):
        shop.page.select_option("#view", view)
        assert shop.count("#canvas g.node[role=button]") > 0


def test_findings_are_searched_filtered_and_grouped(shop: Opened) -> None:
    shop.page.click("#tab-findings")
    everything = shop.count("#findings details")
    shop.page.fill("#search", "EDA101")
    assert 0 < shop.count("#findings details") < everything
    shop.page.fill("#search", "")
    shop.page.select_option("#rule", "EDA201")
    assert all(code == "EDA201" for code in shop.page.locator("#findings summary .code").all_inner_texts())
    shop.page.select_option("#rule", "")
    shop.page.select_option("#group", "service")
    assert any(heading.startswith("payments") for heading in shop.page.locator("#findings h3").all_inner_texts())


def test_a_finding_unfolds_its_source_and_its_path(shop: Opened) -> None:
    shop.page.click("#tab-findings")
    shop.page.select_option("#rule", "EDA101")
    shop.page.click("#findings summary >> nth=0")
    assert shop.page.is_visible("#findings pre .hit")
    assert shop.count("#findings details[open] ol.trace li") >= 2


def test_events_are_searched_and_filtered(shop: Opened) -> None:
    shop.page.click("#tab-events")
    everything = shop.count("#events > details")
    assert everything > 10
    shop.page.fill("#event-search", "order_id")
    found = shop.page.locator("#events summary .name").all_inner_texts()
    assert "orders.placed" in found and len(found) < everything
    shop.page.fill("#event-search", "")
    shop.page.select_option("#event-kind", "command")
    assert all(kind == "command" for kind in shop.page.locator("#events summary .tag").all_inner_texts())
    shop.page.select_option("#event-kind", "")
    shop.page.select_option("#event-service", "invoicing")
    assert 0 < shop.count("#events > details") < everything
    shop.page.select_option("#event-service", "")
    shop.page.select_option("#event-ends", "unsent")
    assert shop.page.locator("#events summary .name").all_inner_texts() == ["subscriptions.renewed"]
    assert shop.page.inner_text("#events-shown").startswith("1 of")


def test_an_event_unfolds_its_schema_and_both_ends_by_keyboard(shop: Opened) -> None:
    shop.page.click("#tab-events")
    shop.page.focus("#event-orders\\.placed summary")
    shop.page.keyboard.press("Enter")
    shop.page.wait_for_selector("#event-orders\\.placed .ends")
    told = shop.page.inner_text("#event-orders\\.placed")
    assert "orders.placed on kafka" in told
    assert "total" in told and "Producers (" in told and "Consumers (" in told
    assert "payments/" in told and "reads order_id" in told
    assert shop.count("#event-orders\\.placed .ends pre .hit") >= 2
    assert shop.count("#event-orders\\.placed .ends details[data-finding]") >= 1
    shop.page.keyboard.press("Enter")
    assert not shop.page.is_visible("#event-orders\\.placed .ends")


def test_a_topic_of_the_graph_leads_to_the_events_it_carries(shop: Opened) -> None:
    shop.page.dispatch_event("g.node[aria-label='topic orders.placed']", "click")
    shop.page.focus("#details button.carried")
    shop.page.keyboard.press("Enter")
    assert shop.page.is_visible("#panel-events")
    shop.page.wait_for_selector("#event-orders\\.placed .ends")
    assert shop.page.evaluate("document.activeElement.closest('details').id") == "event-orders.placed"


def test_tabs_are_reached_by_arrow_keys(shop: Opened) -> None:
    shop.page.focus("#tab-graph")
    shop.page.keyboard.press("ArrowRight")
    assert shop.page.is_visible("#panel-findings")
    assert shop.page.get_attribute("#tab-findings", "aria-selected") == "true"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Any, shop_report: Path, scheme: str) -> None:
    opened = Opened(browser, shop_report, color_scheme=scheme)
    contrast = opened.page.evaluate(
        """() => {
          const light = (text) => {
            const parts = text.match(/[\\d.]+/g).slice(0, 3).map((part) => {
              const value = part / 255;
              return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
          };
          const ground = light(getComputedStyle(document.body).backgroundColor);
          document.querySelector("#events details").open = true;
          const listed = ["#events .name", "#events .tag", "#events .place"];
          const shown = ["body", "#findings .code", "#findings .place", ...listed];
          return shown.map((name) => document.querySelector(name)).map((each) => {
            const ink = light(getComputedStyle(each).color);
            return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
          });
        }"""
    )
    assert all(ratio >= 4.5 for ratio in contrast)
    opened.page.close()


def test_sixty_services_are_drawn_and_answer(browser: Any, large_report: Path) -> None:
    opened = Opened(browser, large_report)
    if not opened.count("#canvas svg"):
        pytest.skip("nothing here can draw")
    assert opened.count("g.node[aria-label^='service ']") == 60
    opened.page.select_option("#service", "service07")
    assert 0 < opened.count("g.node:not(.faint)[role=button]") < 12
    opened.page.dispatch_event("g.node[aria-label='service service07']", "click")
    assert "service07" in opened.page.inner_text("#details h2")
    assert opened.complaints == []
    opened.page.close()


def test_names_with_markup_do_nothing(browser: Any, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "main.py").write_text(
        "import pika\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
        'channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()\n\n\n'
        f'@app.post("/orders")\ndef order(item: str):\n    channel.basic_publish("", "{HOSTILE}", item)\n'
    )
    opened = Opened(browser, written(tmp_path / "shop", tmp_path / "report.html"))
    opened.page.click("#tab-findings")
    opened.page.click("#tab-events")
    opened.page.click("#events summary")
    opened.page.wait_for_selector("#events .ends")
    assert opened.count("img") == 0
    assert opened.complaints == []
    opened.page.close()
