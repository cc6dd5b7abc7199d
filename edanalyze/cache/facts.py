"""Facts of files, kept by the hash of the source: a file that was seen before is not parsed again.

Facts lie in packs of many files each. A run adds one pack with what it had to parse; when there are many, the run that
adds one unites them and leaves out what was not asked for. Packs are only ever added and deleted, so concurrent runs
disturb each other in nothing: what another has deleted is parsed again. A file for each source, and a database, were
measured as well (docs/performance.md): they gain nothing, and need more of the file system.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edanalyze.cache.folder import CacheFolder
from edanalyze.cache.sealed import digest
from edanalyze.facts.module import ModuleFacts, Unanalysed

_MANY = 8
_SPARE = 64 * 1024 * 1024
"""Bytes of facts that a run did not ask for (those of other branches, say) but that are carried along."""

Facts = ModuleFacts | Unanalysed
Encoded = bytes | memoryview
"""Facts of one file, or the reason why there are none, as MessagePack."""

_decoder = msgspec.msgpack.Decoder(tuple[ModuleFacts | None, Unanalysed | None])


class _Pack(msgspec.Struct, frozen=True):
    version: bytes
    facts: Mapping[bytes, memoryview]


def encode(facts: Facts) -> Encoded:
    """The facts of a file (or the reason why there are none) as bytes."""
    return msgspec.msgpack.encode((facts, None) if isinstance(facts, ModuleFacts) else (None, facts))


def decode(encoded: Encoded) -> Facts:
    """What `encode` was given. Raises msgspec.DecodeError."""
    facts, reason = _decoder.decode(encoded)
    found = facts if facts is not None else reason
    if found is None:
        raise msgspec.DecodeError("neither facts nor a reason")
    return found


class FactsStore:
    """The facts that earlier runs left, of one version of the code that makes facts.

    What is kept at hand lies in few large pieces of memory: many small ones would not be given back in the end.
    """

    def __init__(self, folder: CacheFolder, version: bytes) -> None:
        self._folder = folder
        self._version = version
        self._kind = f"facts-{version.hex()[:16]}-"
        self._names: list[str] = []
        self._old: dict[bytes, memoryview] = {}
        self._used: dict[bytes, memoryview] = {}
        self._new: dict[bytes, slice] = {}
        self._added = bytearray()
        for name in folder.names(self._kind):
            self._load(name)

    @staticmethod
    def key(path: str, source: bytes) -> bytes:
        """What facts are kept under: the hash of the source, and the path, which is part of the facts."""
        return digest(source + path.encode())

    def find(self, key: bytes) -> Encoded | None:
        """The facts kept under a key."""
        new = self._new.get(key)
        if new is not None:
            return bytes(self._added[new])
        found = self._old.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def add(self, key: bytes, encoded: Encoded) -> None:
        """Keep facts, once `write` is called."""
        start = len(self._added)
        self._added += encoded
        self._new[key] = slice(start, len(self._added))

    def write(self) -> None:
        """Add what is new to the folder. Many packs become one."""
        for name in self._names:
            self._folder.used(name)
        if not self._new:
            return
        added = memoryview(self._added)
        new = {key: added[place] for key, place in self._new.items()}
        united: list[str] = []
        written = new
        if len(self._names) >= _MANY:
            united, self._names = self._names, []
            written = {**self._used, **new}
            room = _SPARE
            for key, encoded in self._old.items():
                if key not in written and (room := room - len(encoded)) > 0:
                    written[key] = encoded
        if self._write(written):
            for name in united:
                self._folder.remove(name)
        self._old.update(new)
        self._used.update(new)
        self._new, self._added = {}, bytearray()

    def _write(self, facts: Mapping[bytes, memoryview]) -> bool:
        payload = msgspec.msgpack.encode(_Pack(self._version, facts))
        name = f"{self._kind}{digest(payload).hex()}"
        self._names.append(name)
        return self._folder.write(name, payload)

    def _load(self, name: str) -> None:
        payload = self._folder.read(name)
        if payload is None:
            return
        try:
            pack = msgspec.msgpack.decode(payload, type=_Pack)
        except msgspec.DecodeError:
            self._folder.refuse(name)
            return
        if pack.version == self._version:
            self._names.append(name)
            for key, encoded in pack.facts.items():
                self._old.setdefault(key, encoded)
