"""Text as it may stand in a drawing: whatever a program names its things, the picture stays well-formed."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_DIRECTION_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """Make text safe for XML and for one line: white space is one space, control characters are replaced.

    Replaced are C0 and C1 controls, lone surrogates, characters that XML forbids, and marks that turn the direction of
    writing (they could make a name read as another one).
    """
    joined = " ".join(text.split())
    return "".join(_REPLACEMENT if _unprintable(character) else character for character in joined)


def shortened(text: str, length: int) -> str:
    """Make text printable and at most `length` characters long; an ellipsis stands for a middle left out."""
    line = printable(text)
    if len(line) <= length:
        return line
    head = length // 2
    tail = length - 1 - head
    return line[:head] + ELLIPSIS + line[len(line) - tail :]


def anchor(name: str) -> str:
    """Make a node's id printable and keep it distinct: unprintable characters are spelled as `%` and their number."""
    return "".join(
        f"%{ord(character):X};" if character == "%" or _unprintable(character) else character for character in name
    )


def _unprintable(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Cc", "Cs"}
        or character in _DIRECTION_CONTROLS
        or ord(character) & 0xFFFE == 0xFFFE
    )
