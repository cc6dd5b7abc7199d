"""Draws a graph in any of the formats, with whatever can draw on this machine."""

from __future__ import annotations

import os
from pathlib import PurePath

from edanalyze.graph.drawingerror import DrawingError
from edanalyze.graph.interchange import to_json
from edanalyze.graph.records import Graph

_SUFFIXES = {
    ".dot": "dot",
    ".gv": "dot",
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".md": "markdown",
    ".json": "json",
}
FORMATS = tuple(dict.fromkeys(_SUFFIXES.values()))
"""The formats that `render` knows; `markdown` is Mermaid in a fence, with the findings listed below."""
_LAID_OUT = frozenset({"svg", "png", "pdf"})
_PARTS_DRAWN = 2500
_TIMEOUT = 120.0


def format_of(path: str | os.PathLike[str]) -> str:
    """Find the format that a file name asks for.

    Raises `DrawingError` for a name whose ending says nothing.
    """
    suffix = PurePath(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise DrawingError(f"what to draw is not clear from the name {str(path)!r}: end it in {', '.join(_SUFFIXES)}")
    return _SUFFIXES[suffix]


def render(graph: Graph, format: str, title: str = "", timeout: float = _TIMEOUT) -> bytes:
    """Draw a graph as the bytes of one file.

    `format` is one of `FORMATS`. SVG, PNG and PDF are laid out by Graphviz within `timeout` seconds: by the program
    `dot` where it is installed; without it SVG is drawn by its WebAssembly build (the extra `edanalyze[draw]`).
    Raises `DrawingError` when there is no such format, nothing that can draw it, or when the graph is too large for a
    picture; `GraphError` when the graph is not closed.
    """
    if format not in FORMATS:
        raise DrawingError(f"there is no format {format!r}: choose one of {', '.join(FORMATS)}")
    if format == "json":
        return to_json(graph)
    from edanalyze.graph.scene import compose

    scene = compose(graph, title)
    if format in {"mermaid", "markdown"}:
        from edanalyze.graph.mermaid import to_markdown, to_mermaid

        return (to_mermaid(scene) if format == "mermaid" else to_markdown(scene, graph)).encode()
    from edanalyze.graph.dot import to_dot

    parts = len(scene.links) + len(scene.boxes) + sum(len(group.boxes) for group in scene.groups)
    if format in _LAID_OUT and parts > _PARTS_DRAWN:
        raise DrawingError(
            f"{parts} boxes and lines are too many for a picture (at most {_PARTS_DRAWN}): "
            "narrow the graph with --view services or --focus NAME, or write DOT, Mermaid or JSON"
        )
    text = to_dot(scene)
    if format == "dot":
        return text.encode()
    from edanalyze.graph.layout import lay_out

    return lay_out(text, format, timeout)
