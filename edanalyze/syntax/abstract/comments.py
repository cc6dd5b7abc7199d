"""Comments that speak to the tool, found by tokenising the few files that may hold one."""

from __future__ import annotations

import io
import tokenize

from edanalyze.facts.module import Comment
from edanalyze.syntax.abstract.places import Unsure
from edanalyze.syntax.spoken import SPEAKS, may_speak


def comments(lines: list[str]) -> tuple[Comment, ...]:
    """The comments that speak to the tool in the lines of a file."""
    text = "\n".join(lines)
    if not may_speak(text):
        return ()
    last = max((number for number, line in enumerate(lines, 1) if "#" in line and SPEAKS.search(line)), default=0)
    found: list[Comment] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.start[0] > last:
                break
            if token.type == tokenize.COMMENT and SPEAKS.search(token.string, 1):
                found.append(Comment(token.start[0], token.string[1:].strip()))
    except (tokenize.TokenError, SyntaxError):
        raise Unsure from None
    return tuple(found)
