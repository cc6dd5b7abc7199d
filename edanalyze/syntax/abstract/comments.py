"""Comments that speak to the tool, found by tokenising the few statements that may hold one."""

from __future__ import annotations

import ast
import tokenize
from bisect import bisect_right

from edanalyze.facts.module import Comment
from edanalyze.syntax.abstract.places import Unsure
from edanalyze.syntax.spoken import SPEAKS, may_speak


def comments(text: str, lines: list[str], tree: ast.Module) -> tuple[Comment, ...]:
    """The comments that speak to the tool in a text of these lines, whose tree is `tree`."""
    if not may_speak(text):
        return ()
    spoken = [number for number, line in enumerate(lines, 1) if "#" in line and SPEAKS.search(line)]
    starts = _starts(tree)
    found: list[Comment] = []
    last: dict[int, int] = {}
    for number in spoken:
        last[starts[bisect_right(starts, number) - 1]] = number
    for start, end in last.items():
        found += _within(lines, start, end)
    return tuple(found)


def _starts(tree: ast.Module) -> list[int]:
    """The first line, and those on which a statement at the top level starts and no other one ends."""
    starts = [1]
    end = 1
    for statement in tree.body:
        decorators = getattr(statement, "decorator_list", ())
        start = decorators[0].lineno if decorators else statement.lineno
        if start > end:
            starts.append(start)
        end = max(end, statement.end_lineno or 0)
    return starts


def _within(lines: list[str], start: int, end: int) -> list[Comment]:
    """The comments from one line to another; a statement starts on the first."""
    found: list[Comment] = []
    source = (f"{line}\n" for line in lines[start - 1 :])
    try:
        for token in tokenize.generate_tokens(lambda: next(source, "")):
            number = token.start[0] + start - 1
            if number > end:
                break
            if token.type == tokenize.COMMENT and SPEAKS.search(token.string, 1):
                found.append(Comment(number, token.string[1:].strip()))
    except (tokenize.TokenError, SyntaxError):
        raise Unsure from None
    return found
