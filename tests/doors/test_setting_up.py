"""`init`, `config` and `new-check`: what a team runs before its first check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from jsonschema import Draft202012Validator

from edanalyze.discover.config import ConfigError, config_from_table, parse_toml, read_config
from edanalyze.models.schema import KINDS
from edanalyze.report.toml import inline

ROOT = Path(__file__).parents[2]
APP = """\
import os

import pika
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/orders")
def read():
    return requests.get(os.environ["BILLING_URL"] + "/bills", timeout=1).json()
"""
COMPOSE = """\
services:
  orders:
    build: ./orders
    command: uvicorn app:app
  broker:
    image: rabbitmq
"""

Run = Callable[..., Result]


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "system"
    (folder / "orders").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "docker-compose.yml").write_text(COMPOSE, encoding="utf-8")
    (folder / "orders/app.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def test_init_says_what_it_found_and_what_may_be_set(system: Path, run: Run) -> None:
    ran = run("init")
    assert ran.exit_code == 0, ran.output
    text = (system / "pyproject.toml").read_text(encoding="utf-8")
    assert "# Libraries found whose calls are known: fastapi, pika, requests.\n" in text
    assert '# [tool.edanalyze.services.orders]\n# path = "orders"\n' in text
    assert "# Deployed beside them, without code here: broker.\n" in text
    assert "EDA203 publish-in-commit-hook" in text.replace("\n# ", " ")
    assert "# 1 HTTP calls could not be bound" in text
    assert read_config(system, KINDS).baseline == "edanalyze-baseline.json"


def test_what_init_comments_out_is_right_when_it_is_put_in_force(system: Path, run: Run) -> None:
    run("init")
    file = system / "pyproject.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    settings = [line.removeprefix("# ") for line in lines if not line.startswith("# ") or "=" in line or "# [" in line]
    file.write_text("\n".join(line for line in settings if not line.endswith((".", ":"))), encoding="utf-8")
    config = read_config(system, KINDS)
    assert (config.min_confidence, config.require_reason, config.enable) == ("certain", True, ("EDA100",))
    assert config.services["orders"].path == "orders"
    assert config.per_path[0].paths == ("legacy/",)
    assert config.models["publish"] == ({"call": "acme.bus.emit", "topic": 0},)
    assert run("config").exit_code == 0


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_init_keeps_what_is_in_the_file(system: Path, run: Run, end: str) -> None:
    before = f'[project]{end}name = "café" # its name'.encode()
    (system / "pyproject.toml").write_bytes(before)
    assert run("init").exit_code == 0
    after = (system / "pyproject.toml").read_bytes()
    assert after.startswith(before + end.encode() * 2 + b"[tool.edanalyze]" + end.encode())
    assert after.count(b"\r\n") == (after.count(b"\n") if end == "\r\n" else 0)
    assert parse_toml(system / "pyproject.toml")["project"] == {"name": "café"}


def test_init_never_touches_a_section_that_is_there(system: Path, run: Run) -> None:
    file = system / "pyproject.toml"
    run("init")
    before = file.read_bytes()
    ran = run("init")
    assert ran.exit_code == 2
    assert "has a section [tool.edanalyze] already" in ran.stderr
    assert file.read_bytes() == before


def test_init_leaves_a_file_alone_that_takes_no_section(system: Path, run: Run) -> None:
    file = system / "pyproject.toml"
    file.write_text("tool = { other = { a = 1 } }\n", encoding="utf-8")
    ran = run("init")
    assert ran.exit_code == 2
    assert "add this one by hand" in ran.stderr
    assert file.read_text(encoding="utf-8") == "tool = { other = { a = 1 } }\n"


def test_a_dry_run_of_init_writes_nothing(system: Path, run: Run) -> None:
    ran = run("init", "--dry-run")
    assert ran.stdout.startswith("[tool.edanalyze]\n")
    assert not (system / "pyproject.toml").exists()


def test_hostile_names_of_services_and_folders_stay_comments(system: Path, run: Run) -> None:
    name = 'a"\n[tool.evil]\nb = "\x1b[2J'
    (system / "docker-compose.yml").write_text(
        json.dumps({"services": {name: {"build": "./orders"}}}), encoding="utf-8"
    )
    assert run("init").exit_code == 0
    assert set(parse_toml(system / "pyproject.toml")["tool"]) == {"edanalyze"}
    assert "\x1b" not in (system / "pyproject.toml").read_text(encoding="utf-8")


def test_config_prints_every_setting_and_where_it_comes_from(system: Path, run: Run) -> None:
    (system / "pyproject.toml").write_text(
        '[tool.edanalyze]\nfan-out = 5\n[[tool.edanalyze.per-path]]\npaths = ["a/"]\nignore = ["EDA402"]\n'
        '[[tool.edanalyze.publish]]\ncall = "acme.bus.emit"\ntopic = 0\n',
        encoding="utf-8",
    )
    printed = run("config").stdout
    lines = {line.split(" = ")[0]: line for line in printed.splitlines()}
    assert lines["fan-out"].split()[-3:] == ["5", "#", "pyproject.toml"]
    assert lines["strict"].split()[-3:] == ["false", "#", "default"]
    assert "EDA201" in printed.splitlines()[1]
    copied = system / "copy.toml"
    copied.write_text(f"[tool.edanalyze]\n{printed}", encoding="utf-8")
    assert (
        json.loads(run("config", "--config", "copy.toml", "--format", "json").stdout)["rules"]
        == json.loads(run("config", "--format", "json").stdout)["rules"]
    )


def test_every_mistake_in_the_section_is_told_at_once(system: Path, run: Run) -> None:
    (system / "pyproject.toml").write_text(
        '[tool.edanalyze]\nfan-out = "many"\nselect = ["EDA8"]\nselekt = []\n'
        '[[tool.edanalyze.per-path]]\nignore = ["nothing-known"]\n'
        '[[tool.edanalyze.publish]]\ncall = "acme.emit"\npaylod = 0\n',
        encoding="utf-8",
    )
    ran = run("config")
    assert ran.exit_code == 2
    told = {line.strip().split(": ")[1] for line in ran.stderr.splitlines()[1:]}
    assert told == {
        "tool.edanalyze.fan-out",
        "tool.edanalyze.select",
        "tool.edanalyze.selekt",
        "tool.edanalyze.per-path[0].ignore",
        "tool.edanalyze.per-path[0].paths",
        "tool.edanalyze.publish[0].paylod",
    }
    assert all(line.strip().startswith("pyproject.toml: ") for line in ran.stderr.splitlines()[1:])


def test_per_path_settings_hold_for_their_files_alone(system: Path, run: Run) -> None:
    (system / "orders/old.py").write_text(APP, encoding="utf-8")

    def found() -> set[str]:
        ran = run("check", "-q", "--format", "concise", "--select", "EDA100", "--strict")
        return {line.partition(":")[0] for line in ran.stdout.splitlines()}

    table = '[[tool.edanalyze.per-path]]\npaths = ["{}"]\n{}\n'
    (system / "pyproject.toml").write_text(
        '[tool.edanalyze.services.billing]\npath = "billing"\n[tool.edanalyze.environment]\n'
        'BILLING_URL = "http://billing"\n',
        encoding="utf-8",
    )
    assert found() == {"orders/app.py", "orders/old.py"}
    before = (system / "pyproject.toml").read_text(encoding="utf-8")
    for paths, setting in [("old.py", 'ignore = ["sync-http-in-request"]'), ("orders/old*", 'ignore = ["EDA1"]')]:
        (system / "pyproject.toml").write_text(before + table.format(paths, setting), encoding="utf-8")
        assert found() == {"orders/app.py"}
    (system / "pyproject.toml").write_text(before + table.format("orders/", 'ignore = ["EDA1"]'), encoding="utf-8")
    assert found() == set()


@pytest.mark.parametrize("value", ['a"b\\', "\n\x1b\x7f\u202e", "é", {"a b": [1, True, 0.5]}, ["x", {}], {"": ""}])
def test_values_are_printed_as_toml_that_reads_back(tmp_path: Path, value: object) -> None:
    written = inline(value)
    assert not any(character < " " or character in "\x7f\u202e" for character in written)
    (tmp_path / "a.toml").write_text(f"key = {written}\n", encoding="utf-8")
    assert parse_toml(tmp_path / "a.toml") == {"key": value}


# ------------------------------------------------------------------ new-check


def test_a_new_check_installs_runs_and_passes_its_tests(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("new-check", "publish-in-request", "--code", "ACM001")
    assert ran.exit_code == 0, ran.output
    package = tmp_path / "acm-checks"
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(package)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    site = tmp_path / "site"
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(site)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT), str(ROOT / "checks")])}

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=package,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert "ACM001  publish-in-request" in python("edanalyze", "rules").stdout
    tested = python("pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert tested.returncode == 0, tested.stdout
    assert "4 passed" in tested.stdout
    module = package / "acm_checks/publish_in_request.py"
    module.write_text(module.read_text(encoding="utf-8").replace('== "publish"', '== "mail"'), encoding="utf-8")
    assert "missed alarm" in python("pytest", "-q", "-p", "no:cacheprovider", "tests").stdout


def test_new_check_touches_no_file_that_exists(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/pyproject.toml").write_text("", encoding="utf-8")
    ran = run("new-check", "publish-in-request", "-o", "mine")
    assert ran.exit_code == 2
    assert "pyproject.toml exists already" in ran.stderr
    assert [each.name for each in (tmp_path / "mine").iterdir()] == ["pyproject.toml"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["Bad_Name"], "no kebab-case name"),
        (["single"], "no kebab-case name"),
        (["../../escape-me"], "no kebab-case name"),
        (["good-name", "--code", "E1"], "is no code"),
        (["good-name", "--code", "EDA201"], "there is a rule EDA201"),
        (["publish-after-commit"], "there is a rule EDA201"),
    ],
)
def test_names_and_codes_that_cannot_be_are_refused(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("new-check", *arguments)
    assert ran.exit_code == 2
    assert reason in ran.stderr
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------- schema


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "docs/schema/config.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(loaded)
    return loaded


def test_the_schema_of_the_settings_is_the_one_that_is_kept(run: Run) -> None:
    written = json.loads(run("config", "--schema").stdout)
    assert written == schema(), "run `edanalyze config --schema > docs/schema/config.schema.json`"


@pytest.mark.parametrize(
    ("settings", "fit"),
    [
        ({}, True),
        ({"fan-out": 3, "environment": {"A": 1}, "services": {"a": {"path": "a"}}}, True),
        ({"publish": [{"call": "acme.emit", "topic": 0}]}, True),
        ({"per-path": [{"paths": ["a/"], "ignore": ["EDA2"], "min-confidence": "certain"}]}, True),
        ({"fan-out": "3"}, False),
        ({"fan-out": 1}, False),
        ({"fanout": 3}, False),
        ({"services": {"a": {"pth": "a"}}}, False),
        ({"min-confidence": "sure"}, False),
        ({"publish": {"call": "acme.emit"}}, False),
    ],
)
def test_the_schema_takes_what_the_reader_takes(settings: dict[str, Any], fit: bool) -> None:
    assert Draft202012Validator(schema()).is_valid(settings) is fit
    if fit:
        config_from_table(settings, "pyproject.toml", KINDS)
    else:
        with pytest.raises(ConfigError):
            config_from_table(settings, "pyproject.toml", KINDS)
