"""Reading the small text files that describe a deployment, out of the files that the walk found."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from edanalyze.discover.files import SourceFile, Tree
from edanalyze.discover.sources import Unreadable, read
from edanalyze.facts.module import Unanalysed

if TYPE_CHECKING:
    from edanalyze.discover.yamltree import Node

LARGEST = 1_000_000
LARGEST_SOURCE = 300_000


class DeployFiles:
    """The files of one tree by path; remembers which of those asked for could not be read, and why.

    `latest` is the path that was asked for last, "" before any.
    """

    def __init__(self, tree: Tree) -> None:
        self.root = tree.root
        self.paths = tree.others
        self.sources = frozenset(each.path for each in tree.sources)
        self.known = frozenset(tree.others)
        self.latest = ""
        self._folders = _folders((*self.paths, *self.sources))
        self._texts: dict[str, str | None] = {}
        self._unanalysed: dict[str, Unanalysed] = {}

    @property
    def unanalysed(self) -> tuple[Unanalysed, ...]:
        """The files that could not be read so far."""
        return tuple(each for _, each in sorted(self._unanalysed.items()))

    @property
    def read(self) -> tuple[str, ...]:
        """The files besides the sources that were read so far, or tried."""
        return tuple(sorted(path for path in self._texts if path in self.known))

    def are_same(self) -> bool:
        """Whether the files that were read still hold what they held then."""
        refused = dict(self._unanalysed)
        same = all(self._read(path) == self._texts[path] for path in self.read)
        self._unanalysed = refused
        return same

    def refuse(self, path: str, reason: str) -> None:
        """Remember that a file could not be used."""
        self._unanalysed.setdefault(path, Unanalysed(path, reason))

    def leave_out(self, path: str, reason: str) -> None:
        """Let a file hold nothing from now on, since what it holds makes edanalyze fail."""
        self._texts[path] = None
        self._unanalysed[path] = Unanalysed(path, f"internal error: {reason}", crash=True)

    def named(self, *names: str) -> Iterator[str]:
        """The paths of all files with one of these names."""
        return (path for path in self.paths if posixpath.basename(path) in names)

    def exists(self, path: str | None) -> bool:
        """Whether the walk found a file, or a folder with any file, at `path`."""
        return path is not None and (path in self.known or path in self.sources or path in self._folders)

    def text(self, path: str) -> str | None:
        """The text of a file the walk found (undecodable bytes replaced); None for others and unreadable ones."""
        self.latest = path
        if path not in self._texts:
            self._texts[path] = self._read(path) if path in self.known or path in self.sources else None
        return self._texts[path]

    def glance(self, path: str) -> str:
        """The text of a file that may hold anything: empty where it cannot be read, which is not worth telling."""
        refused = dict(self._unanalysed)
        found = self.text(path)
        self._unanalysed = refused
        return found or ""

    def source_text(self, path: str) -> str:
        """The text of a Python file for a quick look; empty if it cannot be read (which the analysis will tell)."""
        if path not in self.sources:
            return ""
        try:
            return read(SourceFile(path, str(self.root / path)), LARGEST_SOURCE).decode("utf-8-sig", "replace")
        except Unreadable:
            return ""

    def yaml(self, path: str) -> list[Node]:
        """The documents of a YAML (or JSON) file; none, remembered with the reason, if it is not well-formed."""
        from edanalyze.discover.yamltree import YamlError, documents  # YAML takes long to load

        content = self.text(path)
        try:
            return documents(content) if content is not None else []
        except YamlError as error:
            self.refuse(path, f"not valid YAML: {error}")
            return []

    def _read(self, path: str) -> str | None:
        try:
            return read(SourceFile(path, str(self.root / path)), LARGEST).decode("utf-8-sig", "replace")
        except Unreadable as error:
            self.refuse(path, error.reason)
            return None


def _folders(paths: Iterable[str]) -> set[str]:
    """All folders above some paths, with the root as "."."""
    found = {"."}
    for path in paths:
        folder = folder_of(path)
        while folder not in found:
            found.add(folder)
            folder = folder_of(folder)
    return found


def below(folder: str, path: str) -> str | None:
    """`path` as written in a file in `folder`, from the root; None if it leads out of the project or is absolute.

    The root is ".".
    """
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if joined.startswith(("/", "..")) else joined


def folder_of(path: str) -> str:
    """The folder a file is in, "." for the root."""
    return path.rpartition("/")[0] or "."
