"""Which files of a project a file leads to by its imports, as far as their text shows."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from edanalyze.discover.clues import Clues, read_clues
from edanalyze.discover.deployfiles import DeployFiles, folder_of


class Reach:
    """The clues of a project's Python files and their imports of each other; each file is read once."""

    def __init__(self, files: DeployFiles) -> None:
        self._files = files
        self._clues: dict[str, Clues] = {}

    def clues(self, path: str) -> Clues:
        """The clues in one file; those of an empty one if it cannot be read."""
        if path not in self._clues:
            self._clues[path] = read_clues(self._files.source_text(path))
        return self._clues[path]

    def starts(self, path: str) -> bool:
        """Whether a file starts an application, be it with code that it imports."""
        clues = self.clues(path)
        if path.rpartition("/")[2] == "manage.py" or clues.starts:
            return True
        return clues.runs and any(self.clues(each).serves for each in self.of(path))

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

    def _imported(self, path: str) -> Iterator[str]:
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
