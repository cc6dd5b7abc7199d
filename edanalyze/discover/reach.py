"""Which files of a project a file leads to by its imports, as far as their text shows."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Sequence

from edanalyze.discover.clues import Clues, persists, read_clues
from edanalyze.discover.deployfiles import DeployFiles, folder_of

_MOST_FILES = 3_000


class Reach:
    """The clues of a project's Python files and their imports of each other; each file is read once."""

    def __init__(self, files: DeployFiles) -> None:
        self._files = files
        self._clues: dict[str, Clues] = {}
        self._imports: dict[str, tuple[str, ...]] = {}
        self._persists: dict[str, bool] = {}
        self._tops: dict[str, set[str]] = defaultdict(set)
        for path in files.sources:
            folder, name = folder_of(path), path.rpartition("/")[2].removesuffix(".py")
            if name != "__init__":
                self._tops[name].add(folder)
            elif folder != ".":
                self._tops[folder.rpartition("/")[2]].add(folder_of(folder))

    def clues(self, path: str) -> Clues:
        """The clues in one file; those of an empty one if it cannot be read."""
        if path not in self._clues:
            self._clues[path] = read_clues(self._files.source_text(path))
        return self._clues[path]

    def persists(self, path: str) -> bool:
        """Whether a file declares tables or opens a database."""
        if path not in self._persists:
            self._persists[path] = persists(self._files.source_text(path))
        return self._persists[path]

    def starting(self, paths: Sequence[str]) -> list[str]:
        """Those of the files that start an application, be it with code that they import.

        Apart from what is plain by itself, that is a file which does something when loaded, leads to code that
        serves, and is imported by no other but one that starts processes.
        """
        everything = sorted(self._files.sources) if len(self._files.sources) <= _MOST_FILES else paths
        importing = [path for path in everything if not self.clues(path).launches]
        imported = {each for path in importing for each in self._imported(path) if each != path}
        return [
            path
            for path in paths
            if path.rpartition("/")[2] == "manage.py"
            or self.clues(path).starts
            or (self.clues(path).runs and self._leads_to_service(path))
            or (self.clues(path).executes and path not in imported and self._leads_to_service(path))
        ]

    def _leads_to_service(self, path: str) -> bool:
        return any(self.clues(each).serves for each in self.of(path))

    def of(self, path: str) -> frozenset[str]:
        """All files that `path` leads to, itself among them."""
        seen = {path}
        pending = [path]
        while pending:
            current = pending.pop()
            for imported in self._imported(current):
                if imported not in seen:
                    seen.add(imported)
                    pending.append(imported)
        return frozenset(seen)

    def _imported(self, path: str) -> tuple[str, ...]:
        if path not in self._imports:
            self._imports[path] = tuple(dict.fromkeys(self._resolved(path)))
        return self._imports[path]

    def _resolved(self, path: str) -> Iterator[str]:
        folder = folder_of(path)
        for module, names in self.clues(path).imports:
            dots = len(module) - len(module.lstrip("."))
            if dots:
                base = posixpath.normpath(posixpath.join(folder, *[".."] * (dots - 1)))
                yield from self._modules(base, module.lstrip("."), names)
                continue
            for base in _upwards(folder):
                found = list(self._modules(base, module, names))
                if found:
                    yield from found
                    break
            else:
                homes = self._tops.get(module.partition(".")[0], set())
                if len(homes) == 1:
                    yield from self._modules(next(iter(homes)), module, names)

    def _modules(self, base: str, module: str, names: tuple[str, ...]) -> Iterator[str]:
        """The files of a module below `base`, and of those of its names that are modules."""
        stem = posixpath.normpath(posixpath.join(base, module.replace(".", "/"))) if module else base
        for each in (stem, *(f"{stem}/{name}" for name in names)):
            for candidate in (f"{each}.py", f"{each}/__init__.py"):
                if candidate in self._files.sources:
                    yield candidate
                    yield from self._packages(candidate, base)

    def _packages(self, path: str, base: str) -> Iterator[str]:
        """The packages that an import of the file runs before it."""
        folder = folder_of(path)
        while folder not in (".", base):
            if f"{folder}/__init__.py" in self._files.sources:
                yield f"{folder}/__init__.py"
            folder = folder_of(folder)


def _upwards(folder: str) -> Iterator[str]:
    """The folder and those above it, each also with its `src`."""
    while True:
        yield folder
        yield posixpath.normpath(f"{folder}/src")
        if folder == ".":
            return
        folder = folder_of(folder)
