"""Where the cache is, and the command that shows and clears it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edanalyze.cli.app import app
from tests.cache.conftest import checked, project

Run = Callable[..., Result]


@pytest.fixture
def run(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(shop)
    return lambda *arguments: CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_info_says_where_it_is_and_what_it_holds(run: Run, shop: Path) -> None:
    assert run("cache", "info").stdout.startswith(f"{shop}/.edanalyze_cache (not there yet)\n")
    checked(shop)
    shown = run("cache", "info").stdout
    assert shown.startswith(f"{shop}/.edanalyze_cache\n")
    assert "facts of files" in shown
    assert "results, which save the analysis" in shown


def test_clear_deletes_it_and_nothing_else(run: Run, shop: Path) -> None:
    before = sorted(shop.rglob("*"))
    checked(shop)
    assert run("cache", "clear").exit_code == 0
    assert sorted(shop.rglob("*")) == before


def test_no_cache_leaves_nothing(run: Run, shop: Path) -> None:
    for command in ("check", "graph", "callgraph"):
        assert run(command, "--no-cache").exit_code in (0, 1)
    assert not (shop / ".edanalyze_cache").exists()


def test_the_configuration_and_before_it_the_environment_name_the_folder(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "pyproject.toml").write_text('[tool.edanalyze]\ncache-dir = "kept"\n')
    first = checked(shop)
    assert (shop / "kept/CACHEDIR.TAG").is_file()
    monkeypatch.setenv("EDANALYZE_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert checked(shop) == first
    assert (tmp_path / "elsewhere/CACHEDIR.TAG").is_file()
    assert not (shop / ".edanalyze_cache").exists()


def test_loose_files_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import requests\n")
    project(tmp_path / "a.py")
    checked(tmp_path / "a.py")
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]
    ran = CliRunner().invoke(app, ["cache", "info", str(tmp_path / "a.py")])
    assert ran.exit_code == 2
    assert "EDANALYZE_CACHE_DIR" in ran.stderr


@pytest.mark.parametrize("arguments", [["check", "--format", "concise"], ["graph"], ["check", "--format", "json"]])
def test_a_remembered_result_loads_neither_parser_nor_engine_nor_rules(shop: Path, arguments: list[str]) -> None:
    code = (
        "import sys, atexit\n"
        "slow = {'libcst', 'yaml', 'rich', 'edanalyze.analyse', 'edanalyze.link', 'edanalyze_checks'}\n"
        "atexit.register(lambda: sys.stderr.write('loaded: ' + ' '.join(sorted(slow & set(sys.modules)))))\n"
        f"from edanalyze.cli import main\nmain({arguments!r})"
    )
    cold, warm = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=shop)
        for _ in range(2)
    )
    assert "edanalyze.analyse" in cold.stderr
    assert warm.stderr == "loaded: "
    assert warm.stdout == cold.stdout


def test_after_an_edit_of_comments_no_engine_is_loaded(shop: Path) -> None:
    code = (
        "import sys, atexit\n"
        "engine = {'edanalyze.analyse.system', 'edanalyze.link.program'}\n"
        "atexit.register(lambda: sys.stderr.write('loaded: ' + ' '.join(sorted(engine & set(sys.modules)))))\n"
        "from edanalyze.cli import main\nmain(['check', '--format', 'concise'])"
    )
    source = next(path for path in sorted(shop.rglob("*.py")) if "def " in path.read_text())

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=shop)

    cold = check()
    source.write_text(source.read_text() + "\n# about nothing\n")
    edited = check()
    assert "edanalyze.analyse.system" in cold.stderr
    assert edited.stderr == "loaded: "
    assert edited.stdout == cold.stdout
