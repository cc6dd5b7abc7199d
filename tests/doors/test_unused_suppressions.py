"""Comments that silence nothing, or are not understood, are the same through both doors, whatever is switched off."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flake8.main.cli import main as flake8
from flake8.utils import stdin_get_value

Run = Callable[..., Result]
APP = '''\
import pika  # noqa: F401,EDA302
from sqlalchemy.orm import Session

from orders.database import engine

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


def place(order):
    with Session(engine) as session:  # edanalyze: ignore[publish-after-commit] too early
        session.add(order)
        session.commit()  # edanalyze: ignore[publish-after-comit]
    channel.basic_publish("", "placed", order)  # noqa: EDA201


def cancel(order):
    with Session(engine) as session:
        session.add(order)
        session.commit()  # noqa: EDA2
    channel.basic_publish("", "cancelled", order)  # noqa: E501
    print("""
    """)  # noqa: EDA106,E501
'''

Found = list[tuple[int, int, str]]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.edanalyze]\n", encoding="utf-8")
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/app.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "orders/app.py"


def listed(output: str) -> Found:
    parts = [line.replace("\\", "/").split(":", 3) for line in output.splitlines()]
    return sorted((int(line), int(column), text.split()[0]) for _, line, column, text in parts)


@pytest.fixture
def from_check(run: Run) -> Callable[..., Found]:
    def found(*arguments: str) -> Found:
        ran = run("check", "-q", "--format", "concise", *arguments)
        assert ran.exit_code in (0, 1), ran.output
        return listed(ran.stdout)

    return found


@pytest.fixture
def from_flake8(capsys: pytest.CaptureFixture[str]) -> Callable[..., Found]:
    def found(*arguments: str) -> Found:
        capsys.readouterr()
        flake8(["--isolated", "-j1", "--select", "EDA", *(arguments or ["."])])
        return listed(capsys.readouterr().out)

    return found


def places(code: str, *texts: str) -> Found:
    """Where the texts stand in the file, with the code."""
    lines = APP.splitlines()
    at = [(number, line.index(text) + 1) for text in texts for number, line in enumerate(lines, 1) if text in line]
    return [(line, column, code) for line, column in at]


def test_both_doors_report_each_rule_that_a_comment_names_in_vain(
    app: Path, from_check: Callable[..., Found], from_flake8: Callable[..., Found]
) -> None:
    unused = places("EDA901", "EDA302", "publish-after-commit", "EDA106")
    malformed = places("EDA902", "publish-after-comit]")
    found = from_check()
    assert [each for each in found if each[2] == "EDA901"] == sorted([*unused, (19, 35, "EDA901")])
    assert [each for each in found if each[2] == "EDA902"] == malformed
    assert (20, 13, "EDA201") in found
    assert from_flake8() == found


def test_a_rule_that_is_switched_off_is_no_reason_to_call_a_comment_unused(
    app: Path, from_check: Callable[..., Found], from_flake8: Callable[..., Found]
) -> None:
    left = places("EDA901", "EDA106")
    found = from_check("--ignore", "EDA2,EDA3")
    assert [each for each in found if each[2] == "EDA901"] == left
    assert from_flake8("--extend-ignore", "EDA2,EDA3", ".") == found


def test_per_file_ignores_of_flake8_and_of_the_project_count(
    app: Path, from_check: Callable[..., Found], from_flake8: Callable[..., Found]
) -> None:
    found = from_flake8("--per-file-ignores", "orders/*:EDA2,EDA3", ".")
    assert [each for each in found if each[2] == "EDA901"] == places("EDA901", "EDA106")
    settings = '[[tool.edanalyze.per-path]]\npaths = ["orders/"]\nignore = ["EDA2", "EDA3"]\n'
    Path("pyproject.toml").write_text(settings, encoding="utf-8")
    assert from_check() == found == from_flake8()


def test_without_noqa_no_noqa_comment_is_judged(
    app: Path, from_check: Callable[..., Found], from_flake8: Callable[..., Found]
) -> None:
    found = from_check("--disable-noqa")
    assert [each for each in found if each[2] == "EDA901"] == places("EDA901", "publish-after-commit")
    assert from_flake8("--disable-noqa", ".") == found


def test_files_that_were_not_asked_for_are_not_judged(app: Path, from_check: Callable[..., Found]) -> None:
    Path("billing.py").write_text("x = 1  # noqa: EDA201\n", encoding="utf-8")
    assert from_check("billing.py") == [(1, 16, "EDA901")]
    assert (1, 16, "EDA901") not in from_check("orders")


def test_a_comment_that_hides_a_guess_is_of_use_even_where_guesses_are_not_shown(
    app: Path, from_check: Callable[..., Found]
) -> None:
    app.write_text(
        "from django.db import transaction\n\nfrom orders.tasks import notify\n\n\n@transaction.atomic\n"
        "def place(order):\n    order.check()\n    notify.delay(order)  # noqa: EDA202\n",
        encoding="utf-8",
    )
    shown = from_check("--disable-noqa", "--select", "EDA202", "--min-confidence", "guess")
    assert [each[2] for each in shown] == ["EDA202"]
    assert from_check("--select", "EDA202,EDA901") == []


@pytest.mark.parametrize("name", [[], ["--stdin-display-name", "orders/new.py"]])
def test_a_buffer_of_which_the_project_is_not_seen_is_not_judged(
    app: Path, from_flake8: Callable[..., Found], monkeypatch: pytest.MonkeyPatch, name: list[str]
) -> None:
    stdin_get_value.cache_clear()
    text = b"notify()  # noqa: EDA201\nnotify()  # edanalyze: ignore[EDA201] because\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text), encoding="utf-8"))
    assert from_flake8(*name, "-") == []
