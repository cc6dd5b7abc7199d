from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from flake8.main.cli import main as flake8

from edanalyze import flake8_handover
from edanalyze.check import registry
from edanalyze.check.diagnostic import CheckResult
from edanalyze.discover.config import ConfigError, ConfigProblem
from tests.doors.conftest import StandInEngine
from tests.doors.diagnostics import diagnostic, result

Lint = Callable[..., tuple[int, list[str]]]
FOUND = "orders/app.py:3:5: EDA201 the event is published after the commit: a crash between the two loses it"


@pytest.fixture(autouse=True)
def orders(engine: StandInEngine) -> Path:
    """Lay out a project with one finding."""
    Path(".flake8").write_text("[flake8]\n", encoding="utf-8")
    app = Path("orders/app.py")
    app.parent.mkdir()
    app.write_text("def place():\n    commit()\n    notify()\n", encoding="utf-8")
    Path("orders/quiet.py").write_text("", encoding="utf-8")
    engine.result = result(diagnostic())
    return app


@pytest.fixture
def lint(capsys: pytest.CaptureFixture[str]) -> Lint:
    """Run flake8 in this process, on one file after the other unless told otherwise; gives status and our lines."""

    def run(*arguments: str) -> tuple[int, list[str]]:
        status = flake8(["-j1", *arguments])
        return status, [line for line in capsys.readouterr().out.splitlines() if ": F821 " not in line]

    return run


@pytest.mark.parametrize("jobs", ["1", "2", "4"])
def test_findings_are_reported_at_their_file_whatever_the_number_of_workers(lint: Lint, jobs: str) -> None:
    assert lint("-j", jobs, ".") == (1, [f"./{FOUND}"])


def test_a_single_file_of_the_project_shows_its_findings_only(engine: StandInEngine, lint: Lint) -> None:
    assert lint("orders/app.py") == (1, [FOUND])
    assert lint("orders/quiet.py") == (0, [])
    assert engine.projects[1].paths == (Path("orders/quiet.py"),)


def test_files_are_found_from_another_folder(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("orders")
    assert lint("app.py")[1] == [FOUND.removeprefix("orders/")]


@pytest.mark.parametrize("name", ["two words.py", "café.py", "[red].py", "a,b;c.py"])
def test_files_with_odd_names_have_their_findings(engine: StandInEngine, lint: Lint, name: str) -> None:
    Path(name).write_text("def place():\n    commit()\n    notify()\n", encoding="utf-8")
    engine.result = result(diagnostic(path=name))
    assert lint(name)[1] == [FOUND.replace("orders/app.py", name)]


def test_the_project_is_analysed_once_however_many_files_there_are(engine: StandInEngine, lint: Lint) -> None:
    for number in range(20):
        Path(f"orders/m{number}.py").write_text("", encoding="utf-8")
    lint(".")
    assert len(engine.projects) == 1


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_get_the_findings_under_every_start_method(tmp_path: Path, method: str) -> None:
    """The stand-in exists in the parent alone: a worker that analysed for itself would find nothing in such code."""
    script = tmp_path / "lint.py"
    script.write_text(
        textwrap.dedent(f"""\
            import multiprocessing
            import sys
            from pathlib import Path

            if __name__ == "__main__":
                multiprocessing.set_start_method({method!r})
                import edanalyze
                from flake8.main.cli import main
                from tests.doors.conftest import StandInEngine
                from tests.doors.diagnostics import diagnostic, result

                edanalyze.api = sys.modules["edanalyze.api"] = StandInEngine(Path.cwd())
                edanalyze.api.result = result(diagnostic())
                sys.exit(main(["-j2", "--extend-ignore", "F821", "orders"]))
            """),
        encoding="utf-8",
    )
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "checks")])}
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, timeout=60)
    assert (ran.stdout, ran.stderr, ran.returncode) == (f"{FOUND}\n", "", 1)


def test_findings_are_offered_by_file_name_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(flake8_handover.VARIABLE, "")  # so that it is gone after the test
    monkeypatch.setattr(flake8_handover.multiprocessing, "get_start_method", lambda allow_none: "spawn")
    monkeypatch.setattr(flake8_handover.multiprocessing, "parent_process", lambda: object())
    findings = {str(tmp_path / "caf\udce9.py"): [(3, 4, "EDA201 text")]}
    flake8_handover.offer(findings)
    assert flake8_handover.receive() == findings
    Path(os.environ[flake8_handover.VARIABLE]).unlink()
    assert flake8_handover.receive() is None


