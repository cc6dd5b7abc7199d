"""Where the parts of a file stand, without LibCST's position metadata (which costs twice the parse).

The traversal meets the leaves of the tree (names, numbers, strings, keywords) in source order. Between
two leaves a file holds only blanks, comments, punctuation and keywords, and no name is spelled like a
keyword; so a cursor that skips comments finds every leaf at the next word equal to it. Brackets with no
leaf between them (`()`, `[:]`) are passed explicitly: what is left of a statement behind its last leaf
then holds closing brackets but no opening ones, and the next opening one starts the next statement.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from edanalyze.facts.ir import Place

_COMMENT = r"#[^\r\n]*"

Search = Callable[[str, int], "re.Match[str] | None"]


def _between(but: str) -> str:
    """A set of what may stand between words, without `but`.

    That is ASCII: outside strings and comments all else is letters. A set of those would take long to compile.
    """
    return f"[{re.escape(''.join(each for each in map(chr, range(128)) if not each.isalnum() and each not in but))}]"


def _other(characters: str) -> str:
    """All characters that are not in a set."""
    return f"[^{characters[1:]}"


def _skip(characters: str) -> str:
    """A pattern that skips comments and characters of a set."""
    return rf"{characters}*(?:{_COMMENT}{characters}*)*"


def _until(stops: str) -> Search:
    """Match up to and including the next of `stops`."""
    return re.compile(rf"{_skip(f'[^{stops}#]')}[{stops}]").match


_BLANK = _between("_#")
_APART = _between("_#\"'.()[]{}")
LETTER = _other(_between("_"))
"""The set of what names, keywords and numbers are made of."""

_WORD: Search = re.compile(rf"{_skip(_BLANK)}({LETTER}+)").match
_DIGIT: Search = re.compile(rf"{_BLANK}*(?:(?:{_COMMENT}|(?![0-9]){LETTER}+){_BLANK}*)*[0-9]").match
_QUOTE = _until("\"'")
_DOT = _until(".")
_COLON = _until(":")
_STAR = _until("*")
_TOKEN: Search = re.compile(_skip(_between("_#\"'.")) + _other(_between("_\"'."))).match
_BEFORE = frozenset(("and", "as", "async", "else", "for", "from", "if", "in", "is", "not", "or"))
_STATEMENT: Search = re.compile(rf"[\s\\,:;)\]}}*/@]*(?:{_COMMENT}[\s\\,:;)\]}}*/@]*)*").match
_CLOSERS: Search = re.compile(rf"(?:{_APART}+|{_COMMENT}|([)\]}}]))*").match
_BRACKETS = {bracket: _until("\\" + bracket) for bracket in "()[]{}"}
_NEWLINE = re.compile(r"\r\n?|\n")


class LostPosition(Exception):
    """The cursor did not find a leaf of the tree in the text: text and tree do not belong together."""


class Cursor:
    """A place in `text` that only moves forward.

    `position` is the offset behind the leaf met last, `start` the offset of the word met last.
    """

    __slots__ = ("position", "start", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.start = 0
        self.starts = [0, *(newline.end() for newline in _NEWLINE.finditer(text))]

    def word(self, value: str) -> int:
        """Move behind the next word equal to `value` (a name or a keyword); its offset."""
        match = _WORD(self.text, self.position)
        while match is not None:
            if match[1] == value:
                self.position = match.end()
                self.start = start = match.start(1)
                return start
            match = _WORD(self.text, match.end())
        raise LostPosition(value)

    def number(self, value: str) -> None:
        """Move behind the next number, which is written `value`."""
        self.position = self._behind(_DIGIT) - 1 + len(value) - (value[0] == ".")

    def dots(self) -> None:
        """Move behind the next `...`."""
        self.position = self._behind(_DOT) + 2

    def string(self, value: str) -> int:
        """Move behind the next string literal, of which `value` is a part with prefix and quote; its offset."""
        prefix = 0
        while value[prefix] not in "\"'":
            prefix += 1
        start = self._behind(_QUOTE) - 1 - prefix
        self.position = start + len(value)
        return start

    def advance(self, length: int) -> None:
        """Move on by `length` characters."""
        self.position += length

    def stars(self) -> int:
        """The offset of the next `**`; the cursor stays."""
        return self._behind(_STAR) - 1

    def colon(self) -> None:
        """Move behind the next colon."""
        self.position = self._behind(_COLON)

    def bracket(self, bracket: str) -> None:
        """Move behind the next `bracket`."""
        self.position = self._behind(_BRACKETS[bracket])

    def pair(self, opening: str, closing: str) -> None:
        """Move behind the next pair of brackets, which holds no leaf."""
        self.bracket(opening)
        self.bracket(closing)

    def token(self) -> int:
        """The offset of the first leaf of the next expression; the cursor stays.

        It is a word, string or number behind the keywords that may stand before an expression and are no leaves.
        """
        position = self.position
        while True:
            match = _TOKEN(self.text, position)
            if match is None:
                raise LostPosition
            word = _WORD(self.text, match.end() - 1)
            if word is None or word[1] not in _BEFORE or word.start(1) != match.end() - 1:
                return match.end() - 1
            position = word.end()

    def statement(self) -> int:
        """The line on which the next statement starts; the cursor stays."""
        match = _STATEMENT(self.text, self.position)
        return bisect_right(self.starts, self.position if match is None else match.end())

    def end_line(self) -> int:
        """The line of the last bracket that closes between here and the next leaf, else of the last leaf."""
        match = _CLOSERS(self.text, self.position)
        end = -1 if match is None else match.end(1)
        return bisect_right(self.starts, (self.position if end < 0 else end) - 1)

    def line(self, offset: int) -> int:
        """The line of an offset."""
        return bisect_right(self.starts, offset)

    def place(self, start: int, end: int) -> Place:
        """The place of a span that does not cross a line."""
        line = bisect_right(self.starts, start)
        before = self.starts[line - 1] - 1
        return Place(line, start - before, line, end - before)

    def lines(self) -> int:
        """The number of lines of the text; a newline at the very end starts no line."""
        return len(self.starts) - (self.starts[-1] == len(self.text))

    def _behind(self, search: Search) -> int:
        match = search(self.text, self.position)
        if match is None:
            raise LostPosition
        return match.end()
