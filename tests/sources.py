"""A system written down as files, and the graph that is expected of it, in words."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from edanalyze import api
from edanalyze.graph import fold


class Source(NamedTuple):
    """Files, the services in them (name and folder), and the edges: from which call of whom to which `def` or topic."""

    files: Mapping[str, str]
    services: Mapping[str, str]
    edges: tuple[str, ...]


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """The root of the files."""
    for path, text in {"pyproject.toml": "", **files}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def services(root: Path) -> dict[str, str]:
    """The services found: name and folder."""
    graph = api.graph(api.load_project([root], api.Options(jobs=1)))
    return {node.name: node.path for node in graph.nodes if node.kind == "service"}


def edges(root: Path) -> list[str]:
    """The requests and messages found, as `kind service path:line -> service path:line` or `-> topic name`."""
    graph = fold(api.graph(api.load_project([root], api.Options(jobs=1))), "routes")
    nodes = {node.id: node for node in graph.nodes}

    def end(identifier: str) -> str:
        node = nodes[identifier]
        if node.kind in {"topic", "external", "unknown", "service"}:
            return f"{node.kind} {node.name}"
        return f"{node.service} {node.path}:{node.line}"

    found = []
    for edge in graph.edges:
        if edge.kind == "consume":
            found.append(f"consume {end(edge.source)} -> {end(edge.target)}")
        elif edge.kind in {"http", "publish"}:
            found.append(f"{edge.kind} {nodes[edge.source].service} {edge.path}:{edge.line} -> {end(edge.target)}")
    return sorted(set(found))
