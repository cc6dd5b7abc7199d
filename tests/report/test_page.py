"""The page of the HTML report: what it holds, and that no name in a program can break out of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.report.conftest import written

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


def data_of(report: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', report.read_text(), re.S)
    assert found is not None
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def test_every_finding_is_there_with_its_code_and_the_source_of_each_step(shop_report: Path) -> None:
    findings = data_of(shop_report)["findings"]
    assert len(findings) > 30
    for finding in findings:
        assert any(line["number"] == finding["line"] for line in finding["excerpt"])
    chain = next(finding for finding in findings if finding["code"] == "EDA101")
    assert all(step["source"] for step in chain["trace"])


def test_every_event_is_there_with_its_schema_and_the_code_at_both_ends(shop_report: Path) -> None:
    events = {event["name"]: event for event in data_of(shop_report)["events"]}
    placed = events["orders.placed"]
    assert [field["name"] for field in placed["fields"]] == ["order_id", "total"]
    for end in (*placed["producers"], *placed["consumers"]):
        assert any(line["number"] == end["line"] for line in end["sample"])
    assert any(end["diagnostics"] for end in placed["producers"])
    assert any("messages: " in told for end in placed["consumers"] for told in end["told"])


def test_blanks_in_the_source_are_kept(shop_report: Path) -> None:
    lines = [line["text"] for finding in data_of(shop_report)["findings"] for line in finding["excerpt"]]
    assert any(line.startswith("    ") and "  # expect:" in line for line in lines)


def test_every_line_of_a_drawing_is_described(shop_report: Path) -> None:
    for view in data_of(shop_report)["views"]:
        assert view["svg"] or view["problem"]
        anchors = {node["anchor"] for node in view["nodes"]}
        assert all({link["source"], link["target"]} <= anchors for link in view["links"])
        drawn = re.findall(r"<title>([^<]*)&#45;&gt;", view["svg"])
        assert not view["svg"] or len(drawn) >= len(view["links"])


def test_nothing_is_loaded_from_elsewhere(shop_report: Path) -> None:
    page = shop_report.read_text()
    markup = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.S)
    assert "default-src 'none'" in markup
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", markup)


def test_names_with_markup_stay_text(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "main.py").write_text(
        "import pika\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
        'channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()\n\n\n'
        f'@app.post("/orders")\ndef order(item: str):\n    channel.basic_publish("", "{HOSTILE}", item)\n'
    )
    report = written(tmp_path / "shop", tmp_path / "report.html")
    assert report.read_text().count("</script>") == 2
    assert any(HOSTILE in node["name"] for view in data_of(report)["views"] for node in view["nodes"])


def test_a_file_that_could_not_be_read_is_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "broken.py").write_text("def (:\n")
    left_out = data_of(written(tmp_path / "shop", tmp_path / "report.html"))["not_analysed"]
    assert [(each["path"], bool(each["reason"])) for each in left_out] == [("broken.py", True)]