def test_findings_left_by_somebody_else_are_not_taken_by_a_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(flake8_handover.VARIABLE, "")  # so that it is gone after the test
    monkeypatch.setattr(flake8_handover.multiprocessing, "get_start_method", lambda allow_none: "spawn")
    flake8_handover.offer({"a.py": [(3, 4, "EDA201 text")]})
    assert flake8_handover.receive() is None


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["--select", "EDA"], 1),
        (["--select", "EDA2"], 1),
        (["--select", "F,W"], 0),
        (["--select", "E,F,W"], 1),  # flake8 goes by the beginning of codes, and EDA begins with E
        (["--select", "EDA3"], 0),
        (["--extend-ignore", "EDA201"], 0),
        (["--extend-ignore", "EDA"], 0),
        (["--per-file-ignores", "orders/*:EDA2"], 0),
        (["--exclude", "orders"], 0),
    ],
)
def test_flake8_selects_among_the_findings(lint: Lint, arguments: list[str], lines: int) -> None:
    assert len(lint(*arguments, ".")[1]) == lines


def test_nothing_is_analysed_when_flake8_would_report_none_of_it(engine: StandInEngine, lint: Lint) -> None:
    lint("--select", "F,W", ".")
    lint("--extend-ignore", "EDA", ".")
    assert not engine.projects


@pytest.mark.parametrize(
    ("comment", "lines"), [("# noqa: EDA201", 0), ("# noqa", 0), ("# noqa: EDA3", 1), ("# NOQA:EDA2", 0)]
)
def test_noqa_is_flake8_s_to_apply(engine: StandInEngine, lint: Lint, orders: Path, comment: str, lines: int) -> None:
    orders.write_text(f"def place():\n    commit()\n    notify()  {comment}\n", encoding="utf-8")
    assert len(lint(".")[1]) == lines
    assert engine.projects[0].options.noqa is False
    assert len(lint("--disable-noqa", ".")[1]) == 1


def test_options_that_are_not_given_leave_the_configuration_alone(engine: StandInEngine, lint: Lint) -> None:
    lint("-j", "auto", ".")
    assert vars(engine.projects[0].options) == {"noqa": False, "overlay": {}, "noqa_elsewhere": True, "cache": True}


def test_the_engine_uses_as_many_processes_as_flake8_may(engine: StandInEngine, lint: Lint) -> None:
    lint("-j", "3", ".")
    assert engine.projects[0].options.jobs == 3


def test_options_are_read_from_the_command_line(engine: StandInEngine, lint: Lint) -> None:
    lint(*"--edanalyze-enable=EDA203,EDA100 --edanalyze-strict --edanalyze-include-tests .".split())
    options = engine.projects[0].options
    assert (options.enable, options.strict, options.include_tests) == (("EDA203", "EDA100"), True, True)


def test_what_flake8_would_not_report_is_not_looked_for(engine: StandInEngine, lint: Lint) -> None:
    lint("--extend-ignore", "EDA2,EDA301", ".")
    unreported = engine.projects[0].options.unreported
    assert {"EDA201", "EDA202", "EDA301"} <= set(unreported)
    assert not {"EDA101", "EDA302", "EDA901"} & set(unreported)


def test_baseline_and_revision_reach_the_engine(engine: StandInEngine, lint: Lint) -> None:
    Path(".flake8").write_text("[flake8]\nedanalyze-baseline = conf/known.json\n", encoding="utf-8")
    lint("--edanalyze-since", "main", ".")
    options = engine.projects[0].options
    assert (options.baseline, options.since) == (Path("conf/known.json").resolve(), "main")


def test_disabled_noqa_comments_are_not_judged(engine: StandInEngine, lint: Lint) -> None:
    lint("--disable-noqa", ".")
    assert "noqa_elsewhere" not in vars(engine.projects[0].options)


def test_options_are_read_from_the_flake8_configuration_and_the_command_line_wins(
    engine: StandInEngine, lint: Lint
) -> None:
    Path(".flake8").write_text(
        "[flake8]\nedanalyze-enable = EDA203, sync-http-in-request\nedanalyze-min-confidence = guess\n"
        "edanalyze_strict = false\nedanalyze-config = conf/eda.toml\n",
        encoding="utf-8",
    )
    lint("--edanalyze-min-confidence", "certain", ".")
    options = engine.projects[0].options
    assert options.enable == ("EDA203", "sync-http-in-request")
    assert options.min_confidence == "certain"
    assert options.strict is False
    assert options.config == Path("conf/eda.toml").resolve()


def test_a_rule_that_does_not_exist_is_said_once(lint: Lint) -> None:
    status, lines = lint("-j2", "--edanalyze-enable=EDA999", ".")
    assert status == 1
    assert lines[1:] == ["edanalyze: --edanalyze-enable: no rule is called EDA999"]


def test_a_wrong_confidence_is_a_usage_error(lint: Lint) -> None:
    with pytest.raises(SystemExit) as left:
        lint("--edanalyze-min-confidence=maybe", ".")
    assert left.value.code == 2


