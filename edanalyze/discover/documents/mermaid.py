"""Arrows of Mermaid diagrams: flowcharts, sequences and C4. Best effort: what is not understood is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from edanalyze.discover.documents import c4
from edanalyze.discover.documents.labels import Quotes, label
from edanalyze.discover.documents.records import Arrow

_TEXT_INSIDE = re.compile(r"(--|==|-\.)\s+([^\s\-=.|>][^|>]*?)\s+(-->|---|==>|===|\.->|\.-)")
_LINK = re.compile(r"\s*(<?)(?:-{2,}|={2,}|-?\.+-)([>xo]?)(?:\s*\|([^|]*)\|)?\s*")
_NODE = re.compile(r"\s*([\w.\-/]+?)\s*(?:[\[({>]+[/\\]?(.*?)[/\\]?[\])}]+)?\s*(?::::?\w+)?\s*$")
_MESSAGE = re.compile(r"^\s*(\w[\w .\-/]*?)\s*(<<)?(--?)(>>|>|x(?=\s)|\))\s*[+-]?\s*(\w[^:]*?)\s*(?::\s*(.*))?$")
_PARTICIPANT = re.compile(r"^\s*(?:create\s+)?(?:participant|actor)\s+([\w.-]+)(?:@\{.*?\})?(?:\s+as\s+(.+?))?\s*$")
_LONGEST = 2000


def arrows(lines: Sequence[str], first: int) -> Iterator[Arrow]:
    """The arrows of one diagram whose first line has the number `first`."""
    head = next((line.split()[0] for line in lines if line.strip() and not line.strip().startswith(("%%", "---"))), "")
    if head.startswith("C4"):
        yield from c4.arrows(lines, first)
    elif head == "sequenceDiagram":
        yield from _sequence(lines, first)
    elif head in {"graph", "flowchart"}:
        yield from _flowchart(lines, first)


def _flowchart(lines: Sequence[str], first: int) -> Iterator[Arrow]:
    names: dict[str, str] = {}
    found: list[tuple[str, str, str, int]] = []
    for number, line in enumerate(lines, first):
        found += [(*each, number) for each in _statements(line.partition("%%")[0][:_LONGEST], names)]
    for source, target, text, number in found:
        yield Arrow(names.get(source, source), names.get(target, target), text, number)


def _statements(line: str, names: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """The arrows of one line; what it says of nodes is added to `names`."""
    quotes = Quotes()
    for part in _TEXT_INSIDE.sub(r"\3|\2|", quotes.hidden(line)).split(";"):
        yield from _chain(part, names, quotes)


def _chain(line: str, names: dict[str, str], quotes: Quotes) -> Iterator[tuple[str, str, str]]:
    """The arrows of `a --> b & c --> d`."""
    before: list[str] = []
    position, link = 0, None
    for found in [*_LINK.finditer(line), None]:
        nodes = [
            identifier
            for each in line[position : found.start() if found else len(line)].split("&")
            if (identifier := _node(each, names, quotes))
        ]
        if link is not None:
            text = label(quotes.shown(link[3] or ""))
            yield from ((one, other, text) for one in before for other in nodes)
            if link[1] or not link[2]:
                yield from ((other, one, text) for one in before for other in nodes)
        if found is None:
            return
        before, position, link = nodes, found.end(), found


def _node(text: str, names: dict[str, str], quotes: Quotes) -> str:
    """The id of a node; "" for what is none. Its text is added to `names`."""
    match = _NODE.fullmatch(text)
    if match is None:
        return ""
    if match[2]:
        names[match[1]] = label(quotes.shown(match[2]))
    return match[1]


def _sequence(lines: Sequence[str], first: int) -> Iterator[Arrow]:
    names: dict[str, str] = {}
    for number, line in enumerate(lines, first):
        participant = _PARTICIPANT.match(line[:_LONGEST])
        if participant:
            names[participant[1]] = label(participant[2] or participant[1])
            continue
        message = _MESSAGE.match(line.partition("%%")[0][:_LONGEST])
        if message:
            source, target = message[1].strip(), message[5].strip()
            reply = message[3] == "--" and not message[2]
            yield Arrow(names.get(source, source), names.get(target, target), label(message[6] or ""), number, reply)
