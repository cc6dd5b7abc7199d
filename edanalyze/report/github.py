"""Workflow commands by which GitHub Actions shows diagnostics as annotations on a pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edanalyze.check.diagnostic import CheckResult, Confidence, Diagnostic
from edanalyze.report.escape import encodable

_LEVELS = {Confidence.CERTAIN: "error", Confidence.LIKELY: "warning", Confidence.GUESS: "notice"}


def lines(result: CheckResult, shown: Callable[[str], str]) -> Iterator[str]:
    """Give one workflow command per diagnostic, its trace in the message.

    `shown` turns a root-relative path into one relative to the checkout, which is where GitHub looks files up.
    """
    for diagnostic in result.diagnostics:
        yield encodable(_command(diagnostic, shown))


def _command(diagnostic: Diagnostic, shown: Callable[[str], str]) -> str:
    properties = {
        "file": shown(diagnostic.path),
        "line": str(diagnostic.line),
        "endLine": str(diagnostic.end_line),
        "col": str(diagnostic.column),
        "endColumn": str(diagnostic.end_column),
        "title": f"{diagnostic.code} {diagnostic.name}",
    }
    steps = [
        f"{number}. {shown(step.path)}:{step.line} {step.message}" for number, step in enumerate(diagnostic.trace, 1)
    ]
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_LEVELS[diagnostic.confidence]} {listed}::{_data(chr(10).join([diagnostic.message, *steps]))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
