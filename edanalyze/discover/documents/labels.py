"""Names of what diagrams show: the text on a node, without what only shapes it."""

from __future__ import annotations

import re

_BREAK = re.compile(r"<br\s*/?>|\\[nlr]|\n", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_MARK = re.compile("\x00(\\d+)\x00")


def label(text: str) -> str:
    """The first line of a text on a node, without markup and quotes."""
    first = _BREAK.split(text.strip().strip("\"'`"))[0]
    return _TAG.sub("", first).strip().strip("\"'`*_").strip()


class Quotes:
    """Sets the quoted texts of a line aside, so that what they hold is not taken for syntax."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def hidden(self, line: str) -> str:
        """The line with a mark in the place of each quoted text."""
        return _QUOTED.sub(self._hide, line)

    def shown(self, text: str) -> str:
        """A piece of the line with its quoted texts in their places, without quotes."""
        return _MARK.sub(lambda match: self._texts[int(match[1])], text)

    def _hide(self, match: re.Match[str]) -> str:
        self._texts.append(match[1])
        return f"\x00{len(self._texts) - 1}\x00"
