"""Counts per rule, for `--statistics`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from edanalyze.check.diagnostic import CheckResult, Confidence


def lines(result: CheckResult) -> Iterator[str]:
    """Give a table of how often each rule was found, with how much confidence; most frequent first."""
    totals = Counter((diagnostic.code, diagnostic.name) for diagnostic in result.diagnostics)
    sureness = Counter((diagnostic.code, diagnostic.confidence) for diagnostic in result.diagnostics)
    name_width = max((len(name) for _, name in totals), default=0)
    for (code, name), count in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
        parts = [f"{sureness[code, level]} {level.value}" for level in Confidence if sureness[code, level]]
        yield f"{count:5d}  {code}  {name:<{name_width}}  {', '.join(parts)}"


def summary(result: CheckResult) -> str:
    """Say in one sentence what was found where, and how much was read."""
    found = len(result.diagnostics)
    where = len({diagnostic.path for diagnostic in result.diagnostics})
    sentence = f"{_counted(found, 'finding')} in {_counted(where, 'file')}" if found else "No findings"
    sentence += f"; {_counted(result.files, 'file')} analysed"
    if result.known:
        sentence += f", {_counted(result.known, 'finding')} known from the baseline"
    left_out = len(result.not_analysed)
    return sentence + (f", {_counted(left_out, 'path')} not analysed." if left_out else ".")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
