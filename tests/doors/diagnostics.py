"""Makes diagnostics for tests of what comes after the checks."""

from __future__ import annotations

from typing import Any

import msgspec

from edanalyze.check.diagnostic import CheckResult, Confidence, Diagnostic, TraceStep

_PLAIN = Diagnostic(
    code="EDA201",
    name="publish-after-commit",
    message="the event is published after the commit: a crash between the two loses it",
    path="orders/app.py",
    line=3,
    column=5,
    end_line=3,
    end_column=11,
    function="orders.app.place",
    service="orders",
    confidence=Confidence.CERTAIN,
    fingerprint="f1",
    trace=(
        TraceStep("orders/app.py", 2, 13, "commits the transaction"),
        TraceStep("orders/bus.py", 10, 5, "publishes to orders"),
    ),
    url="docs/rules/EDA201.md",
)


def diagnostic(**changes: Any) -> Diagnostic:
    return msgspec.structs.replace(_PLAIN, **changes)


def result(*diagnostics: Diagnostic, **fields: Any) -> CheckResult:
    return CheckResult(diagnostics=diagnostics, **fields)
