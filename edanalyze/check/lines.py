"""Lines of source files."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache


def split(text: str | None) -> list[str]:
    """The lines of a text, whatever ends them; none of a file that cannot be read."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def line_of(read: Callable[[str], str | None]) -> Callable[[str, int], str]:
    """Give a function from path and 1-based number to the text of a line, "" where there is none.

    `read` gives the text of a path, or None. Lines are best asked for file by file: the last file is kept.
    """

    @lru_cache(maxsize=1)
    def lines(path: str) -> list[str]:
        return split(read(path))

    def line(path: str, number: int) -> str:
        known = lines(path)
        return known[number - 1] if 1 <= number <= len(known) else ""

    return line
