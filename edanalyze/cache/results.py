"""Whole results, kept by a hash of everything that went into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from edanalyze.cache.folder import CacheFolder

_KIND = "results"


class Kept(msgspec.Struct, frozen=True):
    """A result, and the files besides the sources that were read for it, with their hashes."""

    read: dict[str, bytes]
    result: bytes


class Results:
    """The results in a cache folder."""

    def __init__(self, folder: CacheFolder) -> None:
        self._folder = folder

    def find(self, key: bytes, hash_of: Callable[[str], bytes]) -> Kept | None:
        """What is kept under a key, if the files that were read for it are what they were then."""
        name = f"{_KIND}-{key.hex()}"
        payload = self._folder.read(name)
        if payload is None:
            return None
        try:
            kept = msgspec.msgpack.decode(payload, type=Kept)
        except msgspec.DecodeError:
            self._folder.refuse(name)
            return None
        if any(hash_of(path) != known for path, known in kept.read.items()):
            return None
        self._folder.used(name)
        return kept

    def keep(self, key: bytes, read: Mapping[str, bytes], result: bytes) -> None:
        """Keep a result; `read` holds the hashes of the files besides the sources that were read for it."""
        self._folder.write(f"{_KIND}-{key.hex()}", msgspec.msgpack.encode(Kept(dict(read), result)))
        self._folder.trim()
