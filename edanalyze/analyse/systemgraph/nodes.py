"""The code that matters, as nodes of the graph, made when something first speaks of it."""

from __future__ import annotations

from collections import defaultdict

from edanalyze.analyse.system import System
from edanalyze.facts.names import dotted
from edanalyze.graph.records import Node
from edanalyze.link.entries import EntryPoint

KINDS = {"route": "route", "handler": "handler", "task": "handler", "rpc": "handler", "job": "job", "command": "job"}


class Nodes:
    """Makes nodes with stable, readable ids."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._program = system.program
        self.all: dict[str, Node] = {}
        self._entries: dict[EntryPoint, str] = {}
        self._by_function: dict[str, list[str]] = defaultdict(list)
        for entry in system.entries:
            self._entry(entry)

    def _add(self, node: Node) -> str:
        self.all.setdefault(node.id, node)
        return node.id

    def _entry(self, entry: EntryPoint) -> None:
        kind = KINDS.get(entry.kind)
        if kind is None or entry in self._entries:
            return
        path = self._program.paths[entry.module]
        service = self._system.service_of(path)
        code = dotted(entry.function)
        name = code.removeprefix(f"{entry.module}.")
        if kind == "route" and entry.path:
            name = f"{'/'.join(entry.methods)} {entry.path}"
            name = name.replace("* ", "", 1) if entry.methods == ("*",) else name
        identifier = f"route:{service or entry.module}:{name}" if kind == "route" else f"{kind}:{code}"
        taken = self.all.get(identifier)
        if taken is not None and (taken.path, taken.line) != (path, entry.place.line):
            identifier = f"{identifier} ({code})"
        node = Node(identifier, kind, name, service, path, entry.place.line)
        self._entries[entry] = self._add(node)
        functions = {entry.function, *([entry.value.id] if entry.value is not None else ())}
        for function in functions:
            if identifier not in self._by_function[function]:
                self._by_function[function].append(identifier)

    def entry(self, entry: EntryPoint) -> str | None:
        """The node of an entry point."""
        return self._entries.get(entry)

    def code(self, function: str) -> list[str]:
        """The nodes of a function: of each entry point it is, or one of its own."""
        known = self._by_function.get(function)
        if known:
            return known
        module, _, qualname = function.partition(":")
        path = self._program.paths[module]
        facts = self._program.functions.get(function)
        line = facts.place.line if facts is not None else 1
        name = dotted(function)
        service = self._system.service_of(path)
        return [self._add(Node(f"function:{name}", "function", qualname or module, service, path, line))]
