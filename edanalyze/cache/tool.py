"""What analyses: the code of this tool and of the installed check packages, the libraries they run on, the Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import msgspec

from edanalyze.cache.folder import CacheFolder
from edanalyze.cache.sealed import digest

_PACKAGE = Path(__file__).parents[1]
_DATA = (".py", ".toml", ".json")
_INSTALLED = (".dist-info", ".egg-info", ".egg-link")


class _Remembered(msgspec.Struct, frozen=True):
    """Packages of rules with their places, how all files of code looked, and a hash of what these held."""

    packages: dict[str, str]
    look: bytes
    hash: bytes
    catalogue: bytes


class Version(msgspec.Struct, frozen=True):
    """A hash of all code that makes results, and what its owner noted of the rules in it."""

    hash: bytes
    catalogue: bytes


def facts_version() -> bytes:
    """A hash of everything that facts depend on besides the source: any change of that code makes other facts.

    The code is hashed rather than numbered: a number is what somebody forgets to raise.
    """
    from edanalyze import models

    total = blake2b(digest_size=16)
    for package in ("facts", "syntax"):
        for path in sorted((_PACKAGE / package).rglob("*.py")):
            total.update(path.name.encode() + b"\0" + path.read_bytes())
    total.update(models.digest().encode())
    total.update(_python().encode())
    total.update(_version_of("libcst").encode())
    return total.digest()


class Tool:
    """Identifies the code that makes results, without importing it when it is the same as last time."""

    def __init__(self, folder: CacheFolder) -> None:
        self._folder = folder

    @cached_property
    def _environment(self) -> bytes:
        installed = [f"{path} {os.stat(path).st_mtime_ns}" for path in _distributions()]
        return digest("\0".join((_python(), str(_PACKAGE), *installed)).encode())

    @property
    def _name(self) -> str:
        return f"tool-{self._environment.hex()}"

    def version(self) -> Version | None:
        """What is installed, by its look the same as in the last run that used it; None if it is not known.

        What a check package imports from elsewhere counts by what is installed, not by its code.
        """
        payload = self._folder.read(self._name)
        if payload is None:
            return None
        try:
            known = msgspec.msgpack.decode(payload, type=_Remembered)
        except msgspec.DecodeError:
            self._folder.refuse(self._name)
            return None
        if any(_place(name) != place for name, place in known.packages.items()):
            return None
        if _look(known.packages.values()) != known.look:
            return None
        return Version(self._environment + known.hash, known.catalogue)

    def remember(self, packages: Iterable[str], catalogue: bytes) -> Version:
        """Note the packages that the rules in use come from, by their import names; gives what `version` will.

        `catalogue` is kept beside them for as long as none of this changes.
        """
        places = {name: _place(name) for name in sorted(packages)}
        look = _look(places.values())
        total = blake2b(digest_size=16)
        for path, _ in _files(places.values()):
            with open(path, "rb") as code:
                total.update(os.path.basename(path).encode() + b"\0" + digest(code.read()))
        known = _Remembered(places, look, total.digest(), catalogue)
        self._folder.write(self._name, msgspec.msgpack.encode(known))
        return Version(self._environment + known.hash, catalogue)


def _place(package: str) -> str:
    """The folder or file of a package, "" when it cannot be imported."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return ""
    if spec is None or spec.origin is None:
        return ""
    return os.path.dirname(spec.origin) if spec.submodule_search_locations is not None else spec.origin


def _look(places: Iterable[str]) -> bytes:
    """Names, sizes and times of all files of code."""
    total = blake2b(digest_size=16)
    for path, status in _files(places):
        total.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0{status.st_ctime_ns}\0".encode())
    return total.digest()


def _files(places: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
    """The files of code and data of this tool and of packages at some places, sorted."""
    for place in sorted({str(_PACKAGE), *places} - {""}):
        if os.path.isfile(place):
            yield place, os.stat(place)
            continue
        pending = [place]
        while pending:
            with os.scandir(pending.pop()) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
            for entry in entries:
                if entry.name.endswith(_DATA):
                    yield entry.path, entry.stat()
                elif entry.name != "__pycache__" and entry.is_dir():
                    pending.append(entry.path)


def _python() -> str:
    return f"{sys.implementation.name} {sys.version_info[:3]}"


def _distributions() -> list[str]:
    """The paths of what describes the installed distributions, with their versions in the names."""
    found: set[str] = set()
    for folder in sys.path:
        try:
            found.update(os.path.join(folder, name) for name in os.listdir(folder or ".") if name.endswith(_INSTALLED))
        except OSError:
            continue  # an archive, or not there
    return sorted(found)


def _version_of(distribution: str) -> str:
    names = map(os.path.basename, _distributions())
    return ",".join(sorted({name for name in names if name.lower().startswith(f"{distribution}-")}))
