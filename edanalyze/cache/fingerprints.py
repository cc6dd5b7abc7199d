"""What files hold, by hash; a file that shows no sign of change is not read again.

The idea, and its pitfall, are those of git's index: size and times tell a change, unless the file was changed twice
within one tick of the clock. A hash is therefore trusted only if the file had been at rest for a while when it was
read ("racy git" in git's technical documentation). The time of the last change of the inode is compared as well, which
programs that set the other one cannot turn back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from functools import cached_property

import msgspec

from edanalyze.cache.folder import CacheFolder
from edanalyze.cache.sealed import digest

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_REST = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system in use (FAT) ticks every two seconds."""

Stamp = tuple[int, int, int, int]
"""Size, time of the last change of content, of the inode (nanoseconds), number of the inode."""

MISSING = b""
"""Stands for the hash of what is no readable file."""


class _Known(msgspec.Struct, frozen=True, array_like=True):
    stamp: Stamp
    hash: bytes


class Fingerprints:
    """The hashes of files, remembered in the cache file `name`. `root` is put before relative paths."""

    def __init__(self, folder: CacheFolder, name: str, root: str) -> None:
        self._folder = folder
        self._name = name
        self._start = f"{root}{os.sep}"
        self._changed = False

    def of(self, path: str) -> bytes:
        """The hash of a file's content; MISSING when it cannot be read."""
        begun = time.time_ns()
        absolute = self._start + path
        try:
            stamp = stamp_of(os.stat(absolute))
            known = self._known.get(path)
            if known is not None and known.stamp == stamp:
                return known.hash
            with open(os.open(absolute, _FLAGS), "rb") as file:
                found = digest(file.read())
        except OSError:
            return MISSING
        if at_rest(stamp, begun):
            self._known[path] = _Known(stamp, found)
            self._changed = True
        return found

    def all(self, paths: Iterable[str]) -> list[bytes]:
        """The hashes of files, in the order given."""
        return [self.of(path) for path in paths]

    def keep(self, paths: Iterable[str]) -> None:
        """Write what is known of these files, if anything is new; the others are forgotten."""
        if self._changed:
            kept = {path: self._known[path] for path in paths if path in self._known}
            self._folder.write(self._name, msgspec.msgpack.encode(kept))
            self._changed = False

    @cached_property
    def _known(self) -> dict[str, _Known]:
        payload = self._folder.read(self._name)
        if payload is None:
            return {}
        try:
            return msgspec.msgpack.decode(payload, type=dict[str, _Known])
        except msgspec.DecodeError:
            self._folder.refuse(self._name)
            return {}


def at_rest(stamp: Stamp, now: int) -> bool:
    """Whether a file was last changed so long before `now` that another change would show in its times."""
    return max(stamp[1], stamp[2]) + _REST < now


def stamp_of(status: os.stat_result) -> Stamp:
    """What is compared to tell whether something has changed."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino
