"""The set-ups that the documentation shows: valid for the services they are for, and run as far as they can be."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from click.testing import CliRunner
from jsonschema import Draft4Validator
from jsonschema.validators import validator_for

from edanalyze.cli.app import app

ROOT = Path(__file__).parents[2]
CI = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
EDITORS = (ROOT / "docs/editors.md").read_text(encoding="utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


GITHUB, GITLAB, PRE_COMMIT = (yaml.safe_load(text) for text in blocks(CI, "yaml"))


def assert_valid(document: Any, schema: str) -> None:
    loaded = get_builtin_schema(f"vendor.{schema}")
    plain = json.loads(json.dumps({("on" if key is True else key): value for key, value in document.items()}))
    assert [error.message for error in validator_for(loaded)(loaded).iter_errors(plain)] == []


def test_the_github_workflow_is_valid() -> None:
    assert_valid(GITHUB, "github-workflows")


def test_the_gitlab_job_is_valid() -> None:
    assert_valid(GITLAB, "gitlab-ci")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "fixtures/shop", tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shop/.git").mkdir()
    return tmp_path / "shop"


def run_line(line: str, folder: Path) -> int:
    """Run one line of a pipeline in which edanalyze is installed."""
    program, *arguments = shlex.split(line)
    assert program == "edanalyze"
    command = [sys.executable, "-m", "edanalyze", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=120).returncode


def test_the_lines_of_the_github_workflow_write_the_report_that_is_uploaded(shop: Path) -> None:
    steps = GITHUB["jobs"]["edanalyze"]["steps"]
    lines = [step["run"] for step in steps if "run" in step]
    assert lines[0] == "pip install edanalyze"
    assert [run_line(line, shop) for line in lines[1:]] == [1]
    (uploaded,) = [step["with"]["sarif_file"] for step in steps if "upload-sarif" in step.get("uses", "")]
    schema = json.loads((ROOT / "tests/schemas/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    Draft4Validator(schema).validate(json.loads((shop / uploaded).read_text(encoding="utf-8")))


def test_the_lines_of_the_gitlab_job_write_the_report_that_is_collected(shop: Path) -> None:
    job = GITLAB["edanalyze"]
    assert job["script"][0] == "pip install edanalyze"
    assert [run_line(line, shop) for line in job["script"][1:]] == [1]
    report = json.loads((shop / job["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8"))
    assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(report[0])
    assert len({entry["fingerprint"] for entry in report}) == len(report)


def test_the_hooks_are_valid_and_those_that_the_page_names() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {hook["id"] for hook in PRE_COMMIT["repos"][0]["hooks"]} <= {hook["id"] for hook in HOOKS}
    assert all(hook["pass_filenames"] is False and hook["require_serial"] is True for hook in HOOKS)


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_the_hooks_lines_run(hook: dict[str, Any], shop: Path) -> None:
    shutil.rmtree(shop / ".git")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        settings = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *settings, *arguments], cwd=shop, check=True, capture_output=True, timeout=30)
    assert run_line(hook["entry"], shop) == (0 if "--since" in hook["entry"] else 1)


@pytest.mark.parametrize(("external", "status"), [(True, 0), (False, 1)])
def test_ruff_takes_our_noqa_comments_for_used_when_told_of_our_codes(
    tmp_path: Path, external: bool, status: int
) -> None:
    (settings,) = blocks(CI, "toml")
    (tmp_path / "pyproject.toml").write_text(settings if external else "", encoding="utf-8")
    (tmp_path / "app.py").write_text("publish()  # noqa: EDA201\n", encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--preview", "--select", "RUF100,RUF102", "app.py"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60).returncode == status


def test_the_settings_shown_for_editors_are_json() -> None:
    assert len([json.loads(text) for text in blocks(EDITORS, "json")]) == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_is_offered_as_the_page_says(shell: str) -> None:
    assert f"_EDANALYZE_COMPLETE={shell}_source edanalyze" in EDITORS
    ran = complete({"_EDANALYZE_COMPLETE": f"{shell}_source"})
    assert "_EDANALYZE_COMPLETE" in ran


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("edanalyze ch", {"check"}),
        ("edanalyze explain EDA20", {"EDA201", "EDA202", "EDA203", "EDA205"}),
        ("edanalyze explain publish-a", {"publish-after-commit", "publish-after-autocommit-write"}),
        ("edanalyze check --select EDA301,EDA30", {"EDA301,EDA302"}),
        ("edanalyze check --format sa", {"sarif"}),
        ("edanalyze baseline w", {"write"}),
    ],
)
def test_commands_rules_and_formats_are_completed(words: str, expected: set[str]) -> None:
    typed = words.split()
    offered = complete({"_EDANALYZE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1)})
    assert expected <= {line.partition(",")[2] for line in offered.splitlines()}


def complete(variables: dict[str, str]) -> str:
    code = "from edanalyze.cli import main; main([])"
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60
    ).stdout


@pytest.mark.parametrize("name", sorted(app.commands))
def test_help_of_every_command_says_more_than_its_name(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"]).output
    text = shown.partition("Options:")[0]
    assert len(text.split()) > 20
    options = [option for option in app.commands[name].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []
