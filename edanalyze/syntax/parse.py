"""Parse a file with LibCST; say in one line why a file cannot be parsed."""

from __future__ import annotations

import libcst as cst

from edanalyze.syntax.failure import SyntaxFailure


def parse(path: str, text: str) -> cst.Module:
    """The LibCST tree of `text`. Raises `SyntaxFailure` with line and column."""
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise SyntaxFailure(path, f"line {error.raw_line}, column {error.raw_column + 1}: {error.message}") from None
    except RecursionError:
        raise SyntaxFailure(path, "nested too deeply") from None
