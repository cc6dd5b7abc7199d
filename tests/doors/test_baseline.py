from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flake8.main.cli import main as flake8

from edanalyze.check import baseline
from edanalyze.check.diagnostic import Diagnostic
from tests.doors.diagnostics import diagnostic

Run = Callable[..., Result]
SOURCE = """\
import pika
from sqlalchemy.orm import Session

from orders.database import engine
from orders.models import Order

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


def place(order):
    with Session(engine) as session:
        session.add(Order(id=order))
        session.commit()
    channel.basic_publish("", "placed", order)
"""


def lines(*texts: str) -> Callable[[str, int], str]:
    return lambda _path, number: texts[number - 1] if number <= len(texts) else ""


def compare(known: list[Diagnostic], found: list[Diagnostic], before: list[str], after: list[str]) -> baseline.Compared:
    made = baseline.make(known, lines(*before))
    return baseline.compare(made, found, lines(*after), lambda _entry: True)


def test_a_finding_is_known_on_another_line_and_with_other_lines_in_its_message() -> None:
    before = diagnostic(line=3, message="publishes after the commit at orders/app.py:2: a crash loses it")
    after = diagnostic(line=9, message="publishes after the commit at orders/app.py:8: a crash loses it")
    compared = compare([before], [after], [], [])
    assert (compared.new, compared.known, compared.stale) == ((), 1, ())


@pytest.mark.parametrize("change", [{"code": "EDA301"}, {"function": "orders.app.other"}, {"message": "another"}])
def test_another_rule_function_or_message_is_new(change: dict[str, str]) -> None:
    compared = compare([diagnostic()], [diagnostic(**change)], [], [])
    assert len(compared.new) == 1
    assert [entry.code for entry in compared.stale] == ["EDA201"]


def test_of_several_alike_the_one_on_a_new_line_is_new() -> None:
    before = ["a()", "notify(first)", "b()", "notify(second)"]
    after = ["notify(third)", "notify(first)", "c()", "d()", "notify(second)"]
    known = [diagnostic(line=2), diagnostic(line=4)]
    compared = compare(known, [diagnostic(line=1), diagnostic(line=2), diagnostic(line=5)], before, after)
    assert [each.line for each in compared.new] == [1]
    assert (compared.known, compared.stale) == (2, ())


def test_of_several_alike_a_missing_one_is_stale() -> None:
    compared = compare([diagnostic(line=1), diagnostic(line=2)], [diagnostic(line=2)], ["a", "b"], ["x", "b"])
    assert (compared.new, compared.known) == ((), 1)
    (entry,) = compared.stale
    assert len(entry.lines) == 1


def test_pruning_takes_away_what_is_stale_and_nothing_else() -> None:
    known = [diagnostic(line=1), diagnostic(line=2), diagnostic(code="EDA301", line=1)]
    made = baseline.make(known, lines("a", "b"))
    compared = baseline.compare(made, [diagnostic(line=2)], lines("a", "b"), lambda _entry: True)
    left = baseline.prune(made, compared.stale)
    assert left == baseline.make([diagnostic(line=2)], lines("a", "b"))


def test_entries_that_were_not_looked_for_are_not_stale() -> None:
    made = baseline.make([diagnostic()], lines())
    assert baseline.compare(made, [], lines(), lambda _entry: False).stale == ()


def test_the_file_is_the_same_in_whatever_order_findings_come() -> None:
    found = [diagnostic(line=number, path=path) for number in (1, 2) for path in ("b.py", "a.py")]
    texts = {baseline.encode(baseline.make(order, lines("x", "y"))) for order in (found, found[::-1])}
    assert len(texts) == 1


@pytest.mark.parametrize(
    "content", ["", "[]", '{"version": 1}', '{"version": 1, "findings": [{}]}', "\x00", "[" * 9999]
)
def test_a_file_that_is_no_baseline_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(baseline.BaselineError, match=r"known\.json: no baseline of edanalyze"):
        baseline.read(file)


def test_a_newer_format_is_named(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_text('{"version": 2, "findings": []}', encoding="utf-8")
    with pytest.raises(baseline.BaselineError, match="another version"):
        baseline.read(file)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/app.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.edanalyze]\nbaseline = "known.json"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def codes(result: Result) -> list[str]:
    return [line.split()[1] for line in result.stdout.splitlines() if line.count(":") >= 3]


def test_a_missing_baseline_is_told_and_everything_is_reported(project: Path, run: Run) -> None:
    ran = run("check", "--format", "concise")
    assert ran.exit_code == 1
    assert "EDA201" in codes(ran)
    assert "there is no baseline" in ran.stderr


