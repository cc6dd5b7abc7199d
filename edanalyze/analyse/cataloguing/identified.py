"""Ids of messages: unique in a catalogue, fit for file names and URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from edanalyze.catalog.records import Message

_NOT_ID = re.compile(r"[^\w.\-]+")


def identified(messages: Iterable[Message]) -> Iterator[Message]:
    """Messages with ids: the name, with the channel or a number behind it where that is taken."""
    taken: set[str] = set()
    for message in messages:
        plain = _NOT_ID.sub("-", message.name).strip("-") or "unknown"
        options = [plain, f"{plain}-{_NOT_ID.sub('-', message.channel)}".strip("-")]
        made = next((each for each in options if each not in taken), "")
        number = 2
        while not made or made in taken:
            made, number = f"{plain}-{number}", number + 1
        taken.add(made)
        yield msgspec.structs.replace(message, id=made)
