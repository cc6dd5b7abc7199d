"""`read`: the facts of one text from CPython's syntax tree."""

from __future__ import annotations

import ast
import warnings

from edanalyze.facts.module import ModuleFacts
from edanalyze.syntax.abstract.comments import comments
from edanalyze.syntax.abstract.places import Unsure
from edanalyze.syntax.abstract.statements import StatementVisitor
from edanalyze.syntax.positions import LostPosition


def read(path: str, text: str) -> ModuleFacts:
    """The facts of `text`, the same that the LibCST reader finds.

    Raises `Unsure` when the running Python cannot parse it or its tree does not tell all that has to be known.
    """
    tree = _parse(text)
    visitor = StatementVisitor(text)
    try:
        body = visitor.module(tree)
        spoken = comments(text, visitor.lines, tree)
    except (RecursionError, LostPosition, IndexError, KeyError):
        raise Unsure from None
    lines = visitor.lines
    return visitor.facts(path, body, spoken, len(lines) - (not lines[-1]))


def _parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Unsure from None