def test_without_any_rule_nothing_is_called_clean(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = registry.Registry((), (registry.LoadProblem("edanalyze", "builtin", "cannot load edanalyze_checks"),))
    monkeypatch.setattr(registry, "installed", lambda: broken)
    status, lines = lint(".")
    assert status == 1
    assert lines[1:] == [
        "edanalyze: there are no rules to run",
        "checks of edanalyze (entry point builtin): cannot load edanalyze_checks",
    ]


def test_a_failing_check_package_is_a_warning(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = registry.LoadProblem("acme-checks", "acme", "cannot load acme:RULES")
    monkeypatch.setattr(registry, "problems", lambda: (problem,))
    assert flake8(["-j2", "--select", "EDA", "."]) == 1
    shown = capfd.readouterr()
    assert shown.err == "edanalyze: warning: checks of acme-checks (entry point acme): cannot load acme:RULES\n"
    assert shown.out == f"./{FOUND}\n"


def test_mistakes_in_the_configuration_are_one_message(engine: StandInEngine, lint: Lint) -> None:
    engine.error = ConfigError([ConfigProblem("pyproject.toml", "tool.edanalyze.fan-out", "expected a whole number")])
    status, lines = lint("-j2", ".")
    assert status == 1
    assert lines == [
        "There was a critical error during execution of Flake8:",
        "edanalyze: the configuration cannot be used:",
        "  pyproject.toml: tool.edanalyze.fan-out: expected a whole number",
    ]


@pytest.mark.parametrize("error", [TypeError("unhashable"), KeyError("x"), RecursionError("deep")])
def test_a_crash_of_the_engine_is_one_message(engine: StandInEngine, lint: Lint, error: Exception) -> None:
    engine.error = error
    status, lines = lint(".")
    assert status == 1
    assert "edanalyze stopped because of a mistake of its own" in lines[1]
    assert repr(error) in lines[2]
    assert not any("Traceback" in line for line in lines)


def stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    from flake8.utils import stdin_get_value

    stdin_get_value.cache_clear()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_a_buffer_takes_the_place_of_its_file(
    engine: StandInEngine, lint: Lint, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(monkeypatch, b"def place():\n    flush()\n    notify()\n")
    assert lint("--stdin-display-name", "orders/app.py", "-") == (1, [FOUND])
    project = engine.projects[0]
    assert project.paths == (Path("orders/app.py"),)
    assert project.options.overlay == {Path("orders/app.py").resolve(): b"def place():\n    flush()\n    notify()\n"}


def test_noqa_in_a_buffer_counts(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"def place():\n    commit()\n    notify()  # noqa: EDA201\n")
    assert lint("--stdin-display-name", "orders/app.py", "-")[1] == []


def test_a_buffer_keeps_its_encoding(engine: StandInEngine, lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "# coding: latin-1\nNAME = 'é'\n".encode("latin-1")
    stdin(monkeypatch, source)
    lint("--stdin-display-name", "orders/app.py", "-")
    assert list(engine.projects[0].options.overlay.values()) == [source]


@pytest.mark.parametrize("name", [[], ["--stdin-display-name", "orders/new.py"]])
def test_a_buffer_without_a_file_is_analysed_alone(
    engine: StandInEngine, lint: Lint, monkeypatch: pytest.MonkeyPatch, name: list[str]
) -> None:
    stdin(monkeypatch, b"def place():\n    commit()\n    notify()\n")
    seen: list[bytes] = []

    def check(project: SimpleNamespace) -> CheckResult:
        (file,) = project.paths
        seen.append(file.read_bytes())
        project.root = file.parent
        return result(diagnostic(path=file.name))

    monkeypatch.setattr(engine, "check", check)
    status, lines = lint(*name, "-")
    assert status == 1
    assert lines == [FOUND.replace("orders/app.py", name[-1] if name else "stdin")]
    assert seen == [b"def place():\n    commit()\n    notify()\n"]


def test_a_path_that_does_not_exist_is_left_to_flake8(engine: StandInEngine, lint: Lint) -> None:
    status, lines = lint("nowhere.py")
    assert status == 1
    assert lines[0].startswith("nowhere.py:0:1: E902")
    assert not engine.projects


def test_a_file_that_flake8_skips_reports_nothing(lint: Lint, orders: Path) -> None:
    orders.write_text(f"# flake8: noqa\n{orders.read_text(encoding='utf-8')}", encoding="utf-8")
    assert lint(".")[1] == []


def test_a_message_of_several_lines_becomes_one(engine: StandInEngine, lint: Lint) -> None:
    engine.result = result(diagnostic(message="first\nsecond\x1b[2J"))
    assert lint(".")[1] == ["./orders/app.py:3:5: EDA201 first second\\x1b[2J"]


def test_the_plugin_is_listed_with_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        flake8(["--version"])
    assert "edanalyze: 0." in capsys.readouterr().out
