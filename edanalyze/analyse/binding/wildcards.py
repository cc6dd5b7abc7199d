"""Wildcards: names of topics and keys that stand for several, as each transport writes them."""

from __future__ import annotations

import fnmatch
import re
from typing import NamedTuple


def fits(pattern: str, key: str, transport: str) -> bool:
    """Whether a key matches a pattern in the wildcards of its transport."""
    if pattern == key:
        return True
    if not is_pattern(pattern, transport):
        return False
    if transport in _WORDS:
        words = _WORDS[transport]
        return _words_fit(pattern.split(words.separator), key.split(words.separator), words)
    if transport.startswith("redis"):
        return fnmatch.fnmatchcase(key, pattern)
    return re.match(pattern, key) is not None


def is_pattern(text: str, transport: str) -> bool:
    """Whether a topic stands for several."""
    if transport in _WORDS:
        words = _WORDS[transport]
        return not {words.one, words.many}.isdisjoint(text.split(words.separator))
    if transport.startswith("redis"):
        return re.search(r"[*?\[]", text) is not None
    return transport in {"kafka", "pulsar"} and text.startswith("^")


class Wildcards(NamedTuple):
    """How patterns are written: what separates words, stands for one word, for any number of at least `least`."""

    separator: str
    one: str
    many: str
    least: int


_WORDS = {
    "amqp": Wildcards(".", "*", "#", 0),
    "nats": Wildcards(".", "*", ">", 1),
    "mqtt": Wildcards("/", "+", "#", 0),
}


def _words_fit(pattern: list[str], key: list[str], words: Wildcards) -> bool:
    if not pattern:
        return not key
    first, *rest = pattern
    if first == words.many:
        return any(_words_fit(rest, key[start:], words) for start in range(words.least, len(key) + 1))
    return bool(key) and first in {words.one, key[0]} and _words_fit(rest, key[1:], words)
