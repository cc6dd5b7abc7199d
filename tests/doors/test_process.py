"""The command as a process of its own: what it loads, and how it ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edanalyze import __version__
from edanalyze.cli.app import app

COMMAND = [sys.executable, "-m", "edanalyze"]


def edanalyze(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, **options)  # type: ignore[call-overload,no-any-return]


def test_version() -> None:
    ran = edanalyze("--version")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"edanalyze {__version__}\n", "")


def test_help_shows_where_to_start() -> None:
    ran = edanalyze("--help")
    assert ran.returncode == 0
    assert "edanalyze check" in ran.stdout
    listed = re.findall(r"^  ([\w-]+) ", ran.stdout.partition("Commands:")[2], re.MULTILINE)
    assert listed == sorted(app.commands)


def test_an_unknown_command_is_a_usage_error() -> None:
    ran = edanalyze("chekc")
    assert ran.returncode == 2
    assert "No such command 'chekc'" in ran.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["explain", "EDA201"], ["rules"], ["models"]])
def test_what_needs_no_engine_loads_neither_libcst_nor_flake8(arguments: list[str]) -> None:
    code = (
        "import sys, atexit\n"
        "slow = {'libcst', 'flake8', 'rich', 'yaml'}\n"
        "atexit.register(lambda: sys.stderr.write(' '.join(slow & set(sys.modules))))\n"
        f"from edanalyze.cli import main\nmain({arguments!r})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_importing_the_package_loads_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import edanalyze; print(sorted(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "['__future__', 'edanalyze']\n"


@pytest.mark.parametrize("arguments", [["rules"], ["models", "--format", "json"]], ids=["short", "long"])
def test_a_reader_that_leaves_early_is_no_failure(arguments: list[str]) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*COMMAND, *arguments], **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        if "json" in arguments:
            process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) in (0, 1)  # as click sees it


def test_what_the_output_s_encoding_does_not_have_is_escaped(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    ran = edanalyze("check", "漢", cwd=tmp_path, env=environment)
    assert ran.returncode == 2
    assert "Path '\\u6f22' does not exist" in ran.stderr