def test_a_broken_baseline_ends_the_run_with_its_name(project: Path, run: Run) -> None:
    (project / "known.json").write_text("{}", encoding="utf-8")
    ran = run("check")
    assert ran.exit_code == 2
    assert "known.json: no baseline of edanalyze" in ran.stderr


def test_options_win_over_the_configured_baseline(project: Path, run: Run) -> None:
    assert run("baseline", "write").exit_code == 0
    assert run("check", "-q").exit_code == 0
    assert run("check", "-q", "--no-baseline").exit_code == 1
    (project / "empty.json").write_text('{"version": 1, "findings": []}', encoding="utf-8")
    assert run("check", "-q", "--baseline", "empty.json").exit_code == 1


def test_both_doors_take_the_baseline_from_the_configuration(
    project: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("baseline", "write")
    capsys.readouterr()
    assert flake8(["--isolated", "-j1", "--select", "EDA", "."]) == 0
    (project / "empty.json").write_text('{"version": 1, "findings": []}', encoding="utf-8")
    assert flake8(["--isolated", "-j1", "--select", "EDA", "--edanalyze-baseline", "empty.json", "."]) == 1
    assert "EDA201" in capsys.readouterr().out


def test_writing_a_part_keeps_what_is_known_of_the_rest(project: Path, run: Run) -> None:
    shutil.copytree(project / "orders", project / "billing")
    run("baseline", "write")
    whole = (project / "known.json").read_text(encoding="utf-8")
    run("baseline", "write", "billing")
    assert (project / "known.json").read_text(encoding="utf-8") == whole
    shutil.rmtree(project / "orders")
    assert "stale" not in run("check", "billing").stderr


def test_what_was_not_looked_for_is_not_stale(project: Path, run: Run) -> None:
    run("baseline", "write")
    assert "prune" not in run("check", "--ignore", "EDA201").stderr
    (project / "orders/app.py").write_text("def (:\n", encoding="utf-8")
    assert "prune" not in run("check").stderr
    (project / "orders/app.py").unlink()
    assert "prune" in run("check").stderr


def test_a_baseline_that_no_setting_names_is_told(project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text("[tool.edanalyze]\n", encoding="utf-8")
    ran = run("baseline", "write")
    assert "edanalyze-baseline.json" in ran.stdout
    assert 'baseline = "edanalyze-baseline.json"' in ran.stdout
    assert json.loads((project / "edanalyze-baseline.json").read_text(encoding="utf-8"))["findings"]


def test_there_is_nothing_to_check_or_prune_without_a_baseline(project: Path, run: Run) -> None:
    for command in ("check", "prune"):
        ran = run("baseline", command)
        assert ran.exit_code == 2
        assert "known.json: cannot be read" in ran.stderr


# --------------------------------------------------------------------- --since


def git(folder: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


@pytest.fixture
def branch(project: Path) -> Path:
    """The project as a branch that has changed nothing yet."""
    (project / "pyproject.toml").write_text("[tool.edanalyze]\n", encoding="utf-8")
    git(project, "init", "-q", "-b", "main")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "before")
    git(project, "checkout", "-q", "-b", "change")
    return project


def since(run: Run, *arguments: str) -> list[str]:
    ran = run("check", "-q", "--format", "concise", "--select", "EDA201", "--since", "main", *arguments)
    assert ran.exit_code in (0, 1), ran.stderr
    return [line.partition(": ")[0] for line in ran.stdout.splitlines()]


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_is_reported_of_what_has_not_changed(branch: Path, run: Run) -> None:
    assert since(run) == []
    edit(branch / "orders/app.py", "def place", "LIMIT = 1\n\n\ndef place")
    assert since(run) == []


def test_an_edited_line_on_the_path_is_reported_committed_or_not(branch: Path, run: Run) -> None:
    edit(branch / "orders/app.py", "session.add(Order(id=order))", "session.add(Order(id=order.id))")
    assert since(run) == []
    edit(branch / "orders/app.py", "        session.commit()", "        session.commit()  # now")
    assert since(run) == ["orders/app.py:14:13"]
    git(branch, "commit", "-q", "-a", "-m", "edited")
    assert since(run) == ["orders/app.py:14:13"]


def test_a_change_in_one_file_that_is_wrong_in_another_is_reported_there(branch: Path, run: Run) -> None:
    edit(branch / "orders/app.py", 'channel.basic_publish("", "placed", order)', "tell(order)")
    edit(branch / "orders/app.py", "from orders.models", "from orders.bus import tell\nfrom orders.models")
    (branch / "orders/bus.py").write_text("def tell(order):\n    pass\n", encoding="utf-8")
    git(branch, "add", ".")
    git(branch, "commit", "-q", "-m", "a bus that does nothing")
    git(branch, "branch", "-f", "main")
    assert since(run) == []
    head = SOURCE.partition("def place")[0]
    (branch / "orders/bus.py").write_text(
        f'{head}def tell(order):\n    channel.basic_publish("", "placed", order)\n', encoding="utf-8"
    )
    assert since(run) == ["orders/app.py:15:5"]


def test_lines_that_were_taken_away_count_for_the_function_around_them(branch: Path, run: Run) -> None:
    edit(
        branch / "orders/app.py",
        "        session.add(Order(id=order))\n",
        "        session.add(Order(id=order))\n        log()\n",
    )
    git(branch, "commit", "-q", "-a", "-m", "logs")
    git(branch, "branch", "-f", "main")
    edit(branch / "orders/app.py", "        log()\n", "")
    assert since(run) == ["orders/app.py:14:13"]


def test_new_files_count_as_a_whole_whether_git_knows_them_or_not(branch: Path, run: Run) -> None:
    (branch / "orders/new café.py").write_text(SOURCE, encoding="utf-8")
    assert since(run) == ["orders/new café.py:14:13"]
    git(branch, "add", ".")
    git(branch, "commit", "-q", "-m", "new")
    assert since(run) == ["orders/new café.py:14:13"]


@pytest.mark.parametrize("name", ["two words.py", 'quo"te.py', "back\\slash.py", "café.py"])
def test_files_with_odd_names_are_recognised(branch: Path, run: Run, name: str) -> None:
    (branch / name).write_text(SOURCE, encoding="utf-8")
    git(branch, "add", ".")
    git(branch, "commit", "-q", "-m", "odd")
    git(branch, "branch", "-f", "main")
    assert since(run) == []
    edit(branch / name, '"placed"', '"order-placed"')
    (reported,) = since(run)
    assert reported.endswith(".py:14:13")


def test_a_file_that_was_removed_is_no_matter(branch: Path, run: Run) -> None:
    (branch / "orders/app.py").unlink()
    assert since(run) == []


def test_what_main_has_changed_meanwhile_does_not_count(branch: Path, run: Run) -> None:
    git(branch, "checkout", "-q", "main")
    edit(branch / "orders/app.py", '"placed"', '"order-placed"')
    git(branch, "commit", "-q", "-a", "-m", "elsewhere")
    git(branch, "checkout", "-q", "change")
    assert since(run) == []


def test_a_project_below_the_work_tree_s_root_sees_its_own_changes(
    branch: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = branch / "systems/shop"
    below.mkdir(parents=True)
    shutil.move(branch / "orders", below / "orders")
    shutil.move(branch / "pyproject.toml", below / "pyproject.toml")
    git(branch, "add", ".")
    git(branch, "commit", "-q", "-m", "moved")
    git(branch, "branch", "-f", "main")
    monkeypatch.chdir(below)
    assert since(run) == []
    edit(below / "orders/app.py", '"placed"', '"order-placed"')
    assert since(run) == ["orders/app.py:14:13"]


def test_flake8_restricts_itself_to_what_has_changed_too(branch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--isolated", "-j1", "--select", "EDA201", "--edanalyze-since", "main", "."]
    assert flake8(arguments) == 0
    edit(branch / "orders/app.py", '"placed"', '"order-placed"')
    assert flake8(arguments) == 1
    assert "orders/app.py:14:13: EDA201" in capsys.readouterr().out


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "main; touch x", ""])
def test_a_revision_that_git_does_not_know_is_told(branch: Path, run: Run, revision: str) -> None:
    ran = run("check", f"--since={revision}")
    assert ran.exit_code == 2
    assert "git knows no revision" in ran.stderr
    assert sorted(each.name for each in branch.iterdir() if each.name[0] != ".") == ["orders", "pyproject.toml"]


def test_without_a_repository_git_s_answer_is_told(project: Path, run: Run) -> None:
    ran = run("check", "--since", "main")
    assert ran.exit_code == 2
    assert "git knows no revision 'main'" in ran.stderr


def test_programs_that_the_repository_names_are_not_started(branch: Path, run: Run) -> None:
    trap = branch / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {branch}/sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "diff.trap.textconv", "diff.trap.command"):
        git(branch, "config", key, str(trap))
    (branch / ".gitattributes").write_text("*.py diff=trap\n", encoding="utf-8")
    edit(branch / "orders/app.py", '"placed"', '"order-placed"')
    (branch / "sprung").unlink(missing_ok=True)
    assert since(run) == ["orders/app.py:14:13"]
    assert not (branch / "sprung").exists()
