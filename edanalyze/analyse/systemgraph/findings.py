"""Findings in their place: on the calls they are reported at, else on the code that holds the place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

from edanalyze.analyse.binding.records import HttpCall, PublishCall
from edanalyze.analyse.system import System
from edanalyze.analyse.systemgraph.nodes import Nodes
from edanalyze.graph.records import Node
from edanalyze.link.entries import EntryPoint

Place = tuple[str, int]


class Reported(Protocol):
    """What is needed to know of a diagnostic; the records of the check layer have these fields."""

    @property
    def fingerprint(self) -> str:
        """What identifies it."""

    @property
    def code(self) -> str:
        """The code of its rule."""

    @property
    def name(self) -> str:
        """The name of its rule."""

    @property
    def message(self) -> str:
        """What it says."""

    @property
    def path(self) -> str:
        """The file it is reported in."""

    @property
    def line(self) -> int:
        """The line it is reported at."""

    @property
    def function(self) -> str:
        """The function (dotted) that holds the place."""


class Findings:
    """Hands out findings, by place. Ask for those of calls first, then `settle`, then ask for those of nodes."""

    def __init__(self, system: System, nodes: Nodes, diagnostics: Sequence[Reported]) -> None:
        self.all = tuple(diagnostics)
        self._system = system
        self._nodes = nodes
        self._modules = {path: module for module, path in system.program.paths.items()}
        self._functions = system.program.functions
        self._at: dict[Place, list[Reported]] = defaultdict(list)
        self._placed: set[str] = set()
        self._on_nodes: dict[str, set[str]] = defaultdict(set)
        for item in diagnostics:
            self._at[(item.path, item.line)].append(item)
        self._physical: dict[Place, set[Place]] = defaultdict(set)
        calls: list[HttpCall | PublishCall] = [*system.binding.http_calls, *system.binding.publishes]
        for call in calls:
            site = (system.program.paths[call.site.module], call.site.place.line)
            self._physical[site].add((system.program.paths[call.module], call.place.line))

    def of_call(self, path: str, line: int, sends: bool = False) -> tuple[str, ...]:
        """The findings at a call; for one that `sends`, also those at the library call behind it."""
        places = {(path, line)} | (self._physical.get((path, line), set()) if sends else set())
        found = {item.fingerprint for place in places for item in self._at.get(place, ())}
        self._placed |= found
        return tuple(sorted(found))

    def settle(self) -> None:
        """Put findings on the nodes whose `def` they are reported at, and those that no call carries on functions."""
        by_place: dict[Place, list[Node]] = defaultdict(list)
        for node in self._nodes.all.values():
            by_place[(node.path, node.line)].append(node)
        for place, items in sorted(self._at.items()):
            for item in items:
                for node in by_place.get(place, ()):
                    self._on_nodes[node.id].add(item.fingerprint)
                if not by_place.get(place) and item.fingerprint not in self._placed:
                    self._on_function(item)
                    self._on_registration(item)

    def of_node(self, node: str) -> tuple[str, ...]:
        """The findings on a node."""
        return tuple(sorted(self._on_nodes.get(node, ())))

    def _on_registration(self, item: Reported) -> None:
        """Put a finding on the entry points that are registered at its place: in a decorator, or by a call."""
        for entry in self._registered.get((item.path, item.line), ()):
            node = self._nodes.entry(entry)
            if node is not None:
                self._on_nodes[node].add(item.fingerprint)

    @cached_property
    def _registered(self) -> dict[Place, list[EntryPoint]]:
        """The entry points by the lines of their registrations."""
        found: dict[Place, list[EntryPoint]] = defaultdict(list)
        for entry in self._system.entries:
            module, place = entry.declared
            for line in range(place.line, place.end_line + 1):
                found[(self._system.program.paths[module], line)].append(entry)
        return found

    def _on_function(self, item: Reported) -> None:
        module = self._modules.get(item.path)
        name = item.function.replace(":", ".").removeprefix(f"{module}.")
        if module is not None and f"{module}:{name}" in self._functions:
            for node in self._nodes.code(f"{module}:{name}"):
                self._on_nodes[node].add(item.fingerprint)
