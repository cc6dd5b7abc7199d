"""GitLab's code quality report: a JSON list that merge requests show beside the changed lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edanalyze.check.diagnostic import CheckResult, Confidence, Diagnostic
from edanalyze.report.escape import printable
from edanalyze.report.json import encode

_SEVERITIES = {Confidence.CERTAIN: "major", Confidence.LIKELY: "minor", Confidence.GUESS: "info"}


def render(result: CheckResult, shown: Callable[[str], str]) -> str:
    """Render the findings with the keys that GitLab's documentation names.

    `shown` turns a root-relative path into one relative to the checkout, where GitLab looks files up.
    """
    return encode([_entry(diagnostic, shown) for diagnostic in result.diagnostics])


def _entry(diagnostic: Diagnostic, shown: Callable[[str], str]) -> dict[str, Any]:
    return {
        "description": printable(f"{diagnostic.code} {diagnostic.message}"),
        "check_name": f"{diagnostic.code} {diagnostic.name}",
        "fingerprint": diagnostic.fingerprint,
        "severity": _SEVERITIES[diagnostic.confidence],
        "location": {
            "path": shown(diagnostic.path),
            "lines": {"begin": diagnostic.line, "end": diagnostic.end_line},
        },
    }
