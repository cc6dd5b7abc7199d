"""Comments that speak to the tool, found by tokenising the few files that may hold one."""

from __future__ import annotations

import io
import tokenize

from edanalyze.facts.module import Comment
from edanalyze.syntax.abstract.places import Unsure
from edanalyze.syntax.spoken import SPEAKS


def comments(lines: list[str]) -> tuple[Comment, ...]:
    """The comments that speak to the tool in the lines of a file."""
    if not any("#" in line and SPEAKS.search(line) for line in lines):
        return ()
    found: list[Comment] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if token.type == tokenize.COMMENT and SPEAKS.search(token.string, 1):
                found.append(Comment(token.start[0], token.string[1:].strip()))
    except (tokenize.TokenError, SyntaxError):
        raise Unsure from None
    return tuple(found)
