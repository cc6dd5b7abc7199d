"""Diagnostics for people: the source around each finding, and the path that leads to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from edanalyze.check.diagnostic import CheckResult, Confidence, Diagnostic, TraceStep
from edanalyze.report.escape import printable

_COLOURS = {Confidence.CERTAIN: "bold red", Confidence.LIKELY: "bold yellow", Confidence.GUESS: "bold cyan"}
_CONTEXT = 2
_WIDEST = 160
_MARGIN = 40
_TAB = 4


def write(
    result: CheckResult,
    console: Console,
    read_lines: Callable[[str], Sequence[str]],
    shown: Callable[[str], str],
) -> None:
    """Print every diagnostic with excerpt and trace.

    `read_lines` gives the lines of a root-relative path, none when it cannot be read; `shown` turns such a path into
    the one to print. Nothing is wrapped, so that paths stay whole, and nothing in files or paths is taken as markup.
    """
    for diagnostic in result.diagnostics:
        for line in _lines(diagnostic, read_lines(diagnostic.path), shown):
            console.print(line, soft_wrap=True)
        console.print()


def _lines(diagnostic: Diagnostic, source: Sequence[str], shown: Callable[[str], str]) -> Iterator[Text]:
    colour = _COLOURS[diagnostic.confidence]
    place = f"{shown(diagnostic.path)}:{diagnostic.line}:{diagnostic.column}"
    yield Text.assemble(
        (printable(place), "bold"),
        ": ",
        (diagnostic.code, colour),
        f" {diagnostic.name} [{diagnostic.confidence.value}]",
    )
    for paragraph in diagnostic.message.splitlines():
        yield Text(f"  {printable(paragraph)}")
    yield from _excerpt(diagnostic, source, colour)
    yield from _trace(diagnostic.trace, shown)


def _excerpt(diagnostic: Diagnostic, source: Sequence[str], colour: str) -> Iterator[Text]:
    if not 1 <= diagnostic.line <= len(source):
        return
    first = max(1, diagnostic.line - _CONTEXT)
    last = min(len(source), diagnostic.line + _CONTEXT)
    width = len(str(last))
    for number in range(first, last + 1):
        text = source[number - 1].rstrip("\r\n")
        if number != diagnostic.line:
            yield Text(f"  {number:>{width}} | {_cropped(_display(text), 0)[0]}".rstrip(), "dim")
            continue
        end = diagnostic.end_column if diagnostic.end_line == diagnostic.line else len(text) + 1
        before = _display(text[: diagnostic.column - 1])
        marked = _display(text[diagnostic.column - 1 : end - 1])
        line, shift = _cropped(_display(text), len(before))
        yield Text.assemble((f"  {number:>{width}} | ", "dim"), line)
        indent = " " * (cell_len(line[: len(before) - shift]))
        yield Text.assemble((f"  {'':>{width}} | ", "dim"), indent, ("^" * max(1, cell_len(marked)), colour))


def _trace(steps: Sequence[TraceStep], shown: Callable[[str], str]) -> Iterator[Text]:
    places = [printable(f"{shown(step.path)}:{step.line}") for step in steps]
    widest = max(map(len, places), default=0)
    for number, (place, step) in enumerate(zip(places, steps, strict=True), 1):
        yield Text.assemble(f"  {number:>2}. ", (f"{place:<{widest}}", "cyan"), f"  {printable(step.message)}")


def _display(text: str) -> str:
    return printable(text.replace("\t", " " * _TAB))


def _cropped(text: str, focus: int) -> tuple[str, int]:
    """Cut a long line down to what surrounds `focus`; gives the cut and by how much its characters moved left."""
    if len(text) <= _WIDEST:
        return text, 0
    start = max(0, min(focus - _MARGIN, len(text) - _WIDEST))
    cut = text[start : start + _WIDEST]
    head, tail = ("... " if start else ""), (" ..." if start + _WIDEST < len(text) else "")
    return head + cut + tail, start - len(head)
