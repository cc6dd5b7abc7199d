"""The formats that other programs import: valid by their own schemas, complete, and safe whatever the names hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator
from junitparser import Failure, JUnitXml

from edanalyze.api import Options, check, load_project
from edanalyze.check import registry
from edanalyze.check.diagnostic import CheckResult, Confidence, TraceStep
from edanalyze.facts.module import Unanalysed
from edanalyze.report import gitlab, junit, sarif
from edanalyze.report import json as json_report
from tests.doors.diagnostics import diagnostic, result

SCHEMA = Draft4Validator(
    json.loads((Path(__file__).parents[1] / "schemas/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
)
FIXTURES = Path(__file__).parents[2] / "fixtures"
HOSTILE = [
    "<script>alert(1)</script>",
    "]]>&amp;</failure>",
    "\x1b[2J\x1b]0;title\x07",
    "\x00\x0b\ufffe",
    "caf\udce9",
    "\u202eevil",
    "a b%#?.py",
    "漢字",
    "::error::x\r\n",
    '"; rm -rf',
]


def as_sarif(found: CheckResult) -> Any:
    document = json.loads(sarif.render(found, registry.rules(), lambda path: path))
    assert [error.message for error in SCHEMA.iter_errors(document)] == []
    return document["runs"][0]


def test_sarif_of_no_findings_is_valid_and_describes_every_rule() -> None:
    run = as_sarif(result())
    assert run["results"] == []
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {rule.code for rule in registry.rules()}
    assert rules["EDA203"]["defaultConfiguration"]["enabled"] is False
    assert "## Use instead" in rules["EDA201"]["help"]["markdown"]
    assert "<!--" not in rules["EDA201"]["help"]["text"]


def test_sarif_leads_to_the_pages_of_rules_where_the_package_says_that_they_are_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not any("helpUri" in rule for rule in as_sarif(result())["tool"]["driver"]["rules"])
    described = Message()
    described["Project-URL"] = "Changelog, https://docs.example/changelog.html"
    described["Project-URL"] = "Documentation, https://docs.example/edanalyze/"
    monkeypatch.setattr(metadata, "metadata", lambda _name: described)
    rules = {rule["id"]: rule for rule in as_sarif(result())["tool"]["driver"]["rules"]}
    assert rules["EDA201"]["helpUri"] == "https://docs.example/edanalyze/rules/EDA201.html"


def test_sarif_holds_place_path_confidence_and_fingerprint() -> None:
    run = as_sarif(result(diagnostic(), diagnostic(line=9, code="EDA301", confidence=Confidence.LIKELY, trace=())))
    first, second = run["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "orders/app.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 11}
    assert (first["level"], second["level"]) == ("error", "warning")
    assert first["partialFingerprints"] == {"edanalyze/v1": "f1"}
    assert first["properties"] == {"confidence": "certain", "service": "orders"}
    assert run["tool"]["driver"]["rules"][second["ruleIndex"]]["id"] == "EDA301"
    steps = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [
        (step["location"]["physicalLocation"]["artifactLocation"]["uri"], step["location"]["message"]["text"])
        for step in steps
    ] == [("orders/app.py", "commits the transaction"), ("orders/bus.py", "publishes to orders")]
    assert "codeFlows" not in second


def test_sarif_tells_what_was_left_out_and_rules_that_are_not_installed() -> None:
    left_out = Unanalysed("old/app.py", "line 1, column 7: invalid syntax")
    run = as_sarif(result(diagnostic(code="EDA999", name="internal-error"), not_analysed=(left_out,)))
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "not analysed: line 1, column 7: invalid syntax"
    assert run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]["name"] == "internal-error"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_text_in_every_format(text: str) -> None:
    found = result(
        diagnostic(path=text, message=text, function=text, trace=(TraceStep(text, 1, 1, text),)),
        not_analysed=(Unanalysed(text, text),),
    )
    uri = as_sarif(found)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri, errors="surrogateescape") == text
    assert len(json.loads(gitlab.render(found, str))) == 1
    assert len([json.loads(line) for line in json_report.lines(found)]) == 1
    rendered = junit.render(found, str)
    assert "<script>" not in rendered
    for written in (sarif.render(found, (), str), gitlab.render(found, str), rendered):
        written.encode("utf-8")
        assert not any(character < " " and character not in "\n\t" for character in written)
    assert len(list(ElementTree.fromstring(rendered).iter("failure"))) == 1


def test_gitlab_report_has_the_keys_that_gitlab_reads() -> None:
    (entry,) = json.loads(gitlab.render(result(diagnostic()), lambda path: f"services/{path}"))
    assert entry["location"] == {"path": "services/orders/app.py", "lines": {"begin": 3, "end": 3}}
    assert entry["severity"] == "major"
    assert entry["fingerprint"] == "f1"
    assert entry["description"].startswith("EDA201 the event is published after the commit")


def cases(text: str) -> Iterator[tuple[str, str]]:
    for suite in JUnitXml.fromstring(text.encode()):
        for case in suite:
            assert all(isinstance(each, Failure) for each in case.result)
            yield suite.name, case.name if case.result else f"{case.name} passed"


def test_junit_has_a_suite_per_file_and_a_failure_per_finding() -> None:
    there = diagnostic(path="billing/app.py", code="EDA301", name="non-idempotent-handler")
    found = result(there, diagnostic(), diagnostic(line=8))
    assert list(cases(junit.render(found, str))) == [
        ("billing/app.py", "EDA301 non-idempotent-handler (3:5)"),
        ("orders/app.py", "EDA201 publish-after-commit (3:5)"),
        ("orders/app.py", "EDA201 publish-after-commit (8:5)"),
    ]
    assert "2. orders/bus.py:10 publishes to orders" in junit.render(found, str)


def test_junit_without_findings_has_one_passed_case() -> None:
    assert list(cases(junit.render(result(), str))) == [("edanalyze", "no findings passed")]


def test_json_lines_hold_one_finding_each_in_order_of_place() -> None:
    lines = [json.loads(line) for line in json_report.lines(result(diagnostic(line=9), diagnostic(line=2)))]
    assert [line["line"] for line in lines] == [2, 9]
    assert lines[0] == json.loads(json_report.render(result(diagnostic(line=2))))["diagnostics"][0]


def test_the_code_flow_of_a_finding_over_several_functions_carries_every_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FIXTURES / "shop", tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shop/.git").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    found = check(load_project([Path()], Options(select=("EDA201",))))
    run = as_sarif(found)
    assert len(run["results"]) == len(found.diagnostics) > 1
    for reported, finding in zip(run["results"], found.diagnostics, strict=True):
        (flow,) = reported["codeFlows"]
        steps = [step["location"] for step in flow["threadFlows"][0]["locations"]]
        places = [step["physicalLocation"] for step in steps]
        assert [
            (place["artifactLocation"]["uri"], place["region"]["startLine"], step["message"]["text"])
            for place, step in zip(places, steps, strict=True)
        ] == [(step.path, step.line, step.message) for step in finding.trace]
    across = next(each for each in found.diagnostics if each.path == "orders/orders_app/services.py")
    assert [(step.path, step.message) for step in across.trace] == [
        ("orders/orders_app/services.py", "`OrderRepository.save` is called"),
        ("orders/orders_app/repository.py", "`commit` commits the transaction"),
        ("orders/orders_app/services.py", "`PlainPublisher.publish` is called"),
        ("libs/shopclient/shopclient/events.py", "`produce` publishes a message"),
    ]
