"""Quoting for DOT, and the nodes that are text alone."""

from __future__ import annotations

from collections.abc import Iterable

import pydot

from edanalyze.graph.palette import FAINT


def quoted(text: str) -> str:
    """Quote text as one DOT string that means just this text, as a label as well as as a name."""
    return f'"{_escaped(text)}"'


def label(lines: Iterable[str], justified: str = "n") -> str:
    """Quote lines as one label; `justified` is the letter of Graphviz's line end: n (centred) or l (left)."""
    return '"' + "".join(f"{_escaped(line)}\\{justified}" for line in lines).removesuffix(r"\n") + '"'


def note(name: str, lines: Iterable[str], tooltip: Iterable[str] = ()) -> pydot.Node:
    """Make a small left-justified list of what matters less."""
    return pydot.Node(
        quoted(name),
        label=label(lines, "l"),
        tooltip=label(tooltip),
        shape="plaintext",
        fontsize="9",
        fontcolor=quoted(FAINT),
        margin=quoted("0.02,0"),
        height="0.2",
    )


def _escaped(text: str) -> str:
    """Take from backslashes, quotes and entities the meaning that Graphviz gives them."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
