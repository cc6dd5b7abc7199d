"""A project that was found: its root, configuration and files, and what the analysis makes of them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edanalyze.check import registry
from edanalyze.discover.settings import Config
from edanalyze.facts.module import Unanalysed
from edanalyze.options import Options

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.cache.memory import Memory
    from edanalyze.cache.shift import Shift
    from edanalyze.catalog.lock import Lock
    from edanalyze.check.baseline import Baseline
    from edanalyze.check.crash import Crash
    from edanalyze.discover.deployed import Deployment
    from edanalyze.discover.deployfiles import DeployFiles
    from edanalyze.discover.documents import Document
    from edanalyze.discover.environment import Environment
    from edanalyze.discover.files import SourceFile, Tree
    from edanalyze.discover.root import Root
    from edanalyze.discover.service import Services
    from edanalyze.exchange import Facts
    from edanalyze.facts.module import ModuleFacts
    from edanalyze.parse import Progress

_MOST_LEFT_OUT = 8
"""How many deployment files that edanalyze fails on are left out."""


class Project:
    """A project that was found: its root, configuration and files. The analysis is made when first asked for.

    `others` are the facts of other systems that are known. `memory` holds what earlier runs left, None when that is not
    wanted.
    """

    def __init__(self, found: Root, config: Config, tree: Tree, options: Options, memory: Memory | None) -> None:
        from edanalyze.exchange.union import without

        self.root = found.path
        self.config = config
        self.tree = tree
        self.options = options
        self.found = found
        self.memory = memory
        self.not_analysed: list[Unanalysed] = list(tree.unanalysed)
        self.notes: list[str] = list(tree.notes)
        self.lines = 0
        self.name = found.path.name or "system"
        others, refused = read_facts(options.facts)
        self.others = without(others, self.name)
        self.not_analysed += refused
        if memory is not None and options.facts:
            memory.consider(msgspec.msgpack.encode((self.others, refused)))

    @property
    def is_loose(self) -> bool:
        """Whether there is no project around what was asked for: the rest of the system is not seen."""
        return self.found.loose

    @cached_property
    def contracts_text(self) -> str | None:
        """The text of the lock of contracts; None without one, or when it cannot be read."""
        from edanalyze.catalog.lock import NAME

        try:
            return (self.root / NAME).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeError) as error:
            self.not_analysed.append(Unanalysed(NAME, str(error)))
            return None

    @cached_property
    def contracts(self) -> Lock | None:
        """The contracts that were agreed on; None without a lock, or with one that makes no sense."""
        from edanalyze.catalog.lock import NAME, LockError, from_text

        try:
            return from_text(self.contracts_text) if self.contracts_text is not None else None
        except LockError as error:
            self.not_analysed.append(Unanalysed(NAME, str(error)))
            return None

    @cached_property
    def today(self) -> datetime.date:
        """The day for which deprecated messages are judged."""
        return self.options.as_of or datetime.date.today()

    @property
    def past(self) -> tuple[str, ...]:
        """The last days of deprecated messages, by configuration and lock, that have passed."""
        lock = self.contracts if self.contracts_text is not None else None
        days = [*self.config.deprecated.values()]
        days += [each.deprecated for each in lock.contracts.values()] if lock is not None else []
        return tuple(sorted({text for text in days if text and text < self.today.isoformat()}))

    @property
    def baseline_file(self) -> Path | None:
        """Where the baseline is, or would be; None when neither an option nor the configuration names a file."""
        if self.options.baseline is not None:
            return self.options.baseline
        return self.root / self.config.baseline if self.config.baseline else None

    @property
    def baseline(self) -> Baseline | None:
        """The findings that are accepted for now. Raises BaselineError when the file cannot be used."""
        from edanalyze.check.baseline import read

        file = self.baseline_file
        return read(file) if self.options.use_baseline and file is not None and os.path.exists(file) else None

    @property
    def processes(self) -> int:
        """How many processes may work on the project."""
        return self.options.jobs or os.cpu_count() or 1

    def covers(self, path: str) -> bool:
        """Whether a file (relative to the root) was asked for; others are only linked with."""
        return self.found.covers(path)

    def source(self, path: str) -> bytes | None:
        """The source of a file, from the overlay or the disk; None when it cannot be read."""
        from edanalyze.discover.files import SourceFile
        from edanalyze.discover.sources import Unreadable, read

        given = self.options.overlay.get(self.root / path)
        if given is not None:
            return given
        file = self._files.get(path)
        if file is None and path in self.tree.others:
            file = SourceFile(path, str(self.root / path))
        try:
            return read(file, self.config.max_file_size) if file is not None else None
        except Unreadable:
            return None

    def read(self, path: str) -> str | None:
        """The text of a file of the project, for excerpts; None when it cannot be read."""
        from edanalyze.discover.sources import Unreadable, decode

        source = self.source(path)
        try:
            return decode(source) if source is not None else None
        except Unreadable:
            return None

    @property
    def cache_notes(self) -> tuple[str, ...]:
        """What did not work with what is remembered between runs."""
        return self.memory.notes if self.memory is not None else ()

    @cached_property
    def catalogue(self) -> registry.Catalogue:
        """The installed rules; as an earlier run has noted them, while nothing that is installed has changed."""
        return catalogue(self.memory)

    @cached_property
    def services(self) -> Services:
        """The deployable units of the project."""
        return self._deployed[0]

    @cached_property
    def deploy_files(self) -> DeployFiles:
        """The files besides the sources, which remember which of them were read."""
        from edanalyze.discover.deployfiles import DeployFiles

        return DeployFiles(self.tree)

    @cached_property
    def _files(self) -> dict[str, SourceFile]:
        return {file.path: file for file in self.tree.sources}

    @cached_property
    def _deployed(self) -> tuple[Services, Deployment, Environment]:
        from edanalyze.check import crash

        files = self.deploy_files
        for _ in range(_MOST_LEFT_OUT):
            try:
                return self._read_deployment(files)
            except Exception as error:  # most likely about the file that was asked for last
                if files.latest in ("", *(each.path for each in files.unanalysed)):
                    raise
                files.leave_out(files.latest, crash.of("", error).reason)
        return self._read_deployment(files)

    def _read_deployment(self, files: DeployFiles) -> tuple[Services, Deployment, Environment]:
        from edanalyze.discover.deployment import read_deployment
        from edanalyze.discover.environment import Environment
        from edanalyze.discover.services import find_services

        deployment = read_deployment(files)
        services = find_services(deployment, self.config, files)
        environment = Environment(services, deployment, self.config.environment)
        self.note_unanalysed(files.unanalysed)
        return services, deployment, environment

    @cached_property
    def deployment_digest(self) -> bytes:
        """A hash of all that is known of services and their environment; sources are looked into for it, too."""
        from edanalyze.cache.sealed import digest

        services, deployment, _ = self._deployed
        return digest(msgspec.msgpack.encode((services.all, deployment)))

    def shifts(self, before: Mapping[str, bytes]) -> dict[str, Shift] | None:
        """What has moved where in files whose sources had the given hashes; None where more than that has changed."""
        from edanalyze.cache.facts import FactsStore, decode
        from edanalyze.cache.shift import shift
        from edanalyze.facts.module import ModuleFacts
        from edanalyze.parse import Work, parse_all

        if self.memory is None:
            return None
        old = {path: self.memory.facts.find(FactsStore.key(path, known)) for path, known in before.items()}
        if None in old.values():
            return None
        work = Work([self._files[path] for path in sorted(before)], self.config.max_file_size, self.options.overlay)
        new = {facts.path: facts for facts in parse_all(work, 1, memory=self.memory).modules}
        found: dict[str, Shift] = {}
        for path, encoded in old.items():
            facts = decode(encoded) if encoded is not None else None
            own = shift(facts, new[path]) if isinstance(facts, ModuleFacts) and path in new else None
            if own is None:
                return None
            found[path] = own
        return found

    def parse(self, progress: Progress | None = None) -> tuple[ModuleFacts, ...]:
        """The facts of all files, made on the first call. Call it from the main thread: it may start processes."""
        if self._modules is None:
            from edanalyze.parse import Work, parse_all

            work = Work(self.tree.sources, self.config.max_file_size, self.options.overlay)
            parsed = parse_all(work, self.options.jobs, progress, self.memory, self.options.executor)
            if self.memory is not None:
                self.memory.put_facts_away()
            self.note_unanalysed(parsed.failures)
            self.lines = sum(facts.lines for facts in parsed.modules)
            self._modules = parsed.modules
        return self._modules

    _modules: tuple[ModuleFacts, ...] | None = None

    def note_unanalysed(self, files: Iterable[Unanalysed]) -> None:
        """Note what is not analysed, each once."""
        self.not_analysed += [each for each in files if each not in self.not_analysed]

    @property
    def left_out(self) -> Mapping[str, Crash]:
        """The functions and modules (by their ids) that the analysis does without, since it fails on them, and how."""
        return self._left_out

    _left_out: Mapping[str, Crash] = {}

    def leave_out(self, culprits: Mapping[str, Crash]) -> None:
        """Analyse without these functions and modules, and no others, from now on."""
        if culprits != self._left_out:
            self._left_out = culprits
            self.__dict__.pop("system", None)

    def holds(self, culprit: str) -> bool:
        """Whether there is a function or module of that id that could be left out."""
        from edanalyze.check.culprits import facts_of

        return facts_of(culprit, self.parse()) is not None

    @cached_property
    def system(self) -> System:
        """The analysed system, without what is left out."""
        from edanalyze.analyse.system import System
        from edanalyze.check.culprits import without
        from edanalyze.discover.schemas import SchemaFiles

        services, deployment, environment = self._deployed

        def lookup(path: str, name: str) -> str | None:
            service = services.of(path)
            setting = environment.lookup(service.name if service is not None else None, name)
            setting = setting or environment.beside(path, name)
            return setting.value if setting is not None else None

        return System(
            without(self.parse(), self._left_out.keys()) if self._left_out else self.parse(),
            sources=self.config.src,
            own_models=self.config.models,
            services=services,
            deployment=deployment,
            lookup=lookup,
            others=self.others if self.others.systems else None,
            documents=self._read_documents,
            schema_files=SchemaFiles(self.deploy_files),
        )

    def _read_documents(self) -> tuple[Document, ...]:
        from edanalyze.discover.documents.read import read_documents

        found = read_documents(self.deploy_files)
        self.note_unanalysed(self.deploy_files.unanalysed)
        return found


def read_facts(files: Iterable[Path]) -> tuple[Facts, list[Unanalysed]]:
    """The facts of all files together; those that are refused are named with the reason."""
    from edanalyze import exchange

    refused: list[Unanalysed] = []
    read: list[Facts] = []
    for file in files:
        try:
            read.append(exchange.read(file))
        except exchange.FactsError as error:
            refused.append(Unanalysed(file.as_posix(), str(error)))
    return exchange.union(read), refused


def catalogue(memory: Memory | None) -> registry.Catalogue:
    """The installed rules, as `memory` knows them or else by loading them."""
    if memory is not None and memory.version is not None:
        return msgspec.msgpack.decode(memory.version.catalogue, type=registry.Catalogue)
    return registry.catalogue()
