"""A team's first day on a legacy system, as it would be played on a command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from jsonschema import Draft4Validator

ROOT = Path(__file__).parents[2]
SICK = """

def cancel(order):
    session.commit()
    channel.basic_publish("", "order-cancelled", order.id)
"""
MENDED = """

def cancel(order):
    session.add(Outbox(topic="order-cancelled", order=order.id))
    session.commit()
"""
SERVICE = """\
import pika
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from refunds.database import engine

session = Session(engine)
channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


class Base(DeclarativeBase):
    pass


class Refund(Base):
    __tablename__ = "refunds"
    id: Mapped[int] = mapped_column(primary_key=True)


class Outbox(Base):
    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    order: Mapped[str]


def refund(order):
    session.add(Refund(id=order.id))
    session.commit()
    channel.basic_publish("", "refund-made", order.id)
"""

Run = Callable[..., Result]


@pytest.fixture
def legacy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system with many findings and no settings."""
    system = tmp_path / "shop"
    shutil.copytree(ROOT / "fixtures/shop", system, ignore=shutil.ignore_patterns("__pycache__"))
    (system / ".git").mkdir()
    (system / "refunds.py").write_text(SERVICE, encoding="utf-8")
    monkeypatch.chdir(system)
    return system


def test_a_team_s_first_day(legacy: Path, run: Run) -> None:
    file = legacy / "refunds.py"
    assert run("check", "--format", "concise").exit_code == 1
    services = services_of(run)

    # The team looks at what there is, and accepts it.
    assert run("init").exit_code == 0
    assert services_of(run) == services
    written = run("baseline", "write")
    assert written.exit_code == 0
    assert (legacy / "edanalyze-baseline.json").is_file()
    green = run("check")
    assert green.exit_code == 0, green.output
    assert "No findings" in green.stdout
    assert "known from the baseline" in green.stdout
    assert run("baseline", "check").exit_code == 0

    # Code moves about; nothing is new.
    text = file.read_text(encoding="utf-8").replace("def refund", "LIMIT = 100\n\n\ndef refund")
    file.write_text(text, encoding="utf-8")
    assert run("check", "-q").exit_code == 0

    # Somebody writes a new sick line: exactly that one is reported, in every form.
    file.write_text(
        text + SICK.replace("    session.commit", "    session.add(Refund(id=1))\n    session.commit"), "utf-8"
    )
    line = next(
        number for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if "cancelled" in text
    )
    red = run("check", "-q", "--format", "concise")
    assert red.exit_code == 1
    (reported,) = [each for each in red.stdout.splitlines() if "EDA201" in each]
    assert reported.startswith(f"refunds.py:{line}:13: EDA201 ")
    expected = {(*each.split(":")[:2], each.split()[1]) for each in red.stdout.splitlines()}
    assert {path for path, _, _ in expected} == {"refunds.py"}

    text_form = run("check", "-q")
    assert f"refunds.py:{line}:13: EDA201 publish-after-commit" in text_form.stdout
    assert text_form.stdout.count("EDA201 publish-after-commit") == 1

    sarif = json.loads(run("check", "-q", "--format", "sarif").stdout)
    schema = json.loads((ROOT / "tests/schemas/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    Draft4Validator(schema).validate(sarif)
    places = [(each["ruleId"], each["locations"][0]["physicalLocation"]) for each in sarif["runs"][0]["results"]]
    assert {
        (place["artifactLocation"]["uri"], str(place["region"]["startLine"]), code) for code, place in places
    } == expected

    github = run("check", "-q", "--format", "github").stdout.splitlines()
    assert len(github) == len(expected)
    assert any(each.startswith("::error file=refunds.py,") and f"line={line}," in each for each in github)

    # It is mended: green again.
    file.write_text(text + MENDED, encoding="utf-8")
    assert run("check", "-q").exit_code == 0

    # An old finding is mended, too: its entry is stale, and is pruned.
    file.write_text(text.replace('    channel.basic_publish("", "refund-made", order.id)\n', ""), encoding="utf-8")
    stale = run("check")
    assert stale.exit_code == 0
    assert "`edanalyze baseline prune`" in stale.stderr
    judged = run("baseline", "check")
    assert judged.exit_code == 1
    assert "stale: refunds.py: EDA201 in refunds.refund: " in judged.stdout
    assert run("baseline", "prune").exit_code == 0
    assert run("baseline", "check").exit_code == 0
    assert "baseline prune" not in run("check").stderr


def services_of(run: Run) -> list[str]:
    graph = json.loads(run("graph", "--format", "json").stdout)
    return sorted(node["name"] for node in graph["nodes"] if node["kind"] == "service")
