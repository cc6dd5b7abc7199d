"""Where the nodes of CPython's syntax tree stand: its columns count bytes of UTF-8, ours characters."""

from __future__ import annotations

import ast
import re

from edanalyze.facts.ir import Place
from edanalyze.syntax.folding import identifier
from edanalyze.syntax.positions import LETTER, Cursor
from edanalyze.syntax.register import Register

_NEWLINE = re.compile(r"\r\n?|\n")
_WORD = f"{LETTER}+"
_LAST_WORD = re.compile(rf"{_WORD}\Z")
_DEFINED = re.compile(rf"(?:async[ \t\f]+)?(?:def|class)[ \t\f]+({_WORD})")


class Unsure(Exception):
    """The tree does not tell all that the facts hold, or tells it differently than LibCST would."""


class Places(Register):
    """Base of the visitors: the lines of the text, and places checked against what stands there.

    The check makes up for what some versions of Python tell wrong about nodes inside f-strings.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.lines = text.split("\n") if "\r" not in text else _NEWLINE.split(text)
        self.ascii = text.isascii()
        self._found: Cursor | None = None

    def column(self, line: int, offset: int) -> int:
        """How many characters stand before a byte offset of a line."""
        if self.ascii:
            return offset
        written = self.lines[line - 1]
        return offset if written.isascii() else len(written.encode()[:offset].decode(errors="replace"))

    def named(self, node: ast.Name) -> Place:
        """The place of a name."""
        line = node.lineno
        start, end = self.column(line, node.col_offset), self.column(line, node.end_col_offset or 0)
        if identifier(self.lines[line - 1][start:end]) != node.id:
            raise Unsure
        return Place(line, start + 1, line, end + 1)

    def attribute(self, node: ast.Attribute) -> Place:
        """The place of the last name of an attribute."""
        line = node.end_lineno or 0
        end = self.column(line, node.end_col_offset or 0)
        written = self.lines[line - 1]
        start = end - len(node.attr)
        if written[start:end] != node.attr or not (self.ascii or written.isascii()):
            word = _LAST_WORD.search(written[:end])
            if word is None or identifier(word[0]) != node.attr:
                raise Unsure
            start = word.start()
        return Place(line, start + 1, line, end + 1)

    def keyword(self, line: int, offset: int, word: str) -> Place:
        """The place of a word at a byte offset."""
        start = self.column(line, offset)
        if not self.lines[line - 1].startswith(word, start):
            raise Unsure
        return Place(line, start + 1, line, start + 1 + len(word))

    def definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Place:
        """The place of the name in a `def` or `class` line."""
        line = node.lineno
        match = _DEFINED.match(self.lines[line - 1], self.column(line, node.col_offset))
        if match is None or identifier(match[1]) != node.name:
            raise Unsure
        return Place(line, match.start(1) + 1, line, match.end(1) + 1)

    def leaf(self, node: ast.expr) -> Place:
        """The place of the first character of the first leaf of an expression."""
        cursor = self._cursor(node.lineno, node.col_offset)
        start = cursor.token()
        return cursor.place(start, start + 1)

    def end_line(self, node: ast.expr) -> int:
        """The line of the last bracket that closes between the end of a node and the next leaf, else of its end."""
        return self._cursor(node.end_lineno or 0, node.end_col_offset or 0).end_line()

    def _cursor(self, line: int, offset: int) -> Cursor:
        if self._found is None:
            self._found = Cursor(self.text)
        cursor = self._found
        cursor.position = cursor.starts[line - 1] + self.column(line, offset)
        return cursor
