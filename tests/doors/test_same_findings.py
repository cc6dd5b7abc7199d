"""Both doors on the sample systems: the same findings, in any way that flake8 can be started."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("edanalyze.api")

FIXTURES = Path(__file__).parents[2] / "fixtures"
SYSTEMS = sorted(each.name for each in FIXTURES.iterdir() if each.is_dir() and any(each.rglob("*.py")))
FINDING = re.compile(r"(?:\./)?(.*):(\d+):(\d+): (EDA\d+) (.*)")

Found = tuple[str, int, int, str, str]


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Lay a sample system out as the work tree of its own that it would be."""
    folder = tmp_path_factory.mktemp("systems") / request.param
    shutil.copytree(FIXTURES / request.param, folder)
    (folder / ".git").mkdir()
    yield folder


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    ran = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, input=stdin, capture_output=True, timeout=120, check=False
    )
    assert ran.returncode in (0, 1), ran.stderr.decode() + ran.stdout.decode()
    assert "critical error" not in ran.stdout.decode()
    return ran.stdout.decode()


def findings(output: str) -> list[Found]:
    matches = filter(None, map(FINDING.fullmatch, output.splitlines()))
    return sorted((each[1], int(each[2]), int(each[3]), each[4], each[5]) for each in matches)


def from_command(folder: Path, *arguments: str) -> list[Found]:
    return findings(run(folder, "edanalyze", "check", "--format", "concise", *arguments))


def from_flake8(folder: Path, *arguments: str, stdin: bytes = b"") -> list[Found]:
    return findings(run(folder, "flake8", "--isolated", "--select", "EDA", *arguments, stdin=stdin))


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_flake8_reports_what_the_command_reports(system: Path, jobs: str) -> None:
    assert from_flake8(system, "-j", jobs, ".") == from_command(system, ".")


def test_opt_in_rules_are_the_same_through_both_doors(system: Path) -> None:
    everything = from_command(system, "--enable", "ALL", "--min-confidence", "guess", ".")
    options = ["--edanalyze-enable", "ALL", "--edanalyze-min-confidence", "guess"]
    assert from_flake8(system, *options, ".") == everything
    assert set(everything) >= set(from_command(system, "."))


def test_a_buffer_on_stdin_reports_what_its_file_reports(system: Path) -> None:
    reported = sorted({each[0] for each in from_command(system, ".")})
    for path in reported[:3]:
        shown = from_flake8(system, "--stdin-display-name", path, "-", stdin=(system / path).read_bytes())
        assert shown == from_command(system, path)


def test_an_edited_buffer_counts_instead_of_the_file(system: Path) -> None:
    for path, line, _, code, _ in from_command(system, ".")[:1]:
        lines = (system / path).read_bytes().splitlines(keepends=True)
        moved = b"".join([b"# a new first line\n", *lines])
        shown = from_flake8(system, "--stdin-display-name", path, "-", stdin=moved)
        assert (line + 1, code) in {(each[1], each[3]) for each in shown}


def test_noqa_silences_the_same_line_through_both_doors(system: Path, tmp_path: Path) -> None:
    before = from_command(system, ".")
    if not before:
        pytest.skip("nothing to silence")
    path, line, _, code, _ = before[0]
    copy = tmp_path / system.name
    shutil.copytree(system, copy)
    lines = (copy / path).read_text(encoding="utf-8").split("\n")
    lines[line - 1] = f"{lines[line - 1].partition('#')[0]}  # noqa: {code}"
    (copy / path).write_text("\n".join(lines), encoding="utf-8")
    after = [each for each in before if (each[0], each[1], each[3]) != (path, line, code)]
    assert from_command(copy, ".") == after
    assert from_flake8(copy, ".") == after
    assert from_flake8(copy, "--disable-noqa", ".") == before == from_command(copy, "--disable-noqa", ".")


def test_findings_depend_neither_on_flake8_nor_on_the_working_folder(system: Path) -> None:
    code = "import sys; sys.modules['flake8'] = None; from edanalyze.cli import main; main(sys.argv[1:])"
    ran = subprocess.run(
        [sys.executable, "-c", code, "check", "--format", "json", str(system)],
        capture_output=True,
        cwd=system.parent,
        timeout=120,
    )
    assert ran.returncode in (0, 1), ran.stderr
    reported = [
        (each["path"], each["line"], each["column"], each["code"]) for each in json.loads(ran.stdout)["diagnostics"]
    ]
    assert sorted(reported) == [each[:4] for each in from_command(system, ".")]


def test_the_sample_systems_have_findings() -> None:
    assert "shop" in SYSTEMS
