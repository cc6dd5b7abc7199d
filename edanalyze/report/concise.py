"""One line per diagnostic, in the form that flake8, editors and grep understand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edanalyze.check.diagnostic import CheckResult
from edanalyze.report.escape import one_line, printable


def lines(result: CheckResult, shown: Callable[[str], str]) -> Iterator[str]:
    """Give `path:line:column: code message` per diagnostic.

    `shown` turns a root-relative path into the one to print.
    """
    for diagnostic in result.diagnostics:
        place = f"{shown(diagnostic.path)}:{diagnostic.line}:{diagnostic.column}"
        yield f"{printable(place)}: {one_line(f'{diagnostic.code} {diagnostic.message}')}"
