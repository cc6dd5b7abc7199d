"""What is remembered of one project: its walk, its facts, its results; and the hash of all that results depend on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import msgspec

from edanalyze.cache.facts import FactsStore
from edanalyze.cache.fingerprints import Fingerprints
from edanalyze.cache.folder import CacheFolder
from edanalyze.cache.results import Results
from edanalyze.cache.sealed import digest
from edanalyze.cache.tool import Tool, Version, facts_version
from edanalyze.cache.trees import Trees
from edanalyze.discover.files import Tree, walk
from edanalyze.discover.root import Root
from edanalyze.discover.settings import Config


class _Latest(msgspec.Struct, frozen=True):
    """Which sources the latest result was made from, and what its owner noted of the rest."""

    hashes: dict[str, bytes]
    note: bytes


class Nearest(msgspec.Struct, frozen=True):
    """A result that was made from almost what is there now.

    `changed` holds the sources that have changed, with the hash that each had then.
    """

    changed: dict[str, bytes]
    note: bytes
    result: bytes


class Memory:
    """The cache of one project in one run. `overlay` holds sources that stand in for those on disk."""

    def __init__(self, path: Path, root: Root, config: Config, overlay: Mapping[Path, bytes]) -> None:
        self.folder = CacheFolder(path)
        self._root = root
        self._config = msgspec.structs.replace(config, cache_dir="")
        self._overlay = {str(path): digest(source) for path, source in overlay.items()}
        self._tool = Tool(self.folder)
        self._files = Fingerprints(self.folder, f"files-{digest(str(root.path).encode()).hex()}", str(root.path))
        self._results = Results(self.folder)
        self._others = b""
        self._read: set[str] = set()

    def consider(self, others: bytes) -> None:
        """Let results depend on something else as well: what is known of other systems."""
        self._others = digest(others)

    @property
    def notes(self) -> tuple[str, ...]:
        """What did not work, as sentences."""
        return tuple(self.folder.notes)

    @cached_property
    def version(self) -> Version | None:
        """The code that makes results, as far as an earlier run has noted it."""
        return self._tool.version()

    @cached_property
    def tree(self) -> Tree:
        """The files of the project, walked for only if a folder has changed."""
        trees = Trees(self.folder, self._root, self._config)
        found = trees.find()
        if found is None:
            found = walk(self._root, self._config)
            trees.keep(found)
        return found

    @cached_property
    def facts(self) -> FactsStore:
        """The facts that earlier runs left."""
        return FactsStore(self.folder, facts_version())

    def put_facts_away(self) -> None:
        """Keep no more facts at hand than are in the folder; who asks again reads them anew."""
        self.__dict__.pop("facts", None)

    @cached_property
    def hashes(self) -> dict[str, bytes]:
        """The hash of each source, by path."""
        return {file.path: self._overlay.get(file.absolute) or self._files.of(file.path) for file in self.tree.sources}

    def find(self, kind: str, about: bytes = b"") -> bytes | None:
        """A result made from exactly what is there now; `kind` and `about` say which of several results is meant."""
        if self.version is None:
            return None
        kept = self._results.find(self._key(self.version, kind, about, self.hashes), self._files.of)
        if kept is None:
            return None
        self._read |= kept.read.keys()
        return kept.result

    def nearest(self, kind: str, about: bytes = b"") -> Nearest | None:
        """The latest result, if since then nothing has changed but the content of some sources."""
        if self.version is None:
            return None
        payload = self.folder.read(f"latest-{self._key(self.version, kind, about, {}).hex()}")
        if payload is None:
            return None
        try:
            latest = msgspec.msgpack.decode(payload, type=_Latest)
        except msgspec.DecodeError:
            return None
        if latest.hashes.keys() != self.hashes.keys():
            return None
        kept = self._results.find(self._key(self.version, kind, about, latest.hashes), self._files.of)
        if kept is None:
            return None
        self._read |= kept.read.keys()
        changed = {path: known for path, known in latest.hashes.items() if self.hashes[path] != known}
        return Nearest(changed, latest.note, kept.result)

    def keep(
        self,
        kind: str,
        about: bytes,
        result: bytes,
        read: Collection[str],
        same: Callable[[], bool],
        note: bytes = b"",
    ) -> None:
        """Keep a result, unless a file changed while it was made.

        `read` are the files besides the sources that were needed, and those of the results that were found before are
        counted in; `same` says whether they still hold what was read. `note` is for `nearest` to give back.
        Does nothing before `identify` was called.
        """
        self._read |= set(read)
        before = self.hashes, {path: self._files.of(path) for path in self._read}
        unchanged = same()
        del self.hashes
        after = self.hashes, {path: self._files.of(path) for path in self._read}
        if self.version is not None and unchanged and before == after:
            self._results.keep(self._key(self.version, kind, about, self.hashes), after[1], result)
            latest = msgspec.msgpack.encode(_Latest(self.hashes, note))
            self.folder.write(f"latest-{self._key(self.version, kind, about, {}).hex()}", latest)
        self._files.keep({*after[0], *after[1]})

    def identify(self, packages: Iterable[str], catalogue: bytes) -> None:
        """Note which code makes the results of this run: that of this tool and of some packages it has loaded."""
        if self.version is None:
            self.version = self._tool.remember(packages, catalogue)

    def _key(self, version: Version, kind: str, about: bytes, hashes: Mapping[str, bytes]) -> bytes:
        own = f"{self.folder.path}/"
        total = blake2b(version.hash, digest_size=16)
        others = [path for path in self.tree.others if not f"{self._root.path}/{path}".startswith(own)]
        for part in (kind, about, self._others, self._config, self._root.loose, hashes, others, self.tree.unanalysed):
            encoded = msgspec.msgpack.encode(part)
            total.update(len(encoded).to_bytes(8, "big") + encoded)
        return total.digest()
