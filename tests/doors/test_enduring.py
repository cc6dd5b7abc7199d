"""Mistakes of edanalyze in what all rules share: what they are about is left out, told, and everything else goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flake8.main.cli import main as flake8

from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.engine.engine import Engine
from edanalyze.analyse.system import System
from edanalyze.discover import deployment, services
from edanalyze.facts import ir
from edanalyze.link.entries.messages import Messages
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import ScopeBuilder

Run = Callable[..., Result]
APP = """\
import pika
from sqlalchemy.orm import Session

from orders.database import engine

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


def place(order):
    with Session(engine) as session:
        session.add(order)
        session.commit()
    channel.basic_publish("", "{file}-placed", order)


def strange(order):
    with Session(engine) as session:
        session.add(order)
        session.commit()
    channel.basic_publish("", "{file}-seen", order)


def on_order(channel, method, properties, body):
    channel.basic_ack(method.delivery_tag)
    with Session(engine) as session:
        session.add(body)
        session.commit()


channel.basic_consume("{file}-orders", on_order)
channel.start_consuming()
"""
STRANGE = 16


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[tool.edanalyze]\n", encoding="utf-8")
    for file in ("app", "other"):
        (folder / f"{file}.py").write_text(APP.replace("{file}", file), encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def reported(run: Run, *options: str) -> list[str]:
    """Path, line and code of each finding."""
    ran = run("check", "-q", "--no-cache", "--format", "json", *options)
    assert ran.exit_code == 1, ran.output
    return [f"{each['path']}:{each['line']} {each['code']}" for each in json.loads(ran.stdout)["diagnostics"]]


def message(run: Run, *options: str) -> str:
    """The message of the one finding about edanalyze itself."""
    found = json.loads(run("check", "-q", "--no-cache", "--format", "json", *options).stdout)["diagnostics"]
    (told,) = (each["message"] for each in found if each["code"] == "EDA999")
    return str(told)


def break_classification(monkeypatch: pytest.MonkeyPatch, *functions: str) -> None:
    """Let the analysis fail on every call in some functions."""
    classify = Effects.classify

    def failing(self: Effects, call: ir.Call, frame: Any) -> Any:
        if frame.scope.id in functions:
            raise KeyError("lost")
        return classify(self, call, frame)

    monkeypatch.setattr(Effects, "classify", failing)


def test_a_function_that_the_analysis_fails_on_is_left_out_and_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = reported(run)
    break_classification(monkeypatch, "app:strange")
    lost = [each for each in before if each.startswith("app.py:") and STRANGE <= int(each.split()[0][7:]) < STRANGE + 6]
    assert "EDA201" in " ".join(lost)
    assert sorted(reported(run)) == sorted([*(set(before) - set(lost)), f"app.py:{STRANGE} EDA999"])
    assert message(run).startswith("`strange` was left out of the analysis: KeyError: 'lost' (edanalyze/")


def test_what_is_found_around_a_function_left_out_is_not_certain(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = APP.replace("{file}", "caller").replace("strange", "usual").replace("import pika", "import pika, app")
    text = text.replace("def place(order):\n", "def place(order):\n    app.strange(order)\n")
    (project / "caller.py").write_text(text, encoding="utf-8")

    def sureness() -> dict[str, str]:
        ran = run("check", "-q", "--no-cache", "--format", "json", "--select", "EDA201")
        return {each["function"]: each["confidence"] for each in json.loads(ran.stdout)["diagnostics"]}

    assert {"caller.place": "certain", "app.place": "certain"}.items() <= sureness().items()
    break_classification(monkeypatch, "app:strange")
    assert {"caller.place": "likely", "app.place": "certain"}.items() <= sureness().items()


def test_two_functions_that_the_analysis_fails_on_are_both_left_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    break_classification(monkeypatch, "app:strange", "other:strange")
    found = reported(run, "--select", "EDA201")
    assert [each for each in found if "EDA999" in each] == [f"app.py:{STRANGE} EDA999", f"other.py:{STRANGE} EDA999"]
    assert len([each for each in found if "EDA201" in each]) == 2


def test_the_function_at_which_the_engine_fails_is_left_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = Engine.run

    def failing(self: Any, function: Any, *arguments: Any) -> Any:
        if function.id == "app:strange" and self.contexts.tree(function.id).body:
            raise RecursionError("too deep")
        return ran(self, function, *arguments)

    monkeypatch.setattr(Engine, "run", failing)
    found = reported(run, "--select", "EDA201")
    assert f"app.py:{STRANGE} EDA999" in found
    assert len([each for each in found if "EDA201" in each]) == 3


def test_a_file_that_linking_fails_on_is_left_out_and_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    build = ScopeBuilder.build

    def failing(self: ScopeBuilder) -> Any:
        if self.module == "other":
            raise ValueError("no scope")
        return build(self)

    monkeypatch.setattr(ScopeBuilder, "build", failing)
    found = reported(run, "--select", "EDA201")
    assert [each for each in found if each.startswith("other.py")] == ["other.py:1 EDA999"]
    assert len([each for each in found if each.startswith("app.py")]) == 2
    assert "internal error: ValueError: no scope" in message(run, "--select", "EDA201")


def test_a_failure_that_is_about_no_function_costs_the_rules_that_need_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_self: Messages) -> Any:
        raise ValueError("no handlers at all")

    monkeypatch.setattr(Messages, "find", failing)
    found = reported(run, "--select", "EDA301,EDA901")
    assert found == ["app.py:1 EDA999"]
    assert message(run, "--select", "EDA301,EDA901").startswith("EDA301 could not be checked: ValueError: no handlers")


def test_functions_are_not_left_out_in_vain(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "many.py").write_text("".join(f"def f{each}():\n    f()\n" for each in range(20)), encoding="utf-8")

    def failing(_self: Effects, _call: ir.Call, _frame: Any) -> Any:
        raise ValueError("always")

    monkeypatch.setattr(Effects, "classify", failing)
    ran = run("check", "-q", "--no-cache", "--format", "json", "--select", "EDA201,EDA602")
    document = json.loads(ran.stdout)
    assert document["not_analysed"] == []
    told = [each["message"] for each in document["diagnostics"] if each["code"] == "EDA999"]
    assert len(told) == 1
    assert "EDA201" in told[0]
    assert "could not be checked: ValueError: always" in told[0]


def test_a_failure_of_the_whole_analysis_is_one_finding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_self: System, *_given: object, **_more: object) -> None:
        raise ZeroDivisionError("nothing works")

    monkeypatch.setattr(System, "__init__", failing)
    ran = run("check", "--no-cache", "--format", "concise", "-v", "--select", "EDA2")
    assert ran.exit_code == 1
    (line,) = ran.stdout.splitlines()
    assert line.startswith("app.py:1:1: EDA999 EDA201, EDA202, ")
    assert "could not be checked: ZeroDivisionError: nothing works" in line
    assert "Traceback" in ran.stderr
    assert "in failing" in ran.stderr
    assert "2 files analysed" not in ran.stdout


def test_a_deployment_file_that_its_reader_fails_on_is_left_out_and_told(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("good", "bad"):
        (project / folder).mkdir()
        (project / folder / "main.py").write_text(APP.replace("{file}", folder), encoding="utf-8")
        text = f"services:\n  {folder}-service:\n    build: .\n    command: python main.py\n"
        (project / folder / "docker-compose.yml").write_text(text, encoding="utf-8")
    read = deployment.read_compose

    def failing(path: str, files: Any) -> Any:
        found = list(read(path, files))
        if path.startswith("bad") and found:
            raise IndexError("strange")
        return found

    monkeypatch.setattr(deployment, "read_compose", failing)
    before = [each for each in reported(run, "--select", "EDA201") if "EDA201" in each]
    assert len(before) == 8
    assert "bad/docker-compose.yml:1 EDA999" in reported(run, "--select", "EDA201")
    assert "internal error: IndexError: strange" in message(run, "--select", "EDA201")
    drawn = run("graph", "--format", "json").stdout
    assert '"good-service"' in drawn
    assert '"bad-service"' not in drawn


@pytest.mark.parametrize("options", [[], ["--no-cache"]])
def test_a_failure_to_find_the_services_is_one_finding(
    run: Run, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    def failing(*_given: object) -> Any:
        raise IndexError("no services")

    monkeypatch.setattr(services, "find_services", failing)
    ran = run("check", "-q", "--format", "concise", *options)
    assert ran.exit_code == 1
    (line,) = ran.stdout.splitlines()
    assert "could not be checked: IndexError: no services" in line
    assert "EDA901" not in line


@pytest.mark.parametrize("command", ["graph", "delivery", "facts", "callgraph", "catalog", "contracts lock", "report"])
def test_what_is_left_out_ends_no_command_and_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    values = Evaluator.values

    def failing(self: Evaluator, expr: ir.Expr, frame: Any) -> Any:
        if frame.scope.id == "app:strange":
            raise KeyError("lost")
        return values(self, expr, frame)

    monkeypatch.setattr(Evaluator, "values", failing)
    ran = run(*command.split())
    assert ran.exit_code == 0, ran.output
    assert "not analysed: app.py: `strange` was left out of the analysis: KeyError: 'lost'" in ran.stderr


def test_a_result_with_something_left_out_is_remembered_as_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    break_classification(monkeypatch, "app:strange")
    first = run("check", "--format", "json").stdout
    assert run("check", "--format", "json").stdout == first
    assert "EDA999" in first


def test_flake8_shows_what_was_left_out_at_its_def(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_classification(monkeypatch, "app:strange")
    assert flake8(["--isolated", "-j1", "--select", "EDA", "."]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "EDA999" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"./app.py:{STRANGE}:1: EDA999 `strange` was left out of the analysis: KeyError: 'lost'")
