"""Deprecation: the last day on which a message, or one version of it, may be sent."""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from edanalyze.catalog.records import Catalogue, Message


class Expired(NamedTuple):
    """A message that is still there after its `last` day; `version` is "" where all versions are meant."""

    message: Message
    version: str
    last: datetime.date


def day(text: str) -> datetime.date | None:
    """A day as ISO 8601 writes it (2026-06-30); None for anything else."""
    try:
        return datetime.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def expired(
    catalogue: Catalogue,
    deprecated: Mapping[str, str],
    agreed: Mapping[str, tuple[str, str]],
    today: datetime.date,
) -> Iterator[Expired]:
    """The messages whose last day has passed.

    `deprecated` maps patterns of names, with or without `@version` behind, to days; `agreed` maps ids of messages to
    the version and the day that a lock gives.
    """
    for message in catalogue.messages:
        found = [_entry(pattern, text) for pattern, text in deprecated.items() if _names(pattern, message)]
        version, text = agreed.get(message.id, ("", ""))
        if text and version == message.version:
            found.append((version, day(text)))
        days = sorted((last, version) for version, last in found if last is not None and last < today)
        if days:
            last, version = days[0]
            yield Expired(message, version, last)


def _entry(pattern: str, text: str) -> tuple[str, datetime.date | None]:
    return pattern.rpartition("@")[2] if "@" in pattern else "", day(text)


def _names(pattern: str, message: Message) -> bool:
    name, mark, version = pattern.rpartition("@")
    if not mark:
        return fnmatch.fnmatchcase(message.name, pattern)
    return fnmatch.fnmatchcase(message.name, name) and message.version == version
