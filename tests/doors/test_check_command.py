from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edanalyze.check.diagnostic import Confidence
from edanalyze.cli import main, progress
from edanalyze.cli.app import app
from edanalyze.discover.config import ConfigError, ConfigProblem
from edanalyze.facts.module import Unanalysed
from tests.doors.conftest import StandInEngine
from tests.doors.diagnostics import diagnostic, result

Run = Callable[..., Result]


def test_no_findings_is_status_0(engine: StandInEngine, run: Run) -> None:
    engine.result = result(files=3)
    ran = run("check")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "No findings; 3 files analysed.\n", "")


def test_findings_are_status_1(engine: StandInEngine, run: Run) -> None:
    engine.result = result(diagnostic(), files=3)
    ran = run("check")
    assert ran.exit_code == 1
    assert "orders/app.py:3:5: EDA201 publish-after-commit [certain]" in ran.stdout
    assert ran.stdout.endswith("\n\n1 finding in 1 file; 3 files analysed.\n")


def test_exit_zero_reports_findings_with_status_0(engine: StandInEngine, run: Run) -> None:
    engine.result = result(diagnostic())
    ran = run("check", "--exit-zero")
    assert ran.exit_code == 0
    assert "EDA201" in ran.stdout


def test_the_current_folder_is_checked_when_no_path_is_given(engine: StandInEngine, run: Run) -> None:
    run("check")
    assert [path.resolve() for path in engine.projects[0].paths] == [Path.cwd()]


def test_a_path_that_does_not_exist_is_a_usage_error(engine: StandInEngine, run: Run) -> None:
    ran = run("check", "nowhere.py")
    assert ran.exit_code == 2
    assert "'nowhere.py' does not exist" in ran.stderr
    assert not engine.projects


def test_every_mistake_in_the_configuration_is_told_with_file_and_key(engine: StandInEngine, run: Run) -> None:
    engine.error = ConfigError(
        [
            ConfigProblem("pyproject.toml", "tool.edanalyze.selct", 'unknown key; did you mean "select"?'),
            ConfigProblem("pyproject.toml", "tool.edanalyze.fan-out", "expected a whole number, got true"),
        ]
    )
    ran = run("check")
    assert ran.exit_code == 2
    assert ran.stderr == (
        "Error: the configuration cannot be used:\n"
        '  pyproject.toml: tool.edanalyze.selct: unknown key; did you mean "select"?\n'
        "  pyproject.toml: tool.edanalyze.fan-out: expected a whole number, got true\n"
    )


def test_a_crash_of_the_engine_is_a_message_and_no_traceback(engine: StandInEngine, run: Run) -> None:
    engine.error = KeyError("orders")
    ran = run("check")
    assert ran.exit_code == 2
    assert "a mistake of its own" in ran.stderr
    assert "KeyError('orders')" in ran.stderr
    assert "cli/check.py:" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_verbose_adds_the_traceback_of_a_crash(engine: StandInEngine, run: Run) -> None:
    engine.error = KeyError("orders")
    assert "Traceback" in run("check", "--verbose").stderr


def test_files_not_analysed_are_listed_on_stderr(engine: StandInEngine, run: Run) -> None:
    engine.result = result(not_analysed=(Unanalysed("bad\x1b.py", "syntax error in line 3"),), files=1)
    ran = run("check")
    assert ran.stderr == "not analysed: bad\\x1b.py: syntax error in line 3\n"
    assert ran.stdout == "No findings; 1 file analysed, 1 path not analysed.\n"


def test_quiet_prints_findings_only(engine: StandInEngine, run: Run) -> None:
    engine.result = result(diagnostic(trace=()), not_analysed=(Unanalysed("bad.py", "x"),), notes=("n",))
    ran = run("check", "-q", "--format", "concise")
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        "orders/app.py:3:5: EDA201 the event is published after the commit: a crash between the two loses it"
    ]


def test_verbose_says_what_was_not_resolved(engine: StandInEngine, run: Run) -> None:
    engine.result = result(notes=("orders/app.py:3: cannot tell which topic is published to",))
    assert "cannot tell which topic" not in run("check").stderr
    assert "note: orders/app.py:3: cannot tell which topic" in run("check", "-v").stderr


