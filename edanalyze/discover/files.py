"""The walk over a project: which files are analysed, which are left out and why, and which describe the deployment."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec

from edanalyze.discover import globs, leftout
from edanalyze.discover.root import Root
from edanalyze.discover.settings import CACHE, Config
from edanalyze.facts.module import Unanalysed

_SOURCE = (".py", ".pyw")
_KINDS = {
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFDIR: "folder",
}


class SourceFile(msgspec.Struct, frozen=True):
    """A Python file to analyse: `path` from the root with `/`, `absolute` to open it.

    `given` says that it was asked for; the others are there to be linked with.
    """

    path: str
    absolute: str
    given: bool = True


class Tree(msgspec.Struct, frozen=True):
    """What the walk found, sorted by path.

    `sources` are the Python files to analyse, `others` the paths of all other files in the folders walked (test
    folders aside), `unanalysed` what cannot be analysed, `notes` a sentence for each kind of thing that was left
    out on purpose. `folders` are all that were looked into, `links` the symbolic links that were met.
    """

    root: Path
    sources: tuple[SourceFile, ...]
    others: tuple[str, ...]
    unanalysed: tuple[Unanalysed, ...]
    notes: tuple[str, ...]
    folders: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def walk(root: Root, config: Config) -> Tree:
    """All files of the project, by the rules of docs/configuration.md. Symbolic links are not followed.

    Of a loose root only the given paths are looked at. A given file is analysed whatever it is called and wherever
    it is; what lies below a given folder is judged as if nothing above the folder ruled it out.
    """
    walker = _Walker(root, config)
    if not root.loose:
        walker.folder("", given=False)
    for each in root.given:
        if (root.path / each).is_dir():
            walker.folder("" if each == "." else each, given=True)
        else:
            walker.given_file(each)
    return walker.tree()


class _Walker:
    """One walk and what it has met so far."""

    def __init__(self, root: Root, config: Config) -> None:
        self._root = root
        self._real_root = os.path.realpath(root.path)
        self._tests_wanted = config.include_tests
        self._largest = config.max_file_size
        self._patterns = tuple(map(globs.pattern, (*config.exclude, *config.extend_exclude)))
        self._cache = os.path.normpath(config.cache_dir or CACHE).replace(os.sep, "/")
        self._walked: set[str] = set()
        self._sources: dict[str, SourceFile] = {}
        self._others: set[str] = set()
        self._unanalysed: dict[str, str] = {}
        self._skipped: dict[str, set[str]] = {}
        self._scanned: set[str] = set()
        self._links: set[str] = set()

    def tree(self) -> Tree:
        reached = {*self._sources, *(f"{each}/" for each in self._root.given)}
        return Tree(
            self._root.path,
            tuple(self._sources[path] for path in sorted(self._sources)),
            tuple(sorted(self._others)),
            tuple(Unanalysed(path, self._unanalysed[path]) for path in sorted(self._unanalysed)),
            leftout.notes({kind: paths - reached for kind, paths in self._skipped.items()}),
            tuple(sorted(self._scanned)),
            tuple(sorted(self._links)),
        )

    def folder(self, start: str, given: bool) -> None:
        """Walk a folder and all below it; a given one although it, or one above it, would be left out."""
        if start in self._walked:
            return
        pending = [(start, leftout.is_in_tests(start) and not given, frozenset[str]())]
        while pending:
            path, tests, siblings = pending.pop()
            self._scanned.add(path)
            try:
                with os.scandir(os.path.join(self._root.path, path)) as scan:
                    entries = sorted(scan, key=lambda entry: entry.name)
            except OSError as error:
                self._unanalysed[path or "."] = f"the folder cannot be read: {error.strerror}"
                continue
            names = frozenset(entry.name for entry in entries)
            if path != start and (kind := leftout.machine_made(path.rpartition("/")[2], names, siblings)):
                self._skip(kind, f"{path}/")
                continue
            if not tests:
                self._walked.add(path)
            for entry in entries:
                below = f"{path}/{entry.name}" if path else entry.name
                try:
                    if self._entry(entry, below, tests):
                        pending.append((below, tests or leftout.is_in_tests(entry.name), names))
                except OSError as error:
                    self._unanalysed[below] = f"cannot be read: {error.strerror}"

    def given_file(self, path: str) -> None:
        """A file that was asked for by name: analysed unless it cannot be read as a source file."""
        absolute = os.path.join(self._root.path, path)
        if not leftout.is_printable(path):
            self._unanalysed[leftout.printable(path)] = "its name is not printable UTF-8 text"
            return
        try:
            self._source(path, absolute, os.stat(absolute))
        except OSError as error:
            self._unanalysed[path] = f"cannot be read: {error.strerror}"

    def _entry(self, entry: os.DirEntry[str], path: str, tests: bool) -> bool:
        """Take note of one entry; whether it is a folder to walk."""
        if path == self._cache:
            return False
        source = entry.name.endswith(_SOURCE)
        if not leftout.is_printable(entry.name):
            if source or entry.is_dir(follow_symlinks=False):
                self._unanalysed[leftout.printable(path)] = "its name is not printable UTF-8 text"
            return False
        folder = entry.is_dir(follow_symlinks=False)
        if excluding := globs.first_match(self._patterns, path, folder):
            if folder or source:
                self._skip(f'matching "{excluding.text}"', f"{path}/" if folder else path)
            return False
        if entry.is_symlink():
            self._link(entry, path, tests)
        elif not folder:
            self._file(entry, path, tests)
        return folder

    def _file(self, entry: os.DirEntry[str], path: str, tests: bool) -> None:
        left_out = not self._tests_wanted and (tests or leftout.is_test_file(entry.name))
        if not entry.name.endswith(_SOURCE):
            if not tests or self._tests_wanted:
                self._others.add(path)
        elif left_out:
            self._skip("of test code", path)
        else:
            self._source(path, entry.path, entry.stat(follow_symlinks=False))

    def _source(self, path: str, absolute: str, status: os.stat_result) -> None:
        kind = stat.S_IFMT(status.st_mode)
        if kind != stat.S_IFREG:
            self._unanalysed[path] = f"no regular file but a {_KINDS.get(kind, 'special file')}"
        elif status.st_size > self._largest:
            self._unanalysed[path] = f"{status.st_size:,} bytes are more than max-file-size ({self._largest:,})"
        else:
            self._sources[path] = SourceFile(path, absolute, self._root.covers(path))

    def _link(self, entry: os.DirEntry[str], path: str, tests: bool) -> None:
        """What a link leads to inside the project is met there, so links need not be followed and cannot loop."""
        self._links.add(path)
        folder, source = entry.is_dir(), entry.name.endswith(_SOURCE)
        target = os.path.realpath(entry.path)
        inside = target == self._real_root or target.startswith(self._real_root + os.sep)
        if not folder and source and not os.path.exists(entry.path):
            self._unanalysed[path] = "broken symbolic link"
        elif (folder or source) and not inside:
            self._unanalysed[path] = "symbolic link that leads out of the project"
        elif folder or source:
            self._skip("behind a symbolic link", f"{path}/" if folder else path)
        elif inside and not tests and os.path.isfile(target):
            self._others.add(path)

    def _skip(self, kind: str, path: str) -> None:
        self._skipped.setdefault(kind, set()).add(path)
