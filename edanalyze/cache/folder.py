"""The folder of the cache: reads and replaces whole files, stays below a size, and works without when it must."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from edanalyze.cache.sealed import DamagedError, seal, unseal

LIMIT = 256 * 1024 * 1024
"""How many bytes the folder may hold; what was not used for longest goes first."""

_SUFFIX = ".edanalyze"
_PARTIAL = ".edanalyze-part"
_IGNORE = ".gitignore"
_MARK = "CACHEDIR.TAG"
_ABANDONED = 3600  # seconds after which an unfinished file is one that a killed process has left
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache of edanalyze. It can be deleted at any time.\n"
    "# About cache directory tags see https://bford.info/cachedir/\n"
)


class Size(msgspec.Struct, frozen=True):
    """How much of one kind a cache folder holds."""

    kind: str
    files: int
    bytes: int


class CacheFolder:
    """The files of a cache at `path`, which need not exist yet.

    A file's name is its kind (`facts`, `results`, ...), a dash, and more. `notes` tells what did not work.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self.notes: list[str] = []
        self.limit = limit
        self._writable = True
        self._prepared = False

    def read(self, name: str) -> memoryview | None:
        """The payload of a file; None when there is none. A damaged file is removed, and told."""
        try:
            data = self._file(name).read_bytes()
            return unseal(data)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._note(f"{name} cannot be read: {error.strerror}")
        except DamagedError:
            self.refuse(name)
        return None

    def refuse(self, name: str) -> None:
        """Remove a file whose content cannot be used, and tell so."""
        self._note(f"{name} is damaged; it is made anew")
        self.remove(name)

    def write(self, name: str, payload: bytes) -> bool:
        """Replace a file as a whole; whether that worked. A folder that cannot be written to is told once."""
        if not self._writable:
            return False
        file = self._file(name)
        partial = file.with_name(f"{file.stem}-{os.getpid()}-{time.monotonic_ns():x}{_PARTIAL}")
        try:
            if not self._prepared:
                self._prepare()
                self._prepared = True
            try:
                partial.write_bytes(seal(payload))
                os.replace(partial, file)
            finally:
                with suppress(FileNotFoundError):
                    partial.unlink()
        except OSError as error:
            self._writable = False
            self._note(f"cannot be written: {error.strerror or error}; this run is not remembered")
            return False
        return True

    def used(self, name: str) -> None:
        """Mark a file as used now, so that it outlives others."""
        with suppress(OSError):
            os.utime(self._file(name))

    def remove(self, name: str) -> None:
        """Delete a file, if it is there and can be deleted."""
        with suppress(OSError):
            self._file(name).unlink()

    def names(self, start: str) -> list[str]:
        """The names of all files that start with `start`, those used last first."""
        found = sorted(self._entries(), key=lambda entry: (-entry[1], entry[0]))
        return [name for name, _, _ in found if name.startswith(start)]

    def sizes(self) -> list[Size]:
        """What the folder holds, by kind."""
        found: dict[str, Size] = {}
        for name, _, size in sorted(self._entries()):
            kind = name.partition("-")[0]
            before = found.get(kind, Size(kind, 0, 0))
            found[kind] = Size(kind, before.files + 1, before.bytes + size)
        return list(found.values())

    def trim(self) -> None:
        """Delete what was not used for longest until the rest is within the limit, and what killed processes left."""
        total = 0
        for name, _, size in sorted(self._entries(), key=lambda entry: (-entry[1], entry[0])):
            total += size
            if total > self.limit:
                self.remove(name)
        with suppress(OSError):
            for left in self.path.glob(f"*{_PARTIAL}"):
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    left.unlink()

    def clear(self) -> int:
        """Delete all that a cache has written, and the folder if nothing else is in it; gives the number of bytes.

        Raises OSError when something cannot be deleted.
        """
        freed = 0
        for name, _, size in list(self._entries()):
            self._file(name).unlink(missing_ok=True)
            freed += size
        if self.path.is_dir():
            for left in self.path.glob(f"*{_PARTIAL}"):
                left.unlink(missing_ok=True)
            if self._is_ours():
                for name in (_IGNORE, _MARK):
                    (self.path / name).unlink(missing_ok=True)
            with suppress(OSError):
                self.path.rmdir()
        return freed

    def _file(self, name: str) -> Path:
        return self.path / f"{name}{_SUFFIX}"

    def _entries(self) -> Iterator[tuple[str, int, int]]:
        """Name, time of last use and size of each file."""
        try:
            with os.scandir(self.path) as scan:
                for entry in scan:
                    if entry.name.endswith(_SUFFIX):
                        with suppress(OSError):
                            status = entry.stat()
                            yield entry.name.removesuffix(_SUFFIX), status.st_mtime_ns, status.st_size
        except OSError:
            return

    def _prepare(self) -> None:
        """Make the folder, and what keeps version control and backups away from it.

        In a folder that somebody else has filled, the user's own, neither is for us to say.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        if set(os.listdir(self.path)) <= {_IGNORE}:
            (self.path / _IGNORE).write_text("# Made by edanalyze\n*\n", encoding="utf-8")
            (self.path / _MARK).write_text(_TAG, encoding="utf-8")

    def _is_ours(self) -> bool:
        try:
            return (self.path / _MARK).read_text(encoding="utf-8") == _TAG
        except (OSError, UnicodeDecodeError):
            return False

    def _note(self, text: str) -> None:
        note = f"cache {self.path}: {text}"
        if note not in self.notes:
            self.notes.append(note)
