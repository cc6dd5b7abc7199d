"""Makes text from analysed files safe to show: their bytes must not steer a terminal or break an encoder."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def printable(text: str) -> str:
    """Replace what a terminal would obey instead of show by its escape (`\\x1b`); tabs stay.

    Covers control characters, line separators, the marks that reorder text on screen (after CVE-2021-42574), what no
    XML may hold, and the surrogates by which Python keeps undecodable bytes of file names.
    """
    return _UNPRINTABLE.sub(_escape, text)


def one_line(text: str) -> str:
    """Join lines by spaces, and make the result printable."""
    return printable(" ".join(text.splitlines()))


def encodable(text: str) -> str:
    """Replace surrogates, which no UTF encoder accepts, by their escape; everything else stays as it is."""
    return _SURROGATE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
