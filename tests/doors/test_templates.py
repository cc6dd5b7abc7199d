"""Findings that lie in a deployment file: shown by the command with the file's text, silenced by its comments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from edanalyze.cli.app import app

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::SQS::Queue{comment}
"""


@pytest.fixture
def check(tmp_path: Path) -> Callable[[str], str]:
    def checked(comment: str) -> str:
        (tmp_path / "template.yaml").write_text(TEMPLATE.format(comment=comment), encoding="utf-8")
        (tmp_path / "app.py").write_text("def handle(event, context): ...\n", encoding="utf-8")
        return CliRunner().invoke(app, ["check", "--select", "EDA602", str(tmp_path)]).stdout

    return checked


def test_the_line_of_the_template_is_shown(check: Callable[[str], str]) -> None:
    shown = check("")
    assert "template.yaml:4:" in shown
    assert "4 |     Type: AWS::SQS::Queue" in shown


@pytest.mark.parametrize("comment", ["  # noqa", "  # noqa: EDA602", "  # edanalyze: ignore[no-dead-letter] a hint"])
def test_comments_of_the_template_silence(check: Callable[[str], str], comment: str) -> None:
    assert "EDA602" not in check(comment)


@pytest.mark.parametrize("comment", ["  # noqa: EDA601", "  # edanalyze: ignore[EDA601]", "  # a queue"])
def test_other_comments_do_not(check: Callable[[str], str], comment: str) -> None:
    assert "EDA602" in check(comment)
