"""Measures what is linked in a checkout, and the call graphs of a micro-benchmark; docs/accuracy.md holds the results.

usage: python tests/measure.py linking PATH...           entry points, requests and topics, as Markdown tables
       python tests/measure.py callgraph SNIPPETS        precision and recall against the callgraph.json of each folder
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from edanalyze import api, exchange
from edanalyze.analyse.landscape import Landscape
from edanalyze.exchange import Facts

_NAMED = re.compile(r"`[^`]*`|\b[A-Z][A-Z0-9_]{2,}\b|\b(?:GET|PUT|POST|PATCH|DELETE|\*)\S* /\S*")


def linking(checkouts: Iterable[str]) -> None:
    """Print the tables of each checkout or facts file."""
    for checkout in checkouts:
        path = Path(checkout)
        facts = exchange.read(path) if path.suffix == ".json" else api.facts(api.load_project([path]))
        print(f"\n### {path.stem}\n")
        _entries(facts)
        _requests(facts)
        _topics(facts)


def _entries(facts: Facts) -> None:
    kinds = Counter(kind for _, kind in {(each.code, each.kind) for each in facts.entries})
    _table(("entry points", "number"), sorted(kinds.items()))


def _requests(facts: Facts) -> None:
    places: dict[tuple[str, int], set[str]] = defaultdict(set)
    reasons: Counter[str] = Counter()
    for request in facts.requests:
        place = (request.path, request.line)
        if request.targets:
            places[place].add("1 bound to a route")
        elif request.service:
            places[place].add("2 bound to a service")
        elif request.external:
            places[place].add("3 to a host outside")
        else:
            places[place].add("4 unknown")
    for request in facts.requests:
        if min(places[(request.path, request.line)]).startswith("4"):
            reasons[_NAMED.sub("…", request.reason)] += 1
    counted = Counter(min(outcomes)[2:] for outcomes in places.values())
    _table(("HTTP calls (by place)", "number"), [(name, counted[name]) for name in sorted(counted)])
    _table(("why unknown", "number"), sorted(reasons.items(), key=lambda each: (-each[1], each[0])))


def _topics(facts: Facts) -> None:
    sent = {publish.topic for publish in facts.publishes if publish.topic}
    read = {name for _, names in Landscape(facts).consumed() for name in names}
    unknown = {(publish.path, publish.line) for publish in facts.publishes if not publish.topic}
    rows = [
        ("with producer and consumer", len(sent & read)),
        ("with a producer alone", len(sent - read)),
        ("with a consumer alone", len(read - sent)),
        ("calls whose topic is unknown", len(unknown)),
    ]
    _table(("topics", "number"), rows)


def _table(heading: tuple[str, str], rows: Sequence[tuple[str, int]]) -> None:
    if rows:
        print(f"| {heading[0]} | {heading[1]} |\n|--|--:|")
        print("".join(f"| {name} | {number} |\n" for name, number in rows))


def callgraph(snippets: str) -> None:
    """Print precision and recall over all folders below `snippets` that have a `callgraph.json`."""
    right = false = missed = 0
    for truth in sorted(Path(snippets).rglob("callgraph.json")):
        expected = _edges(json.loads(truth.read_text(encoding="utf-8")))
        found = _edges(api.callgraph(api.load_project([truth.parent])))
        right += len(expected & found)
        false += len(found - expected)
        missed += len(expected - found)
    print(f"right {right} false {false} missed {missed}")
    print(f"precision {right / (right + false):.3f} recall {right / (right + missed):.3f}")


def _edges(graph: dict[str, list[str]]) -> set[tuple[str, str]]:
    return {(caller, callee) for caller, callees in graph.items() for callee in callees}


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in {"linking", "callgraph"}:
        sys.exit(__doc__)
    if sys.argv[1] == "linking":
        linking(sys.argv[2:])
    else:
        callgraph(sys.argv[2])
