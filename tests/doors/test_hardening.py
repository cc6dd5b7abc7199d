"""Projects of strangers, and mistakes of our own: the run goes on, says so, and nothing happens but analysis."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flake8.main.cli import main as flake8

import edanalyze.syntax
from edanalyze import parse
from edanalyze.check import registry
from edanalyze.check.rule import Rule

Run = Callable[..., Result]
SICK = """\
import pika
from sqlalchemy.orm import Session

from orders.database import engine

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


def place(order):
    with Session(engine) as session:
        session.add(order)
        session.commit()
    channel.basic_publish("", "order-placed", order)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.edanalyze]\n", encoding="utf-8")
    (folder / "app.py").write_text(SICK, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def findings(ran: Result) -> list[tuple[str, str]]:
    """Path and code of each finding of a run in the concise form."""
    assert ran.exit_code in (0, 1), ran.output
    lines = [line.split() for line in ran.stdout.splitlines()]
    return [(line[0].partition(":")[0], line[1]) for line in lines]


def break_rules(monkeypatch: pytest.MonkeyPatch, broken: dict[str, str]) -> None:
    """Let rules fail with the messages given by code."""

    def failing(message: str) -> Callable[..., Any]:
        def check(_self: Rule, _analysis: object) -> Any:
            raise KeyError(message)

        return check

    for rule in registry.rules():
        if rule.code in broken:
            monkeypatch.setattr(type(rule), "check", failing(broken[rule.code]))


def test_a_rule_that_crashes_is_one_finding_and_the_others_run(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_rules(monkeypatch, {"EDA301": "lost"})
    ran = run("check", "--format", "concise", "-q", "--select", "EDA201,EDA301")
    assert findings(ran) == [("app.py", "EDA999"), ("app.py", "EDA201")]
    told = ran.stdout.splitlines()[0]
    assert "EDA301 could not be checked: KeyError: 'lost'" in told
    assert "please report this as a bug of edanalyze" in told
    assert ran.exit_code == 1


def test_rules_that_crash_for_the_same_reason_are_one_finding(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_rules(monkeypatch, {"EDA301": "lost", "EDA302": "lost", "EDA401": "found"})
    ran = run("check", "--format", "concise", "-q", "--select", "EDA201,EDA3,EDA401")
    told = [line for line in ran.stdout.splitlines() if "EDA999" in line]
    assert len(told) == 2
    assert any("EDA301, EDA302 could not be checked" in line for line in told)


def test_flake8_shows_a_crash_as_a_finding_of_the_first_file(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_rules(monkeypatch, {"EDA301": "lost"})
    assert flake8(["--isolated", "-j1", "--select", "EDA", "."]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("./app.py:1:1: EDA999 EDA301 could not be checked")
    assert any(": EDA201 " in line for line in lines)


def test_comments_for_a_rule_that_crashed_are_not_called_unused(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "app.py").write_text(
        "print()  # noqa: EDA301\nprint()  # edanalyze: ignore[EDA301] x\n", encoding="utf-8"
    )
    assert findings(run("check", "-q", "--no-cache", "--format", "concise")) == [
        ("app.py", "EDA901"),
        ("app.py", "EDA901"),
    ]
    break_rules(monkeypatch, {"EDA301": "lost"})
    assert findings(run("check", "-q", "--no-cache", "--format", "concise")) == [("app.py", "EDA999")]


def test_a_file_that_crashes_the_analysis_is_one_finding_and_the_others_are_analysed(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "strange.py").write_text("x = 1\n", encoding="utf-8")
    lower = edanalyze.syntax.lower

    def failing(path: str, source: bytes, *reader: Any) -> Any:
        if path == "strange.py":
            raise RecursionError("too strange")
        return lower(path, source, *reader)

    monkeypatch.setattr(edanalyze.syntax, "lower", failing)
    ran = run("check", "--format", "concise", "--select", "EDA201")
    assert findings(ran) == [("app.py", "EDA201"), ("strange.py", "EDA999")]
    assert "RecursionError: too strange; please report this" in ran.stdout
    document = json.loads(run("check", "--format", "json", "--select", "EDA201").stdout)
    assert [each["path"] for each in document["not_analysed"]] == ["strange.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="a forked process has what the test has broken")
def test_a_file_that_ends_the_process_that_reads_it_is_one_finding(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (project / f"plain{number}.py").write_text(f"x = {number}\n", encoding="utf-8")
    (project / "plain7.py").write_text("deadly = 1\n", encoding="utf-8")
    lower, here = edanalyze.syntax.lower, os.getpid()

    def ending(path: str, source: bytes, *reader: Any) -> Any:
        if b"deadly" in source and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return lower(path, source, *reader)

    monkeypatch.setattr(edanalyze.syntax, "lower", ending)
    monkeypatch.setattr(parse, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(parse, "_SMALLEST_CHUNK", 100)
    # A thread of the pool that broke may live a little longer; a spawned process would not have what is broken here.
    monkeypatch.setattr(parse, "start_method", lambda: "fork")
    ran = run("check", "--format", "concise", "-q", "--no-cache", "--select", "EDA201", "-j", "2")
    assert findings(ran) == [("app.py", "EDA201"), ("plain7.py", "EDA999")]
    assert "reading it ended the process" in ran.stdout


@pytest.mark.parametrize("reference", ["EDA999", "internal-error"])
def test_a_crash_is_explained(run: Run, reference: str) -> None:
    assert "report it as a bug of edanalyze" in run("explain", reference).stdout


def test_a_crash_is_never_accepted_by_a_baseline(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    break_rules(monkeypatch, {"EDA301": "lost"})
    run("baseline", "write")
    ran = run("check", "-q", "--format", "concise", "--baseline", "edanalyze-baseline.json")
    assert findings(ran) == [("app.py", "EDA999")]


# -------------------------------------------------------------- hostile input


def test_escape_sequences_in_source_and_names_reach_no_terminal(project: Path, run: Run) -> None:
    evil = SICK.replace('"order-placed", order)', '"\x1b[2J\x1b]0;owned\x07\u202e", order)  # \x9b31m')
    (project / "app.py").write_text(evil, encoding="utf-8")
    (project / "caf\x1b[31m.py").write_text(SICK, encoding="utf-8")
    for form in ("text", "concise", "github", "gitlab", "junit", "sarif", "json", "json-lines"):
        ran = run("check", "-v", "--format", form)
        assert ran.exit_code == 1
        for character in "\x1b\x07\x9b\u202e":
            assert character not in ran.stdout + ran.stderr, form


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))


@pytest.mark.parametrize(
    "name", ["docker-compose.yml", "template.yaml", "k8s/all.yaml", "serverless.yml", "openapi.yaml"]
)
def test_a_yaml_bomb_is_refused_in_no_time(project: Path, run: Run, name: str) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text(f"services:\n  a: {{build: .}}\nkind: Deployment\nopenapi: 3.0.0\n{BOMB}", "utf-8")
    start = time.monotonic()
    assert ("app.py", "EDA201") in findings(run("check", "-q", "--format", "concise"))
    assert time.monotonic() - start < 10


def test_links_out_of_the_project_are_not_followed(project: Path, run: Run) -> None:
    outside = project.parent / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text(SICK, encoding="utf-8")
    (outside / "compose.yml").write_text("services: {stolen: {build: .}}", encoding="utf-8")
    os.symlink(outside, project / "linked")
    os.symlink(outside / "secret.py", project / "copy.py")
    os.symlink(outside / "compose.yml", project / "docker-compose.yml")
    os.symlink("/etc/passwd", project / "passwd.py")
    os.symlink(project, project / "again")
    ran = run("check", "--format", "concise", "--select", "EDA201")
    assert findings(ran) == [("app.py", "EDA201")]
    assert "copy.py: symbolic link that leads out of the project" in ran.stderr
    graph = json.loads(run("graph", "--format", "json").stdout)
    assert "stolen" not in json.dumps(graph)


def test_a_baseline_or_a_setting_can_lead_nowhere_else_for_writing(project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text('[tool.edanalyze]\nbaseline = "../outside.json"\n', encoding="utf-8")
    ran = run("baseline", "write")
    assert ran.exit_code == 2
    assert "tool.edanalyze.baseline" in ran.stderr
    assert not (project.parent / "outside.json").exists()


def test_a_link_in_the_place_of_a_baseline_is_not_written_through(project: Path, run: Run) -> None:
    outside = project.parent / "outside.json"
    outside.write_text('{"version": 1, "findings": []}', encoding="utf-8")
    os.symlink(outside, project / "edanalyze-baseline.json")
    ran = run("baseline", "write")
    assert ran.exit_code == 2
    assert "symbolic link" in ran.stderr
    assert outside.read_text(encoding="utf-8") == '{"version": 1, "findings": []}'


def test_a_service_outside_the_project_is_refused(project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text('[tool.edanalyze.services.a]\npath = "../../etc"\n', encoding="utf-8")
    ran = run("check", "--format", "concise", "--select", "EDA201")
    assert ran.exit_code == 2 or findings(ran) == [("app.py", "EDA201")]


SETTINGS = {
    "fifty thousand unknown keys": "\n".join(f'setting-{n} = "x"' for n in range(50_000)),
    "a hundred thousand rules": "select = [" + '"EDA201x", ' * 100_000 + "]",
    "ten thousand tables": "[[tool.edanalyze.per-path]]\npaths = ['a']\nignore = ['EDA2']\n" * 10_000,
    "a long string": f'baseline = "{"x" * 900_000}"',
    "variables that refer to each other": '[tool.edanalyze.environment]\nA = "${B}${B}"\nB = "${A}${A}"\n',
    "variables that double": "[tool.edanalyze.environment]\n"
    + "".join(f'A{n} = "${{A{n + 1}}}${{A{n + 1}}}"\n' for n in range(60)),
    "patterns that could explode": "exclude = ['" + "**/" * 200 + "*a*a*a*a*a*a*a*a*b']",
    "deep nesting": "environment = " + "{a = " * 900 + "1" + "}" * 900,
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_settings_of_any_size_and_shape_are_used_or_refused_soon(project: Path, run: Run, settings: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.edanalyze]\n{settings}\n", encoding="utf-8")
    start = time.monotonic()
    ran = run("check", "-q", "--format", "concise")
    assert ran.exit_code in (1, 2)
    assert "mistake of its own" not in ran.stderr
    assert len(ran.stderr) < 100_000
    assert time.monotonic() - start < 20


def test_nothing_of_the_project_is_imported_or_run(project: Path, run: Run) -> None:
    trap = f"open({str(project.parent / 'sprung')!r}, 'w')\n"
    for name in ("setup.py", "conftest.py", "sitecustomize.py", "app.py", "edanalyze.py", "click.py", "__init__.py"):
        (project / name).write_text(trap, encoding="utf-8")
    for command in (["check"], ["graph"], ["callgraph"], ["init", "--dry-run"], ["config"], ["baseline", "write"]):
        assert run(*command).exit_code in (0, 1, 2)
    assert not (project.parent / "sprung").exists()


TABLES = """\
import requests


class Gateway:
    def __init__(self):
        self.connectors = {"rest": Rest()}
        self.spare = {}

    def tidy(self):
        self.connectors = {name: each for name, each in self.connectors.items() if each.is_alive()}

    def swap(self):
        self.connectors, self.spare = (
            {name: each for name, each in self.spare.items() if each},
            {name: each for name, each in self.connectors.items() if each},
        )
        self.spare = {name: each for name, each in self.connectors.items() if name}

    def poll(self):
        self.connectors["rest"].poll()
        for name, connector in self.connectors.items():
            connector.poll()


class Rest:
    def poll(self):
        return requests.get("https://example.com/state")
"""


def test_tables_that_are_filtered_from_themselves_and_each_other_are_followed_once(project: Path, run: Run) -> None:
    (project / "app.py").write_text(TABLES, encoding="utf-8")
    ran = run("check", "--format", "concise", "-q", "--enable", "ALL")
    assert findings(ran) == [("app.py", "EDA106")]
