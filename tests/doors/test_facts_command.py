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