def test_json_on_stdout_is_nothing_but_json(engine: StandInEngine, run: Run) -> None:
    engine.result = result(diagnostic(), not_analysed=(Unanalysed("bad.py", "x"),), files=2)
    ran = run("check", "--format", "json", "--statistics")
    document = json.loads(ran.stdout)
    assert document["diagnostics"][0]["path"] == "orders/app.py"
    assert document["not_analysed"] == [{"path": "bad.py", "reason": "x"}]
    assert "1  EDA201" in ran.stderr
    assert "not analysed" not in ran.stderr


def test_github_annotations_go_to_stdout(engine: StandInEngine, run: Run) -> None:
    engine.result = result(diagnostic())
    assert run("check", "--format", "github").stdout.startswith("::error file=orders/app.py,line=3")


def test_paths_are_shown_as_seen_from_the_working_folder(engine: StandInEngine, run: Run) -> None:
    engine.root = Path.cwd() / "system"
    engine.result = result(diagnostic())
    assert run("check", "--format", "concise").stdout.startswith("system/orders/app.py:3:5")
    engine.root = Path.cwd().parent
    assert run("check", "--format", "concise").stdout.startswith("../orders/app.py:3:5")


def test_the_excerpt_comes_from_the_file(engine: StandInEngine, run: Run) -> None:
    Path("orders").mkdir()
    Path("orders/app.py").write_text("def place():\r\n    commit()\r\n    notify()\r\n", encoding="utf-8")
    engine.result = result(diagnostic())
    assert "  3 |     notify()\n    |     ^^^^^^\n" in run("check").stdout


def test_statistics_follow_the_findings(engine: StandInEngine, run: Run) -> None:
    engine.result = result(diagnostic(), diagnostic(line=4))
    assert (
        "    2  EDA201  publish-after-commit  2 certain\n2 findings in 1 file;" in run("check", "--statistics").stdout
    )


def test_output_goes_to_a_file(engine: StandInEngine, run: Run) -> None:
    engine.result = result(diagnostic(path="café.py"))
    ran = run("check", "--format", "json", "-o", "report.json")
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert json.loads(Path("report.json").read_text(encoding="utf-8"))["diagnostics"][0]["path"] == "café.py"


def test_output_that_cannot_be_written_is_said(engine: StandInEngine, run: Run) -> None:
    ran = run("check", "-o", "missing/report.txt")
    assert ran.exit_code == 2
    assert "cannot write missing/report.txt: No such file or directory" in ran.stderr


def test_only_options_that_were_used_override_the_configuration(engine: StandInEngine, run: Run) -> None:
    run("check")
    assert vars(engine.projects[0].options) == {"config": None, "noqa": True, "cache": True}


def test_options_reach_the_engine(engine: StandInEngine, run: Run) -> None:
    Path("settings.toml").write_text("", encoding="utf-8")
    run(
        *"check --min-confidence guess --strict --include-tests --disable-noqa --config settings.toml -j 3".split(),
    )
    assert vars(engine.projects[0].options) == {
        "config": Path("settings.toml"),
        "noqa": False,
        "min_confidence": "guess",
        "strict": True,
        "include_tests": True,
        "jobs": 3,
        "cache": True,
    }


def test_rules_are_selected_by_lists_that_add_up(engine: StandInEngine, run: Run) -> None:
    ran = run(*"check --select EDA2,EDA301 --select publish-before-commit --ignore EDA203 --enable ALL".split())
    assert ran.exit_code == 0, ran.output
    options = engine.projects[0].options
    assert options.select == ("EDA2", "EDA301", "publish-before-commit")
    assert options.ignore == ("EDA203",)
    assert options.enable == ("ALL",)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("EDA20l", "EDA20"), ("publish-after-comit", "publish-after-commit"), ("W605", "edanalyze rules")],
)
def test_a_rule_that_does_not_exist_is_a_usage_error_with_a_suggestion(
    engine: StandInEngine, run: Run, given: str, meant: str
) -> None:
    ran = run("check", "--select", given)
    assert ran.exit_code == 2
    assert f"no rule is called '{given}'" in ran.stderr
    assert meant in ran.stderr
    assert not engine.projects


