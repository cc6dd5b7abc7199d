"""String literals: what they mean, and strings built from parts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from edanalyze.facts.ir import Const, Expr, Text

_SIMPLE = {"\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NEWLINE = re.compile(r"\r\n?")
_ESCAPE = re.compile(
    r"\\(?:(\n)|([\\'\"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}]+)\}))"
)
REPLACEMENT = "\ufffd"


def literal(source: str) -> str:
    """The value of a string or bytes literal (bytes as latin-1), given as written."""
    quote = 0
    while source[quote] not in "\"'":
        quote += 1
    width = 3 if source[quote : quote + 3] in ('"""', "'''") and len(source) - quote >= 6 else 1
    return content(source[quote + width : len(source) - width], source[:quote])


def content(inner: str, prefix: str) -> str:
    """The value of what stands between the quotes of a literal with that prefix."""
    if "\r" in inner:
        inner = _NEWLINE.sub("\n", inner)
    if "\\" not in inner:
        return inner
    kind = prefix.lower()
    if "r" in kind:
        return inner
    return _ESCAPE.sub(_bytes_escape if "b" in kind else _escape, inner)


def _escape(match: re.Match[str]) -> str:
    newline, simple, octal, byte, short, long, name = match.groups()
    if newline:
        return ""
    if simple:
        return _SIMPLE[simple]
    if octal:
        return chr(int(octal, 8))
    if name:
        try:
            return unicodedata.lookup(name)
        except KeyError:
            return match[0]
    code = int(byte or short or long, 16)
    # A lone surrogate could not be stored as UTF-8.
    return REPLACEMENT if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF else chr(code)


def _bytes_escape(match: re.Match[str]) -> str:
    if match[5] or match[6] or match[7]:
        return match[0]
    if match[3]:
        return chr(int(match[3], 8) & 0xFF)
    return _escape(match)


def is_string(expr: Expr) -> bool:
    """Whether an expression is evidently a string: a literal or a `Text`."""
    kind = type(expr)
    return kind is Text or (kind is Const and type(expr.value) is str)  # type: ignore[union-attr]


def text(parts: Iterable[Expr]) -> Expr:
    """A string of parts: nested texts are unfolded, adjacent literals joined; a `Const` when all is literal."""
    flat: list[Expr] = []
    pending: list[str] = []
    for part in parts:
        for piece in part.parts if type(part) is Text else (part,):
            if type(piece) is Const and type(piece.value) is str:
                pending.append(piece.value)
                continue
            if pending:
                flat.append(Const("".join(pending)))
                pending = []
            flat.append(piece)
    if not flat:
        return Const("".join(pending))
    if pending:
        flat.append(Const("".join(pending)))
    return Text(tuple(part for part in flat if part != _EMPTY))


_EMPTY = Const("")
