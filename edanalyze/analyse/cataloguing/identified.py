"""Ids of messages: unique in a catalogue, fit for file names and URLs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import msgspec

from edanalyze.catalog.records import Message

_NOT_ID = re.compile(r"[^\w.\-]+")


def identified(messages: Iterable[Message]) -> Iterator[Message]:
    """Messages with ids: the name, with the channel or a number behind it where that is taken.

    Those that stay within a process come last, so that contracts keep their ids whatever happens inside.
    """
    given = list(messages)
    taken: set[str] = set()
    made: dict[int, str] = {}
    for position, message in sorted(enumerate(given), key=lambda item: item[1].internal):
        made[position] = _free(message, taken)
        taken.add(made[position])
    return (msgspec.structs.replace(message, id=made[position]) for position, message in enumerate(given))


def _free(message: Message, taken: Collection[str]) -> str:
    plain = _NOT_ID.sub("-", message.name).strip("-") or "unknown"
    beside = "in-process" if message.internal else _NOT_ID.sub("-", message.channel)
    found = next((each for each in (plain, f"{plain}-{beside}".strip("-")) if each not in taken), "")
    number = 2
    while not found or found in taken:
        found, number = f"{plain}-{number}", number + 1
    return found
