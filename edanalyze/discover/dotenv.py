"""Files of `NAME=value` lines, and the `${NAME:-default}` that compose files write for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=(.*)$")
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)\"""")
_COMMENT = re.compile(r"\s#.*$")
_ESCAPE = re.compile(r"\\(.)")
_PLAIN = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])|\}))")
_DEEPEST = 10
_LONGEST = 5_000

Lookup = Callable[[str], "str | None"]


def assignments(text: str) -> Iterator[tuple[str, str, int]]:
    """The (name, value, line) of each assignment; what is no assignment is passed over. Values of one line only."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _LINE.match(line):
            yield found[1], _value(found[2].strip()), number


def interpolate(text: str, lookup: Lookup, depth: int = 0) -> str:
    """`text` with `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME-default}` replaced, and `$$` by `$`.

    A name that `lookup` does not know, and that has no default, stays written as `${NAME}`; so does all after
    the result has grown beyond any sensible length.
    """
    if "$" not in text or depth > _DEEPEST:
        return text
    parts: list[str] = []
    at = length = 0
    while length < _LONGEST and (found := _PLAIN.search(text, at)):
        parts.append(text[at : found.start()])
        at = found.end()
        name, operator = found[2] or found[3], found[4]
        if found[1]:
            parts.append("$")
            continue
        argument = ""
        if operator:
            end = _closing(text, at)
            argument, at = text[at:end], end + 1
        value = lookup(name)
        if operator and operator.endswith("+"):
            value = interpolate(argument, lookup, depth + 1) if value else ""
        elif operator and operator.endswith("-") and (value is None or (not value and operator.startswith(":"))):
            value = interpolate(argument, lookup, depth + 1)
        parts.append(f"${{{name}}}" if value is None else value[:_LONGEST])
        length += len(parts[-1])
    return "".join((*parts, text[at:]))


def _closing(text: str, start: int) -> int:
    """Where the brace that was opened before `start` closes; the end of the text if it does not."""
    depth = 1
    for index in range(start, len(text)):
        if text[index] == "}":
            depth -= 1
        elif text.startswith("${", index):
            depth += 1
        if not depth:
            return index
    return len(text)


def _value(written: str) -> str:
    if found := _QUOTED.match(written):
        return found[1] if found[1] is not None else _ESCAPE.sub(_unescaped, found[2])
    return "" if written.startswith("#") else _COMMENT.sub("", written)


def _unescaped(found: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t"}.get(found[1], found[1])