@pytest.mark.parametrize(
    "arguments", [["--format", "xml"], ["-j", "0"], ["-j", "many"], ["--min-confidence", "none"], ["--nope"]]
)
def test_wrong_option_values_are_usage_errors(engine: StandInEngine, run: Run, arguments: list[str]) -> None:
    ran = run("check", *arguments)
    assert ran.exit_code == 2
    assert "Usage:" in ran.stderr


@pytest.mark.parametrize(("wish", "coloured"), [("always", True), ("never", False), ("auto", False)])
def test_colour_is_for_terminals_unless_asked_for(
    engine: StandInEngine, run: Run, monkeypatch: pytest.MonkeyPatch, wish: str, coloured: bool
) -> None:
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    engine.result = result(diagnostic(confidence=Confidence.LIKELY))
    ran = CliRunner().invoke(app, ["check", "--color", wish], color=True)
    assert ("\x1b[" in ran.stdout) is coloured


def test_a_failing_check_package_is_a_warning(engine: StandInEngine, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from edanalyze.check import registry

    problem = registry.LoadProblem("acme-checks", "acme", "cannot load acme:RULES")
    monkeypatch.setattr(registry, "problems", lambda: (problem,))
    assert run("check").stderr == "warning: checks of acme-checks (entry point acme): cannot load acme:RULES\n"


def test_without_any_rule_nothing_is_called_clean(
    engine: StandInEngine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edanalyze.check import registry

    broken = registry.Registry((), (registry.LoadProblem("edanalyze", "builtin", "cannot load edanalyze_checks"),))
    monkeypatch.setattr(registry, "installed", lambda: broken)
    ran = run("check")
    assert ran.exit_code == 2
    assert "there are no rules to run\nchecks of edanalyze (entry point builtin): cannot load" in ran.stderr


def test_the_engine_is_not_loaded_for_help() -> None:
    before = set(sys.modules)
    ran = CliRunner().invoke(app, ["check", "--help"])
    assert ran.exit_code == 0
    assert "Exit status" in ran.output
    assert "edanalyze.api" not in set(sys.modules) - before


def test_an_interrupt_ends_the_command_with_a_word(engine: StandInEngine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.error = KeyboardInterrupt()
    with pytest.raises(SystemExit) as left:
        main(["check"])
    assert left.value.code == 130
    assert capsys.readouterr().err.strip() == "edanalyze: interrupted"


def test_main_exits_with_the_status_of_the_command(engine: StandInEngine) -> None:
    engine.result = result(diagnostic())
    with pytest.raises(SystemExit) as left:
        main(["check"])
    assert left.value.code == 1
    with pytest.raises(SystemExit) as left:
        main(["check", "nowhere"])
    assert left.value.code == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("patience", "drawn"), [(0, True), (60, False)])
def test_a_progress_bar_appears_on_a_terminal_when_the_work_is_long(
    monkeypatch: pytest.MonkeyPatch, patience: int, drawn: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "_PATIENCE", patience)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.progress_bar(wanted=True) as update:
        assert update is not None
        update(3, 12)
        update(12, 12)
    assert isinstance(sys.stderr, Terminal)
    assert ("12/12" in sys.stderr.getvalue()) is drawn


@pytest.mark.parametrize("wanted", [True, False])
def test_there_is_no_progress_bar_where_nobody_would_see_it(monkeypatch: pytest.MonkeyPatch, wanted: bool) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO() if wanted else Terminal())
    with progress.progress_bar(wanted) as update:
        assert update is None


def test_unknown_rules_in_the_configuration_are_each_named_with_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.edanalyze]\nignore = ["EDA8"]\nenable = ["publish-after-comit"]\n')
    command = [sys.executable, "-m", "edanalyze", "check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "pyproject.toml: tool.edanalyze.ignore: no rule is called 'EDA8'" in done.stderr
    assert "pyproject.toml: tool.edanalyze.enable: no rule is called 'publish-after-comit'" in done.stderr
