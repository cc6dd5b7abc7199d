"""Both doors on the sample systems: the same findings, in any way that flake8 can be started."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flake8.main.cli import main as flake8
from jsonschema import Draft202012Validator

from edanalyze.cli.app import app

FIXTURES = Path(__file__).parents[2] / "fixtures"
SYSTEMS = sorted(each.name for each in FIXTURES.iterdir() if each.is_dir() and any(each.rglob("*.py")))
FINDING = re.compile(r"(?:\./)?(.*):(\d+):(\d+): (EDA\d+) (.*)")

Found = tuple[str, int, int, str, str]
LayOut = Callable[[str], Path]


@pytest.fixture
def lay_out(tmp_path: Path) -> LayOut:
    """Copy a sample system into the work tree of its own that it would be."""

    def copied(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(FIXTURES / name, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / ".git").mkdir()
        return folder

    return copied


@pytest.fixture
def shop(lay_out: LayOut) -> Path:
    return lay_out("shop")


def findings(output: str) -> list[Found]:
    """What is told of Python files; flake8 sees no others."""
    assert "critical error" not in output
    matches = filter(None, map(FINDING.fullmatch, output.splitlines()))
    found = sorted((each[1], int(each[2]), int(each[3]), each[4], each[5]) for each in matches)
    return [each for each in found if each[0].endswith(".py")]


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> list[Found]:
    command = [sys.executable, "-m", *arguments]
    ran = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, timeout=120)
    assert ran.returncode in (0, 1), ran.stderr.decode() + ran.stdout.decode()
    return findings(ran.stdout.decode())


def from_command(folder: Path, *arguments: str) -> list[Found]:
    return run(folder, "edanalyze", "check", "--format", "concise", *arguments)


def from_flake8(folder: Path, *arguments: str, stdin: bytes = b"") -> list[Found]:
    return run(folder, "flake8", "--isolated", "--select", "EDA", *arguments, stdin=stdin)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_sample_system_has_the_same_findings_through_both_doors(
    name: str, lay_out: LayOut, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lay_out(name))
    all_rules = [("--enable", "ALL"), ("--min-confidence", "guess")]
    for options in ([], all_rules):
        own = [part for option, value in options for part in (option, value)]
        checked = CliRunner().invoke(app, ["check", "--format", "concise", *own, "."])
        assert checked.exit_code in (0, 1), checked.output
        capsys.readouterr()
        plugin = [part for option, value in options for part in (f"--edanalyze{option[1:]}", value)]
        flake8(["--isolated", "-j1", "--select", "EDA", *plugin, "."])
        assert findings(capsys.readouterr().out) == findings(checked.stdout)


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_workers_report_what_the_command_reports(shop: Path, jobs: str) -> None:
    reported = from_command(shop)
    assert reported
    assert from_flake8(shop, "-j", jobs) == reported


def test_a_buffer_on_stdin_reports_what_its_file_reports(shop: Path) -> None:
    for path in sorted({each[0] for each in from_command(shop)})[:3]:
        shown = from_flake8(shop, "--stdin-display-name", path, "-", stdin=(shop / path).read_bytes())
        assert shown == from_command(shop, path) != []


def test_an_edited_buffer_counts_instead_of_the_file(shop: Path) -> None:
    path, line, _, code, _ = from_command(shop)[0]
    edited = b"# a new first line\n" + (shop / path).read_bytes()
    shown = from_flake8(shop, "--stdin-display-name", path, "-", stdin=edited)
    assert (line + 1, code) in {(each[1], each[3]) for each in shown}


def test_noqa_silences_the_same_line_through_both_doors(shop: Path) -> None:
    before = from_command(shop)
    path, line, _, code, _ = before[0]
    lines = (shop / path).read_text(encoding="utf-8").split("\n")
    lines[line - 1] = f"{lines[line - 1].partition('#')[0]}  # noqa: {code}"
    (shop / path).write_text("\n".join(lines), encoding="utf-8")
    after = [each for each in before if (each[0], each[1], each[3]) != (path, line, code)]
    assert from_command(shop) == after == from_flake8(shop)
    assert from_command(shop, "--disable-noqa") == before == from_flake8(shop, "--disable-noqa")


def test_the_project_s_settings_hold_for_both_doors(shop: Path) -> None:
    before = from_command(shop)
    ignored = before[0][3]
    (shop / "pyproject.toml").write_text(f'[tool.edanalyze]\nignore = ["{ignored}"]\n', encoding="utf-8")
    after = [each for each in before if each[3] != ignored]
    assert from_command(shop) == after == from_flake8(shop)


def test_the_command_needs_no_flake8_and_paths_are_told_from_the_root(shop: Path) -> None:
    code = "import sys; sys.modules['flake8'] = None; from edanalyze.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "check", "--format", "json", shop.name]
    ran = subprocess.run(command, capture_output=True, cwd=shop.parent, timeout=120)
    assert ran.returncode == 1, ran.stderr
    schema = json.loads((FIXTURES.parent / "docs/schema/check.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(ran.stdout))
    told = json.loads(ran.stdout)["diagnostics"]
    reported = [(each["path"], each["line"], each["code"]) for each in told if each["path"].endswith(".py")]
    assert sorted(reported) == sorted((each[0], each[1], each[3]) for each in from_command(shop))
