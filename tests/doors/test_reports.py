from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from edanalyze.check.diagnostic import CheckResult, Confidence, TraceStep
from edanalyze.facts.module import Unanalysed
from edanalyze.report import concise, github, statistics, text
from edanalyze.report import json as json_report
from tests.doors.diagnostics import diagnostic, result

SOURCE = "def place(order):\n    session.commit()\n    notify(order)\n    return order\n"


def plain(found: CheckResult, source: str = SOURCE, width: int = 40) -> str:
    stream = io.StringIO()
    console = Console(file=stream, color_system=None, width=width, markup=False, emoji=False, highlight=False)
    text.write(found, console, lambda _path: source.split("\n"), lambda path: path)
    return stream.getvalue()


def test_text_shows_message_excerpt_and_path_of_the_finding() -> None:
    assert plain(result(diagnostic())) == (
        "orders/app.py:3:5: EDA201 publish-after-commit [certain]\n"
        "  the event is published after the commit: a crash between the two loses it\n"
        "  1 | def place(order):\n"
        "  2 |     session.commit()\n"
        "  3 |     notify(order)\n"
        "    |     ^^^^^^\n"
        "  4 |     return order\n"
        "  5 |\n"
        "   1. orders/app.py:2   commits the transaction\n"
        "   2. orders/bus.py:10  publishes to orders\n"
        "\n"
    )


def test_text_does_not_wrap_long_paths_and_messages_on_a_narrow_terminal() -> None:
    path = "services/" * 30 + "app.py"
    shown = plain(result(diagnostic(path=path, message="word " * 60, trace=())), width=20)
    assert shown.startswith(f"{path}:3:5: EDA201")
    assert "  " + ("word " * 60).rstrip() in [line.rstrip() for line in shown.splitlines()]


def test_text_marks_what_follows_tabs_and_wide_characters() -> None:
    source = '\tsend("漢字", notify())\n'
    shown = plain(result(diagnostic(line=1, end_line=1, column=13, end_column=19)), source).splitlines()
    assert shown[2] == '  1 |     send("漢字", notify())'
    assert shown[3] == "    |                  ^^^^^^"


def test_text_crops_a_very_long_line_to_what_surrounds_the_finding() -> None:
    before, after = "a = 1; " * 2000, "; b = 2" * 2000
    column = len(before) + 1
    shown = plain(
        result(diagnostic(line=1, end_line=1, column=column, end_column=column + 6)), f"{before}notify(){after}"
    )
    line, marks = shown.splitlines()[2:4]
    assert len(line) < 200
    assert line[marks.index("^") : marks.rindex("^") + 1] == "notify"


def test_text_without_readable_source_has_no_excerpt() -> None:
    shown = plain(result(diagnostic(line=99)), SOURCE)
    assert "|" not in shown
    assert "1. orders/app.py:2" in shown


def test_text_shows_markup_and_control_characters_of_hostile_files_as_text() -> None:
    hostile = diagnostic(
        path="a[red]\x1b[31m:smile:\n.py", message="[bold]x[/bold] \x1b]0;title\x07", line=1, end_line=1
    )
    shown = plain(result(hostile), "[link=evil]\x1b[2J notify() # \u202e\n")
    assert "a[red]\\x1b[31m:smile:\\x0a.py:1:5" in shown
    assert "[bold]x[/bold] \\x1b]0;title\\x07" in shown
    assert "[link=evil]\\x1b[2J notify() # \\u202e" in shown
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", shown)


def test_text_colours_the_code_by_confidence() -> None:
    def coloured(confidence: Confidence) -> str:
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=True, color_system="standard", no_color=False, highlight=False)
        text.write(result(diagnostic(confidence=confidence)), console, lambda _path: [], lambda path: path)
        found = re.search(r"(\x1b\[[\d;]+m)EDA201", stream.getvalue())
        assert found
        return found[1]

    assert len({coloured(each) for each in Confidence}) == 3


def test_concise_is_one_line_per_finding_whatever_is_in_it() -> None:
    found = result(diagnostic(), diagnostic(path="a\nb.py", message="two\nlines", line=7))
    assert list(concise.lines(found, lambda path: f"./{path}")) == [
        "./orders/app.py:3:5: EDA201 the event is published after the commit: a crash between the two loses it",
        "./a\\x0ab.py:7:5: EDA201 two lines",
    ]


