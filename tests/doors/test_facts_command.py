"""Facts files through the command line: written, merged, mixed with folders, and refused without harm to the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

CALLER = """
import requests
from fastapi import FastAPI
app = FastAPI()

@app.post("/checkout")
def checkout():
    requests.post("http://stock/reservations")
"""
CALLEE = """
from fastapi import FastAPI
app = FastAPI()

@app.post("/reservations")
def reserve(): ...
"""


@pytest.fixture
def repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two repositories side by side, and the working folder above them."""
    for name, code in (("shop", CALLER), ("stock", CALLEE)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n', encoding="utf-8")
        (folder / "main.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reached(ran: Result) -> list[tuple[str, str]]:
    """Source and target of the requests in a graph."""
    assert ran.exit_code == 0, ran.output
    return [(edge["source"], edge["target"]) for edge in json.loads(ran.stdout)["edges"] if edge["kind"] == "http"]


def test_facts_files_are_drawn_together(repositories: Path, run: Run) -> None:
    for name in ("shop", "stock"):
        assert run("facts", name, "-o", f"{name}.json").exit_code == 0
    together = [("service:shop", "service:stock")]
    assert reached(run("graph", "shop.json", "stock.json")) == together
    assert reached(run("graph", "stock.json", "shop.json")) == together
    assert reached(run("graph", "shop", "stock.json")) == together
    assert run("facts", "shop.json", "stock.json", "-o", "both.json").exit_code == 0
    assert run("facts", "stock.json", "both.json", "-o", "again.json").exit_code == 0
    assert Path("both.json").read_bytes() == Path("again.json").read_bytes()
    assert reached(run("graph", "both.json")) == together


def test_a_bad_file_is_named_and_the_rest_is_drawn(repositories: Path, run: Run) -> None:
    run("facts", "stock", "-o", "stock.json")
    Path("bad.json").write_text('{"version": 99}', encoding="utf-8")
    ran = run("graph", "shop", "bad.json", "stock.json")
    assert reached(ran) == [("service:shop", "service:stock")]
    assert "not analysed: bad.json: version 99 of facts files is not known, only version 1" in ran.stderr


def test_check_takes_facts_files(repositories: Path, run: Run) -> None:
    run("facts", "stock", "-o", "stock.json")
    ran = run("check", "shop", "stock.json", "--select", "EDA100", "--format", "concise")
    assert "EDA100" in ran.stdout
    assert "stock" in ran.stdout


def test_the_other_end_of_a_message_may_be_in_another_system(repositories: Path, run: Run) -> None:
    producer = "from kafka import KafkaProducer\nproducer = KafkaProducer()\nproducer.send('orders.placed', b'')\n"
    consumer = (
        "from kafka import KafkaConsumer\ndef work():\n    for each in KafkaConsumer('orders.placed'): print(each)\n"
    )
    (repositories / "shop" / "main.py").write_text(producer, encoding="utf-8")
    (repositories / "stock" / "main.py").write_text(consumer, encoding="utf-8")
    for name in ("shop", "stock"):
        run("facts", name, "-o", f"{name}.json")
    for own, other in (("shop", "stock"), ("stock", "shop")):
        asked = ("--select", "EDA505", "--format", "concise", "-q")
        assert "EDA505" in run("check", own, *asked).stdout
        assert run("check", own, f"{other}.json", *asked).stdout == ""


SENDING = """
import json
from fastapi import FastAPI
from kafka import KafkaProducer
app = FastAPI()
producer = KafkaProducer()
@app.post("/orders")
def place(order_id: int):
    producer.send("orders.placed", json.dumps({"order_id": order_id, "total": 1.5}).encode())
"""
READING = """
import json
from kafka import KafkaConsumer
def work():
    for message in KafkaConsumer("orders.placed", group_id="stock"):
        order = json.loads(message.value)
        print(order["order_id"], order["customer"])
"""


@pytest.fixture
def ends(repositories: Path, run: Run) -> Path:
    """Two repositories with one end of a message each, and their facts files."""
    for name, code in (("shop", SENDING), ("stock", READING)):
        (repositories / name / "main.py").write_text(code, encoding="utf-8")
        assert run("facts", name, "-o", f"{name}.json").exit_code == 0
    return repositories


def test_the_catalogue_has_both_ends_of_a_message(ends: Path, run: Run) -> None:
    for paths in (
        ("shop", "stock.json"),
        ("stock", "shop.json"),
        ("shop.json", "stock.json"),
        ("stock.json", "shop.json"),
    ):
        (found,) = json.loads(run("catalog", *paths, "--format", "json").stdout)["messages"]
        assert (found["name"], found["channel"], found["kind"]) == ("orders.placed", "orders.placed", "event")
        assert list(found["schema"]["properties"]) == ["order_id", "total"]
        assert [(end["service"], end["path"], end["line"]) for end in found["producers"]] == [
            ("shop", "shop/main.py", 9)
        ]
        (consumer,) = found["consumers"]
        assert (consumer["path"], consumer["line"], consumer["group"]) == ("stock/main.py", 4, "stock")
        assert [read["name"] for read in consumer["reads"]] == ["customer", "order_id"]
        assert consumer["verdict"]


def test_merged_facts_give_one_catalogue_in_any_order(ends: Path, run: Run) -> None:
    assert run("facts", "shop.json", "stock.json", "-o", "both.json").exit_code == 0
    told = {
        run("catalog", *paths, "--format", form).stdout
        for paths in (
            ("shop.json", "stock.json"),
            ("stock.json", "shop.json"),
            ("both.json",),
            ("both.json", "shop.json"),
        )
        for form in ("json",)
    }
    assert len(told) == 1


def test_delivery_and_report_tell_of_other_systems(ends: Path, run: Run) -> None:
    for paths in (("shop", "stock.json"), ("shop.json", "stock.json")):
        (found,) = json.loads(run("delivery", *paths, "--format", "json").stdout)["deliveries"]
        assert (found["topic"], found["path"], found["producers"][0]["path"]) == (
            "orders.placed",
            "stock/main.py",
            "shop/main.py",
        )
    assert run("report", "shop", "stock.json", "-o", "report.html").exit_code == 0
    assert "stock/main.py" in Path("report.html").read_text(encoding="utf-8")


def test_contracts_are_broken_across_repositories(ends: Path, run: Run) -> None:
    for own, other, line in (("shop", "stock.json", "9"), ("stock", "shop.json", "7")):
        run("contracts", "lock", own)
        assert run("contracts", "check", own).exit_code == 0
        checked = run("contracts", "check", own, other)
        assert checked.exit_code == 1
        assert (
            "customer: read at stock/main.py:7 by work, and nobody sends it (sent at shop/main.py:9)" in checked.stdout
        )
        found = run("check", own, other, "--select", "EDA506", "--format", "concise", "-q").stdout
        assert f"{own}/main.py:{line}:" in found and "customer" in found


def test_an_event_is_contested_across_repositories(ends: Path, run: Run) -> None:
    (ends / "stock" / "main.py").write_text(SENDING, encoding="utf-8")
    run("facts", "stock", "-o", "stock.json")
    asked = ("--select", "EDA504", "--format", "concise", "-q")
    assert run("check", "shop", *asked).stdout == ""
    told = run("check", "shop", "stock.json", *asked).stdout
    assert "published by shop here and by stock (stock/main.py:9)" in told


def test_what_is_unresolved_is_listed_as_json(repositories: Path, run: Run) -> None:
    ran = run("graph", "shop", "--unresolved", "--format", "json")
    assert json.loads(ran.stdout) == [
        {
            "path": "main.py",
            "line": 8,
            "kind": "http",
            "method": "POST",
            "template": "http://stock/reservations",
            "reason": "no known service answers to the host stock",
        }
    ]
