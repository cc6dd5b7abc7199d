"""Arrows of Graphviz files. Best effort: edges between whole subgraphs are passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from edanalyze.discover.documents.labels import Quotes, label
from edanalyze.discover.documents.records import Arrow

_ID = "(\x00\\d+\x00|[\\w.]+)"
_STATEMENT = re.compile(rf"\s*{_ID}(?::\w+)*((?:\s*-[->]\s*{_ID}(?::\w+)*)*)\s*(?:\[(.*))?")
_ONE = re.compile(rf"-[->]\s*{_ID}")
_LABEL = re.compile("(?<!\\w)label\\s*=\\s*(\x00\\d+\x00|[\\w.]+)")
_END = re.compile(r"[;{}]")
_LONGEST = 20_000


def arrows(lines: Sequence[str], first: int) -> Iterator[Arrow]:
    """The arrows of a graph whose first line has the number `first`."""
    names: dict[str, str] = {}
    found: list[Arrow] = []
    for number, line in enumerate(lines, first):
        if line.lstrip().startswith(("//", "#", "*", "/*")):
            continue
        quotes = Quotes()
        for statement in _END.split(quotes.hidden(line[:_LONGEST])):
            match = _STATEMENT.match(statement)
            if match is None:
                continue
            told = _LABEL.search(match[4] or "")
            text = label(quotes.shown(told[1])) if told else ""
            ends = [quotes.shown(each) for each in (match[1], *_ONE.findall(match[2]))]
            if len(ends) == 1 and text:
                names[ends[0]] = text
            found += [Arrow(source, target, text, number) for source, target in pairwise(ends)]
    for arrow in found:
        yield Arrow(_name(arrow.source, names), _name(arrow.target, names), arrow.label, arrow.line)


def _name(identifier: str, names: dict[str, str]) -> str:
    return names.get(identifier) or label(identifier)
