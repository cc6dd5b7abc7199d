"""How the kinds of things look: one table for boxes, one for lines, shared by the drawings.

Colours are darkened from the palette of Okabe and Ito ("Color Universal Design", 2008), which people with any kind of
colour blindness can tell apart; nothing is told by colour alone: shape, dash, arrow head, width and words say it too.
"""

from __future__ import annotations

import msgspec

INK = "#1F2933"
FAINT = "#5F6B7A"
PAPER = "#FFFFFF"
FRAME = "#B8C2CC"
GROUND = "#F5F7FA"
ALARM = "#B83B00"
ALARM_GROUND = "#FFE8DC"
ALARM_SIGN = "\N{BLACK UP-POINTING TRIANGLE}"
_BLUE, _GREEN, _YELLOW, _VIOLET = "#1F4E79", "#006B4F", "#6B5B00", "#5B4A8A"


class BoxLook(msgspec.Struct, frozen=True):
    """How a kind of node looks: Graphviz shape and style, Mermaid brackets, line and ground colour, and its word."""

    shape: str
    style: str
    brackets: tuple[str, str]
    line: str
    ground: str
    word: str


class LinkLook(msgspec.Struct, frozen=True):
    """How a kind of edge looks: dash style, Graphviz arrow head, Mermaid arrow, colour, width in points, its word."""

    style: str
    head: str
    arrow: str
    line: str
    width: float
    word: str


BOXES = {
    "service": BoxLook("box", "filled", ("[", "]"), _BLUE, "#E3EEF8", "service"),
    "route": BoxLook("box", "filled,rounded", ("(", ")"), _BLUE, PAPER, "HTTP route"),
    "handler": BoxLook("note", "filled", (">", "]"), _GREEN, PAPER, "message handler"),
    "job": BoxLook("tab", "filled", ("{{", "}}"), _VIOLET, PAPER, "scheduled job"),
    "function": BoxLook("box", "filled", ("[", "]"), FAINT, PAPER, "function"),
    "topic": BoxLook("cylinder", "filled", ("[[", "]]"), _GREEN, "#DDF3EA", "topic"),
    "database": BoxLook("cylinder", "filled", ("[(", ")]"), _YELLOW, "#FBF5D0", "database"),
    "external": BoxLook("box", "filled,dashed", ("[/", "/]"), FAINT, "#ECEFF3", "outside host"),
    "unknown": BoxLook("box", "filled,dotted", ("[/", "\\]"), FAINT, PAPER, "not resolved"),
}
LINKS = {
    "http": LinkLook("solid", "normal", "-->", _BLUE, 1.4, "HTTP, waits for the answer"),
    "rpc": LinkLook("solid", "normalnormal", "-->", _BLUE, 1.4, "RPC, waits for the answer"),
    "publish": LinkLook("dashed", "vee", "-.->", _GREEN, 1.4, "message, nobody waits"),
    "consume": LinkLook("dashed", "vee", "-.->", _GREEN, 1.4, "message, nobody waits"),
    "outbox": LinkLook("dashed", "veeodot", "-.->", _GREEN, 1.4, "message by way of an outbox"),
    "write": LinkLook("solid", "odiamond", "--o", _YELLOW, 1.0, "writes"),
    "call": LinkLook("solid", "empty", "-->", FAINT, 0.8, "calls"),
}
DELIVERIES = {
    "may lose and duplicate": ALARM,
    "may lose": ALARM,
    "may duplicate": "#7A5200",
    "unknown": FAINT,
}
"""The colours of lines on which messages may be lost or handled twice; the label says it too."""
ALARM_WIDTH = 2.4
FLAGGED = LinkLook("solid", "normal", "-->", ALARM, ALARM_WIDTH, f"{ALARM_SIGN} with a finding")
"""The sample of a line with a finding; such a line keeps the dash and head of its kind."""
