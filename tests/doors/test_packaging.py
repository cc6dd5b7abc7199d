"""What is installed, and that the pages that describe it agree with it."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import click
import msgspec
import pytest
from flake8.options.manager import OptionManager
from packaging.requirements import Requirement

import edanalyze
from edanalyze.cli.app import app
from edanalyze.flake8_plugin import Plugin

ROOT = Path(__file__).parents[2]


def built(folder: Path, kind: str) -> Path:
    """Build a wheel or an sdist from the source."""
    if not (ROOT / "edanalyze").is_dir():
        pytest.skip("the source is not here: these tests run against what was built from it")
    build = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(built(tmp_path_factory.mktemp("wheel"), "wheel"))


def test_the_sdist_holds_what_it_takes_to_build_to_test_and_to_contribute(tmp_path: Path) -> None:
    with tarfile.open(built(tmp_path, "sdist")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "pyproject.toml"} <= names
    assert {".ci/run", ".ci/matrix", ".pre-commit-hooks.yaml", "tests/doors/test_packaging.py"} <= names
    assert any(name.startswith("fixtures/shop/") for name in names)
    assert not any("__pycache__" in name or name.endswith(".pyc") for name in names)


def test_two_packages_are_installed_and_none_is_called_checks(wheel: zipfile.ZipFile) -> None:
    top = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"edanalyze", "edanalyze_checks"}


def test_every_file_of_the_packages_is_installed(wheel: zipfile.ZipFile) -> None:
    for package, folder in (("edanalyze", ROOT), ("edanalyze_checks", ROOT / "checks")):
        files = [file.relative_to(folder) for file in (folder / package).rglob("*") if file.is_file()]
        sources = [file for file in files if not any(part.startswith((".", "__pycache__")) for part in file.parts)]
        assert {file.as_posix() for file in sources} <= set(wheel.namelist())
    assert "edanalyze/py.typed" in wheel.namelist()
    assert any(re.fullmatch(r"edanalyze/models/.*\.toml", name) for name in wheel.namelist())


def test_entry_points_lead_to_command_plugin_and_rules() -> None:
    found = {(point.group, point.name): point for point in metadata.distribution("edanalyze").entry_points}
    assert found["flake8.extension", "EDA"].load() is Plugin
    assert found["console_scripts", "edanalyze"].load() is edanalyze.cli.main
    assert found["edanalyze.checks", "builtin"].load()


def test_the_installed_version_is_that_of_the_package() -> None:
    assert metadata.version("edanalyze") == edanalyze.__version__


def readme_commands() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^<!-- .* -->\n```sh\n(.*)\n```$", text, re.MULTILINE)


@pytest.mark.parametrize(("mark", "position"), [("try it", 0), ("run the tests", 1)])
def test_ci_runs_the_commands_of_the_readme(mark: str, position: int) -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    function = re.search(r"^readme_command\(\).*?^}$", script, re.MULTILINE | re.DOTALL)
    assert function
    assert f"readme_command '{mark}'" in script
    taken = subprocess.run(
        ["bash", "-c", f"{function[0]}\nreadme_command '{mark}'"], cwd=ROOT, capture_output=True, text=True, timeout=10
    )
    assert taken.stdout == f"{readme_commands()[position]}\n"


def test_the_finding_that_the_readme_shows_is_what_its_first_command_prints() -> None:
    shown = re.search(
        r"^```text\n(.*?)\n```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert shown
    command = [sys.executable, "-m", "edanalyze", "check", "fixtures/shop", "--exit-zero"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120).stdout
    assert f"\n{shown[1]}\n" in f"\n{printed}"


def test_the_page_on_the_command_line_names_every_command_and_option() -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    sections = {
        title.split()[1]: text for title, text in re.findall(r"^## (edanalyze .*)\n([^\0]*?)(?=^## |\Z)", page, re.M)
    }
    assert set(sections) == set(app.commands)
    for name, command in app.commands.items():
        parts = [*command.commands.values()] if isinstance(command, click.Group) else [command]
        parameters = [each for part in parts for each in part.params if isinstance(each, click.Option)]
        options = {opt for each in parameters for opt in each.opts if opt[:2] == "--"}
        assert set(re.findall(r"--[a-z][a-z-]+", sections[name])) >= options, name
        assert set(re.findall(r"--[a-z][a-z-]+", sections[name])) <= options, name


def test_the_page_on_flake8_names_every_option_of_the_plugin() -> None:
    manager = OptionManager(version="", plugin_versions="", parents=[], formatter_names=[])
    Plugin.add_options(manager)
    page = (ROOT / "docs/flake8.md").read_text(encoding="utf-8")
    assert set(re.findall(r"--edanalyze-[a-z-]+", page)) == {option.long_option_name for option in manager.options}


def test_the_page_on_dependencies_argues_for_each_of_them() -> None:
    page = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    declared = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())["project"]
    extras = declared["optional-dependencies"]
    required = [*declared["dependencies"], *(each for extra in set(extras) - {"dev"} for each in extras[extra])]
    runtime = {Requirement(each).name.lower() for each in required}
    assert {"libcst", "wasmtime"} <= runtime
    assert set(re.findall(r"^\| ([\w-]+) \|", page, re.MULTILINE)) - {"package"} == runtime
