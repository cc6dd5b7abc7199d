"""The delivery verdict for people (a table) and for programs (JSON, described by docs/schema/delivery.schema.json)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edanalyze.analyse.delivery import VERDICTS, Verdict
from edanalyze.report.escape import printable
from edanalyze.report.json import encode

VERSION = 1
_COLOURS = dict(zip(VERDICTS, ("bold red", "red", "yellow", "dim", "green"), strict=True))


def render(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as JSON, in their order; paths are relative to the project root."""
    return encode({"version": VERSION, "deliveries": list(verdicts)})


def write(verdicts: Sequence[Verdict], console: Console) -> None:
    """Print a table with a row for each topic and consumer: verdict, evidence, the cheapest change.

    Paths are those from the project root. Names from the project are not taken as markup.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_lines=True)
    table.add_column("topic, consumer, verdict", overflow="fold", ratio=2)
    table.add_column("why, and the cheapest change that makes it safe", overflow="fold", ratio=3)
    for verdict in verdicts:
        place = f"{verdict.path}:{verdict.line}"
        way = Text("".join(f"{printable(line)}\n" for line in (verdict.topic, verdict.consumer, place)))
        way.append(verdict.verdict, _COLOURS[verdict.verdict])
        reasons = [f"- {each.message} ({each.path}:{each.line})" for each in verdict.reasons]
        steps = [f"{number}. {step}" for number, step in enumerate(verdict.change, 1)]
        table.add_row(way, Text("\n".join(map(printable, [*reasons, *steps]))))
    if verdicts:
        console.print(table)
    console.print(Text(summary(verdicts)))


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many ways have which verdict, in one sentence."""
    counted = Counter(verdict.verdict for verdict in verdicts)
    ways = "1 way" if len(verdicts) == 1 else f"{len(verdicts)} ways"
    parts = [f"{counted[verdict]} {verdict}" for verdict in VERDICTS if counted[verdict]]
    return f"{ways} from a topic to a consumer: {', '.join(parts)}" if verdicts else "No message handlers found"
