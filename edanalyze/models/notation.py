"""The short notation of tables: braces in names, and slots as numbers, words or pairs.

A slot is written as
    0                     first positional argument
    "url"                 keyword
    [0, "url"]            either
    "*", "*1"             all positional arguments (from the second on)
    "**"                  all keywords the callee does not name
    "headers[x-key]"      the entry `x-key` of the dict passed as `headers`
    [0, "[x-key]"]        the entry of the dict passed first
    "message.body"        the attribute `body` of the object passed as `message`
or as an inline table with the fields of `Slot`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from edanalyze.models.records import Slot

_WORD = re.compile(r"(?P<kw>[A-Za-z_]\w*)?(?:\[(?P<entry>[^\]]+)\]|\.(?P<field>\w+))?", re.ASCII)
_FIELDS = {"pos": int, "kw": str, "variadic": bool, "rest": bool, "entry": str, "field": str}


def expand(name: str) -> Iterator[str]:
    """`a.{b,c}.d` as `a.b.d`, `a.c.d`; several groups multiply."""
    head, brace, rest = name.partition("{")
    if not brace:
        yield name
        return
    choices, _, tail = rest.partition("}")
    tails = list(expand(tail))
    for choice in choices.split(","):
        for end in tails:
            yield head + choice.strip() + end


def slot(value: object) -> Slot:
    """The slot that a value of a table describes; ValueError says what is wrong with it."""
    if isinstance(value, bool):
        raise ValueError("a slot is a position, a keyword, [position, keyword] or a table")
    if isinstance(value, int):
        return Slot(pos=_position(value))
    if isinstance(value, str):
        return _from_word(None, value)
    if isinstance(value, list):
        if len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], str):
            return _from_word(_position(value[0]), value[1])
        raise ValueError("a list for a slot is [position, keyword]")
    if isinstance(value, dict):
        return _from_table(value)
    raise ValueError("a slot is a position, a keyword, [position, keyword] or a table")


def _position(number: int) -> int:
    if isinstance(number, bool) or number < 0:
        raise ValueError("a position counts from 0")
    return number


def _from_word(pos: int | None, word: str) -> Slot:
    if word.isidentifier():
        return Slot(pos=pos, kw=word)
    if pos is None and word == "**":
        return Slot(rest=True)
    if pos is None and word[:1] == "*" and (len(word) == 1 or word[1:].isdecimal()):
        return Slot(pos=int(word[1:] or 0), variadic=True)
    match = _WORD.fullmatch(word)
    if not match or not word or (pos is None and match["kw"] is None):
        raise ValueError(f'"{word}" is not a slot')
    return Slot(pos=pos, kw=match["kw"], entry=match["entry"], field=match["field"])


def _from_table(table: dict[str, object]) -> Slot:
    for key, value in table.items():
        if key == "default":
            if not isinstance(value, (str, int, float)):
                raise ValueError("default is a text, a number, true or false")
            continue
        if key not in _FIELDS:
            raise ValueError(f'a slot has no "{key}"')
        if type(value) is not _FIELDS[key]:
            raise ValueError(f'"{key}" of a slot is {_FIELDS[key].__name__}')
    made = Slot(**table)  # type: ignore[arg-type]
    if made.pos is None and made.kw is None and not made.rest:
        raise ValueError('a slot needs "pos" or "kw" (or "rest")')
    return made
