"""The walk over a project, remembered: while no folder has changed, no file has come or gone.

A file system notes in a folder when a name is added, removed or given to something else; that is compared, for every
folder the walk has looked into, by the rules of `fingerprints`. What a symbolic link leads to is looked up again.
"""

from __future__ import annotations

import os
import stat
import time
from hashlib import blake2b

import msgspec

from edanalyze.cache.fingerprints import Stamp, at_rest, stamp_of
from edanalyze.cache.folder import CacheFolder
from edanalyze.discover.files import SourceFile, Tree
from edanalyze.discover.root import Root
from edanalyze.discover.settings import Config


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    folders: dict[str, Stamp]
    links: dict[str, str]
    sources: tuple[str, ...]
    others: tuple[str, ...]
    notes: tuple[str, ...]


class Trees:
    """The walks that a cache folder remembers."""

    def __init__(self, folder: CacheFolder, root: Root, config: Config) -> None:
        settings = (config.exclude, config.extend_exclude, config.include_tests, config.max_file_size)
        key = blake2b(msgspec.msgpack.encode((str(root.path), settings)), digest_size=16).hexdigest()
        self._name = f"tree-{key}"
        self._folder = folder
        self._root = root
        self._largest = config.max_file_size
        self._begun = time.time_ns()

    def find(self) -> Tree | None:
        """What a walk would find now, if that is known without one."""
        payload = self._folder.read(self._name)
        if payload is None or os.name != "posix":  # elsewhere a folder need not show that it has changed
            return None
        try:
            kept = msgspec.msgpack.decode(payload, type=_Kept)
        except msgspec.DecodeError:
            self._folder.refuse(self._name)
            return None
        start = f"{self._root.path}{os.sep}"
        try:
            if any(stamp_of(os.stat(start + path)) != known for path, known in kept.folders.items()):
                return None
            if any(not self._is_source(os.stat(start + path)) for path in kept.sources):
                return None
        except OSError:
            return None
        if any(_behind(start + path) != known for path, known in kept.links.items()):
            return None
        if not self._is_whole(kept.folders.keys() | set(kept.sources)):
            return None
        whole = self._root.given == (".",)
        sources = tuple(SourceFile(each, start + each, whole or self._root.covers(each)) for each in kept.sources)
        return Tree(self._root.path, sources, kept.others, (), kept.notes, tuple(kept.folders), tuple(kept.links))

    def keep(self, tree: Tree) -> None:
        """Remember a walk, if all it has looked into was at rest, and nothing in it was out of the ordinary."""
        start = f"{self._root.path}{os.sep}"
        if tree.unanalysed or not self._is_whole({*tree.folders, *(each.path for each in tree.sources)}):
            return
        try:
            folders = {path: stamp_of(os.stat(start + path)) for path in tree.folders}
        except OSError:
            return
        if all(at_rest(stamp, self._begun) for stamp in folders.values()):
            links = {path: _behind(start + path) for path in tree.links}
            sources = tuple(each.path for each in tree.sources)
            kept = _Kept(folders, links, sources, tree.others, tree.notes)
            self._folder.write(self._name, msgspec.msgpack.encode(kept))

    def _is_source(self, status: os.stat_result) -> bool:
        return stat.S_ISREG(status.st_mode) and status.st_size <= self._largest

    def _is_whole(self, found: set[str]) -> bool:
        """Whether what was asked for is found by a walk over the whole project as well."""
        return all(each == "." or each in found for each in self._root.given)


def _behind(link: str) -> str:
    """What a symbolic link leads to: its target, and of which kind that is."""
    return f"{os.path.realpath(link)} {os.path.isdir(link)} {os.path.isfile(link)}"
