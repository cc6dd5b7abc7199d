"""The graph of a system: entry points, services, topics and databases, and what goes between them; the call graph."""

from __future__ import annotations

from edanalyze.analyse.systemgraph.build import build
from edanalyze.analyse.systemgraph.callgraph import callgraph

__all__ = ["build", "callgraph"]