def test_json_has_the_documented_keys_in_order_of_place() -> None:
    late, early = diagnostic(line=9), diagnostic(line=2, code="EDA301")
    document = json.loads(
        json_report.render(result(late, early, not_analysed=(Unanalysed("b.py", "x"), Unanalysed("a.py", "y"))))
    )
    assert list(document) == ["version", "diagnostics", "not_analysed", "baseline"]
    assert document["version"] == 1
    assert [each["line"] for each in document["diagnostics"]] == [2, 9]
    assert document["not_analysed"] == [{"path": "a.py", "reason": "y"}, {"path": "b.py", "reason": "x"}]
    assert document["diagnostics"][1] == {
        "code": "EDA201",
        "name": "publish-after-commit",
        "message": "the event is published after the commit: a crash between the two loses it",
        "path": "orders/app.py",
        "line": 9,
        "column": 5,
        "end_line": 3,
        "end_column": 11,
        "function": "orders.app.place",
        "service": "orders",
        "confidence": "certain",
        "fingerprint": "f1",
        "trace": [
            {"path": "orders/app.py", "line": 2, "column": 13, "message": "commits the transaction"},
            {"path": "orders/bus.py", "line": 10, "column": 5, "message": "publishes to orders"},
        ],
        "url": "docs/rules/EDA201.md",
    }


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    document = json.loads((Path(__file__).parents[2] / "docs/schema/check.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def test_json_follows_its_schema(schema: Draft202012Validator) -> None:
    found = result(diagnostic(), diagnostic(trace=(), url="", service=""), not_analysed=(Unanalysed("a.py", "y"),))
    schema.validate(json.loads(json_report.render(found)))
    schema.validate(json.loads(json_report.render(result())))


@pytest.mark.parametrize(
    "changes",
    [{"line": 0}, {"column": 0}, {"code": "201"}, {"name": "Publish"}, {"message": ""}],
)
def test_the_schema_refuses_what_is_no_diagnostic(schema: Draft202012Validator, changes: dict[str, object]) -> None:
    assert not schema.is_valid(json.loads(json_report.render(result(diagnostic(**changes)))))


def test_json_keeps_keys_of_empty_values() -> None:
    bare = diagnostic(trace=(), url="", service="")
    assert json.loads(json_report.render(result(bare)))["diagnostics"][0].keys() >= {"trace", "url", "service"}


def test_json_escapes_names_that_are_not_valid_text() -> None:
    document = json.loads(json_report.render(result(diagnostic(path="caf\udce9.py"))))
    assert document["diagnostics"][0]["path"] == "caf\\xe9.py"


@pytest.mark.parametrize(("confidence", "level"), [("certain", "error"), ("likely", "warning"), ("guess", "notice")])
def test_github_annotates_the_place_with_a_level_by_confidence(confidence: str, level: str) -> None:
    (line,) = github.lines(result(diagnostic(confidence=Confidence(confidence), trace=())), lambda path: path)
    assert line == (
        f"::{level} file=orders/app.py,line=3,endLine=3,col=5,endColumn=11,title=EDA201 publish-after-commit"
        "::the event is published after the commit: a crash between the two loses it"
    )


def test_github_escapes_what_would_end_a_property_or_a_command() -> None:
    hostile = diagnostic(path="a,line=1::b%.py", message="50%\n::error::x", trace=(TraceStep("c.py", 1, 1, "step"),))
    (line,) = github.lines(result(hostile), lambda path: path)
    assert "file=a%2Cline=1%3A%3Ab%25.py,line=3" in line
    assert line.endswith("::50%25%0A::error::x%0A1. c.py:1 step")


def test_statistics_count_findings_by_rule_most_frequent_first() -> None:
    rare = diagnostic(code="EDA301", name="non-idempotent-handler")
    found = result(rare, diagnostic(), diagnostic(line=4, confidence=Confidence.LIKELY))
    assert list(statistics.lines(found)) == [
        "    2  EDA201  publish-after-commit    1 certain, 1 likely",
        "    1  EDA301  non-idempotent-handler  1 certain",
    ]


def test_summary_counts_findings_files_and_what_was_left_out() -> None:
    found = result(diagnostic(), diagnostic(path="b.py"), files=12, not_analysed=(Unanalysed("c.py", "x"),))
    assert statistics.summary(found) == "2 findings in 2 files; 12 files analysed, 1 path not analysed."
    assert statistics.summary(result(files=1)) == "No findings; 1 file analysed."
