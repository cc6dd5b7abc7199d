"""SARIF 2.1.0, which code-scanning services and editors import: rules with their help, findings with their paths."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import metadata
from urllib.parse import quote

from edanalyze import __version__
from edanalyze.check import crash, pages
from edanalyze.check.diagnostic import CheckResult, Confidence, Diagnostic, TraceStep
from edanalyze.check.rule import Rule
from edanalyze.facts.module import Unanalysed
from edanalyze.report import sarif_records as sarif
from edanalyze.report.escape import printable
from edanalyze.report.json import encode

_LEVELS = {Confidence.CERTAIN: "error", Confidence.LIKELY: "warning", Confidence.GUESS: "note"}
_FINGERPRINT = "edanalyze/v1"


def render(result: CheckResult, rules: Sequence[Rule], shown: Callable[[str], str]) -> str:
    """Render a result as one SARIF log with one run.

    `rules` are described in the log whether or not they found something. `shown` turns a root-relative path into one
    relative to the checkout, which is what readers resolve.
    """
    site = documentation()
    described = [_descriptor(rule, site) for rule in rules]
    index = {rule.id: number for number, rule in enumerate(described)}
    for diagnostic in result.diagnostics:
        if diagnostic.code not in index:
            index[diagnostic.code] = len(described)
            described.append(_bare(diagnostic))
    run = sarif.Run(
        tool=sarif.Tool(sarif.ToolComponent("edanalyze", __version__, tuple(described))),
        invocations=(sarif.Invocation(True, tuple(_left_out(file, shown) for file in result.not_analysed)),),
        column_kind="unicodeCodePoints",
        results=tuple(_result(diagnostic, index[diagnostic.code], shown) for diagnostic in result.diagnostics),
    )
    return encode(sarif.Log(sarif.SCHEMA, sarif.VERSION, (run,)))


def documentation() -> str | None:
    """Where the documentation is published, by the metadata of the installed package (`[project.urls]`); or None."""
    with suppress(metadata.PackageNotFoundError):
        for entry in metadata.metadata("edanalyze").get_all("Project-URL") or ():
            label, _, url = entry.partition(",")
            if label.strip().lower() == "documentation":
                return str(url.strip().rstrip("/"))
    return None


def _descriptor(rule: Rule, site: str | None) -> sarif.ReportingDescriptor:
    page = pages.text(rule)
    is_own = type(rule).__module__.startswith("edanalyze_checks.")
    return sarif.ReportingDescriptor(
        id=rule.code,
        name=rule.name,
        short_description=sarif.Message(rule.summary),
        full_description=sarif.Message(rule.what_it_does),
        help=sarif.Message(page, page),
        default_configuration=sarif.Configuration(rule.default),
        properties={"tags": ["event-driven"]},
        help_uri=f"{site}/rules/{rule.code}.html" if site is not None and is_own else None,
    )


def _bare(diagnostic: Diagnostic) -> sarif.ReportingDescriptor:
    """What is known of what no rule has reported: a mistake of edanalyze itself."""
    name = sarif.Message(diagnostic.name)
    help_ = sarif.Message(crash.EXPLANATION, crash.EXPLANATION) if diagnostic.code == crash.CODE else name
    return sarif.ReportingDescriptor(diagnostic.code, diagnostic.name, name, name, help_, sarif.Configuration(True), {})


def _result(diagnostic: Diagnostic, index: int, shown: Callable[[str], str]) -> sarif.Result:
    region = sarif.Region(diagnostic.line, diagnostic.column, diagnostic.end_line, diagnostic.end_column)
    function = (sarif.LogicalLocation(diagnostic.function, "function"),) if diagnostic.function else ()
    return sarif.Result(
        rule_id=diagnostic.code,
        rule_index=index,
        level=_LEVELS[diagnostic.confidence],
        message=sarif.Message(printable(diagnostic.message)),
        locations=(sarif.Location(_place(shown(diagnostic.path), region), function),),
        partial_fingerprints={_FINGERPRINT: diagnostic.fingerprint},
        properties={"confidence": diagnostic.confidence.value, "service": diagnostic.service},
        code_flows=_flows(diagnostic.trace, shown),
    )


def _flows(trace: Sequence[TraceStep], shown: Callable[[str], str]) -> tuple[sarif.CodeFlow, ...]:
    """The whole trace as one path; none for a finding that has no steps."""
    steps = tuple(
        sarif.ThreadFlowLocation(
            sarif.Location(
                _place(shown(step.path), sarif.Region(step.line, step.column)),
                message=sarif.Message(printable(step.message)),
            ),
            number,
        )
        for number, step in enumerate(trace, 1)
    )
    return (sarif.CodeFlow((sarif.ThreadFlow(steps),)),) if steps else ()


def _left_out(file: Unanalysed, shown: Callable[[str], str]) -> sarif.Notification:
    message = sarif.Message(printable(f"not analysed: {file.reason}"))
    return sarif.Notification(message, (sarif.Location(_place(shown(file.path), None)),), "warning")


def _place(path: str, region: sarif.Region | None) -> sarif.PhysicalLocation:
    uri = quote(os.fsencode(path))
    return sarif.PhysicalLocation(sarif.ArtifactLocation(uri, "%SRCROOT%"), region)
