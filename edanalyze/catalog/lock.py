"""`contracts.lock`: the schemas of a system's messages as they were agreed on, and what has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from edanalyze.catalog.compatibility import MODES, Change, changes
from edanalyze.catalog.deprecation import day
from edanalyze.catalog.records import Catalogue, Schema

VERSION = 1
NAME = "contracts.lock"
NOTES = frozenset({"title", "x-default"})
"""What a schema says that is no part of the contract."""


class LockError(ValueError):
    """A file that is no lock; the message says why."""


class Contract(msgspec.Struct, frozen=True, rename="kebab"):
    """One message as agreed on; `producers` are where it was sent from.

    Set by hand and kept: `compatibility`, and `deprecated`, the last day (ISO 8601) on which this version may be sent.
    """

    schema: Schema
    kind: str = "event"
    channel: str = ""
    version: str = ""
    compatibility: str = ""
    deprecated: str = ""
    producers: tuple[str, ...] = ()


class Lock(msgspec.Struct, frozen=True, rename="kebab"):
    """All contracts by the ids of their messages. `compatibility` holds for those that say nothing.

    `removed_fields` says whether a required field (or a whole message) that is gone breaks where the compatibility is
    `backward`: "break" or "allow". A registry allows it, because it has consumers upgraded before producers.
    """

    version: int
    compatibility: str
    contracts: dict[str, Contract]
    removed_fields: str = "allow"


class Difference(msgspec.Struct, frozen=True):
    """A change of one message: `producers` are the places that send it now, `before` those that did."""

    message: str
    change: Change
    breaking: bool
    producers: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


def locked(catalogue: Catalogue, before: Lock | None = None) -> Lock:
    """The lock of a catalogue; modes that were set by hand in an earlier one are kept."""
    found = {}
    for message in catalogue.messages:
        if message.producers and not message.internal:
            known = before.contracts.get(message.id) if before is not None else None
            found[message.id] = Contract(
                schema=_plain(message.schema),
                kind=message.kind,
                channel=message.channel,
                version=message.version,
                compatibility=known.compatibility if known is not None else "",
                deprecated=known.deprecated if known is not None and known.version == message.version else "",
                producers=tuple(sorted({f"{end.path} {end.function}" for end in message.producers})),
            )
    compatibility, removed = (before.compatibility, before.removed_fields) if before else ("backward", "break")
    return Lock(VERSION, compatibility, dict(sorted(found.items())), removed)


def _plain(schema: Any) -> Any:
    """A schema without notes; that a value is always the same is no promise unless its type says so."""
    if isinstance(schema, dict):
        left_out = NOTES | {"const"} if "type" in schema else NOTES
        return {key: _plain(value) for key, value in schema.items() if key not in left_out}
    return [_plain(each) for each in schema] if isinstance(schema, list) else schema


def to_text(lock: Lock) -> str:
    """The lock as JSON that reads and compares well: indented, keys sorted, a newline at the end."""
    return json.dumps(msgspec.to_builtins(lock), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def from_text(text: str) -> Lock:
    """Read a lock back. Raises LockError for text that is none."""
    try:
        lock = msgspec.json.decode(text, type=Lock)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise LockError(f"not a lock of contracts: {error}") from error
    modes: Mapping[str, str] = {
        "": lock.compatibility,
        **{key: each.compatibility for key, each in lock.contracts.items()},
    }
    for name, mode in modes.items():
        if mode not in (*MODES, "") or (not name and not mode):
            raise LockError(f"compatibility {mode!r}{f' of {name}' if name else ''} is none of {', '.join(MODES)}")
    if lock.removed_fields not in ("allow", "break"):
        raise LockError(f"removed-fields {lock.removed_fields!r} is none of allow, break")
    for name, contract in lock.contracts.items():
        if contract.deprecated and day(contract.deprecated) is None:
            raise LockError(f"deprecated {contract.deprecated!r} of {name} is no date such as 2026-06-30")
    if lock.version != VERSION:
        raise LockError(f"version {lock.version} of the lock is not known, only version {VERSION}")
    return lock


def differences(lock: Lock, catalogue: Catalogue) -> Iterator[Difference]:
    """What has changed since a lock was written, by message and field."""
    now = {message.id: message for message in catalogue.messages if message.producers and not message.internal}
    for name in sorted({*lock.contracts, *now}):
        contract, message = lock.contracts.get(name), now.get(name)
        places = tuple(f"{end.path}:{end.line}" for end in message.producers) if message is not None else ()
        if contract is None:
            yield Difference(name, Change("", "the message is new"), False, places)
        elif message is None:
            gone = Change("", "nobody sends the message any more", ("forward",), removal=True)
            breaking = not contract.deprecated and _breaks(gone, contract, lock)
            yield Difference(name, gone, breaking, (), contract.producers)
        else:
            for change in changes(contract.schema, _plain(message.schema)):
                yield Difference(name, change, _breaks(change, contract, lock), places, contract.producers)


def _breaks(change: Change, contract: Contract, lock: Lock) -> bool:
    mode = contract.compatibility or lock.compatibility
    return change.breaks_mode(mode) or (change.removal and mode == "backward" and lock.removed_fields == "break")
