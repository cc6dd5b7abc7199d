"""The graph of a system: entry points, services, topics and databases, and what goes between them; the call graph."""

from __future__ import annotations

from collections.abc import Sequence

from edanalyze.analyse.landscape import Landscape, drawn
from edanalyze.analyse.system import System
from edanalyze.analyse.systemgraph.callgraph import callgraph
from edanalyze.analyse.systemgraph.facts import facts, surveyed
from edanalyze.analyse.systemgraph.findings import Reported
from edanalyze.graph.records import Graph

__all__ = ["build", "callgraph", "facts", "surveyed"]


def build(system: System, diagnostics: Sequence[Reported] = ()) -> Graph:
    """The graph of a single system: services, entry points and code that sends, topics, databases, hosts outside.

    A finding is attached to the edges whose call it is reported at, else to the nodes whose `def` it is reported at,
    else to the function that holds the place.
    """
    return drawn(Landscape(facts(system, diagnostics, "system")))
