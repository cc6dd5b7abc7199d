"""Regular expressions as path templates: named groups become placeholders, anchors and options go."""

from __future__ import annotations

import re

_GROUP = re.compile(r"\(\?P<(\w+)>")
_QUANTIFIER = re.compile(r"[*+?]\??|\{\d*,?\d*\}\??")


def plain(pattern: str) -> str:
    """The path that a regular expression matches, as a template.

    A capturing group is `{name}` (or `{arg1}`, counted), one that takes slashes `{name:path}`; of alternatives outside
    of captures the first stands for all, and what may be left out is left out. Slashes in front are kept as written.
    """
    return _Reader(pattern).read()


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._unnamed = 0

    def read(self) -> str:
        return self._sequence()

    def _sequence(self) -> str:
        """Up to the end or the closing parenthesis of the group; only the first alternative is kept."""
        pieces: list[str] = []
        kept: str | None = None
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == ")":
                break
            if char == "|":
                kept = "".join(pieces) if kept is None else kept
                pieces = []
                self._at += 1
                continue
            pieces.append(self._quantified(self._atom(char)))
        return "".join(pieces) if kept is None else kept

    def _atom(self, char: str) -> str:
        if char == "(":
            return self._group()
        if char == "[":
            end = self._class_end()
            inner = self._text[self._at + 1 : end]
            self._at = end + 1
            return inner if len(inner) == 1 else "{value}"
        if char == "\\":
            escaped = self._text[self._at + 1 : self._at + 2]
            self._at += 2
            if escaped in "AZzbB":
                return ""
            return "{value}" if escaped in "dwsDWS" else escaped
        self._at += 1
        if char in "^$":
            return ""
        return "{value:path}" if char == "." and self._next() in "*+" else char

    def _next(self) -> str:
        return self._text[self._at : self._at + 1] or " "

    def _class_end(self) -> int:
        end = self._text.find("]", self._at + 2)
        return end if end >= 0 else len(self._text)

    def _group(self) -> str:
        named = _GROUP.match(self._text, self._at)
        if named is not None:
            self._at = named.end()
        elif self._text.startswith("(?", self._at):
            return self._uncaptured()
        else:
            self._at += 1
        inner = self._at
        self._sequence()
        body = self._text[inner : self._at]
        self._at += 1
        if named is None:
            self._unnamed += 1
        name = named.group(1) if named is not None else f"arg{self._unnamed}"
        return "{" + name + (":path" if _takes_slashes(body) else "") + "}"

    def _uncaptured(self) -> str:
        colon = self._text.find(":", self._at)
        marker = self._text[self._at + 2 : self._at + 3]
        self._at = colon + 1 if marker == ":" and colon >= 0 else self._at + 3
        inner = self._sequence()
        self._at += 1
        return "" if marker in "=!<" else inner

    def _quantified(self, atom: str) -> str:
        match = _QUANTIFIER.match(self._text, self._at)
        if match is None:
            return atom
        self._at = match.end()
        optional = match.group()[0] in "?*" or match.group().startswith(("{0", "{,"))
        if optional and not atom.startswith("{"):
            return ""
        return atom


def _takes_slashes(body: str) -> bool:
    return ".*" in body or ".+" in body or "/" in re.sub(r"\[\^[^\]]*\]", "", body)
