"""Systems and browsers for the tests of the HTML report."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edanalyze.cli.app import app

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def written(root: Path, target: Path) -> Path:
    """The report of a system."""
    outcome = CliRunner().invoke(app, ["report", str(root), "-o", str(target)])
    assert outcome.exit_code == 0, outcome.output
    return target


@pytest.fixture(scope="session")
def shop_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample shop."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(FIXTURES / "shop", folder / "shop")
    return written(folder / "shop", folder / "report.html")


@pytest.fixture(scope="session")
def large_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a system of sixty services that call and notify each other."""
    folder = tmp_path_factory.mktemp("large")
    system = folder / "system"
    compose = ["services:"]
    for number in range(60):
        name = f"service{number:02}"
        (system / name).mkdir(parents=True)
        (system / name / "requirements.txt").write_text("fastapi\n")
        (system / name / "Dockerfile").write_text("FROM python:3.12\n")
        compose += [f"  {name}:", f"    build: ./{name}"]
        (system / name / "main.py").write_text(
            "import json\n\nimport httpx\nimport pika\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
            'channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()\n\n\n'
            '@app.get("/items/{item}")\ndef item(item: int):\n'
            f'    answer = httpx.get(f"http://service{(number * 7 + 1) % 60:02}/items/{{item}}")\n'
            f'    channel.basic_publish("", "topic{number % 20:02}", json.dumps({{"id": item}}))\n'
            "    return answer.json()\n\n\n"
            "def on_message(channel, method, properties, body):\n"
            "    channel.basic_ack(method.delivery_tag)\n\n\n"
            f'channel.basic_consume("topic{(number + 3) % 20:02}", on_message)\n'
        )
    (system / "docker-compose.yml").write_text("\n".join(compose) + "\n")
    return written(system, folder / "report.html")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium, where one is installed."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield launched
        launched.close()
