"""The public door: load a project, check it, draw its graph.

Everything that has a user interface (the command line, the flake8 plugin) calls only this module. Nothing of the
analysed project is ever imported or run.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from edanalyze import exchange
from edanalyze.check.diagnostic import CheckResult
from edanalyze.discover.settings import Config
from edanalyze.exchange import Facts
from edanalyze.facts.module import ModuleFacts, Unanalysed

if TYPE_CHECKING:
    from edanalyze.analyse.delivery import Verdict
    from edanalyze.analyse.system import System
    from edanalyze.check.baseline import Baseline
    from edanalyze.discover.files import Tree
    from edanalyze.discover.root import Root
    from edanalyze.discover.service import Services
    from edanalyze.graph.records import Graph
    from edanalyze.parse import Progress

T = TypeVar("T")
_STACK = 512 * 1024 * 1024
_RECURSION = 60_000


class Options(msgspec.Struct, frozen=True):
    """What a caller sets; None leaves the setting to the project's configuration.

    `config` is a TOML file to read `[tool.edanalyze]` from. `noqa` says whether `# noqa` comments suppress;
    `noqa_elsewhere`, that flake8 will apply them. `unreported` are codes that the caller would not report: they are
    not looked for. `unreported_at` gives those of a single file, by its absolute path. `baseline` is the file of
    accepted findings; `use_baseline` says whether there shall be any. `since` is a git revision: only what has changed
    since the merge base with it is reported. `facts` are facts files of other systems. `overlay` maps absolute paths to
    sources that stand in for those on disk. `jobs` is the number of processes that read files (None: as many as there
    are cores).
    """

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    enable: tuple[str, ...] | None = None
    preview: bool | None = None
    min_confidence: str | None = None
    strict: bool | None = None
    include_tests: bool | None = None
    config: Path | None = None
    jobs: int | None = None
    noqa: bool = True
    facts: tuple[Path, ...] = ()
    noqa_elsewhere: bool = False
    unreported: tuple[str, ...] = ()
    unreported_at: Callable[[Path], frozenset[str]] | None = None
    baseline: Path | None = None
    use_baseline: bool = True
    since: str | None = None
    overlay: Mapping[Path, bytes] = {}


class Project:
    """A project that was found: its root, configuration and files. The analysis is made when first asked for."""

    def __init__(self, found: Root, config: Config, tree: Tree, options: Options) -> None:
        self.root = found.path
        self.config = config
        self.tree = tree
        self.options = options
        self._found = found
        self.not_analysed: list[Unanalysed] = list(tree.unanalysed)
        self.notes: list[str] = list(tree.notes)
        self.lines = 0
        self.name = found.path.name or "system"
        others, refused = read_facts(options.facts)
        self.others = exchange.without(others, self.name)
        self.not_analysed += refused

    def covers(self, path: str) -> bool:
        """Whether a file (relative to the root) was asked for; others are only linked with."""
        return self._found.covers(path)

    @property
    def is_loose(self) -> bool:
        """Whether there is no project around what was asked for: the rest of the system is not seen."""
        return self._found.loose

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

    def source(self, path: str) -> bytes | None:
        """The source of a file, from the overlay or the disk; None when it cannot be read."""
        from edanalyze.discover.files import SourceFile
        from edanalyze.discover.sources import Unreadable, read

        absolute = self.root / path
        given = self.options.overlay.get(absolute)
        if given is not None:
            return given
        file = next((file for file in self.tree.sources if file.path == path), None)
        if file is None and path in self.tree.others:
            file = SourceFile(path, str(absolute))
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

    @cached_property
    def services(self) -> Services:
        """The deployable units of the project."""
        found: Services = self._deployed[0]
        return found

    @cached_property
    def _deployed(self) -> Any:
        from edanalyze.discover.deployfiles import DeployFiles
        from edanalyze.discover.deployment import read_deployment
        from edanalyze.discover.environment import Environment
        from edanalyze.discover.services import find_services

        files = DeployFiles(self.tree)
        deployment = read_deployment(files)
        services = find_services(deployment, self.config, files)
        environment = Environment(services, deployment, self.config.environment)
        self.not_analysed += files.unanalysed
        return services, deployment, environment

    def parse(self, progress: Progress | None = None) -> tuple[ModuleFacts, ...]:
        """The facts of all files, parsed on the first call. Call it from the main thread: it may start processes."""
        if self._modules is None:
            from edanalyze.parse import parse_all

            largest, overlay = self.config.max_file_size, self.options.overlay
            parsed = parse_all(self.tree.sources, largest, overlay, self.options.jobs, progress)
            self.not_analysed += parsed.failures
            self.lines = sum(facts.lines for facts in parsed.modules)
            self._modules = parsed.modules
        return self._modules

    _modules: tuple[ModuleFacts, ...] | None = None

    @cached_property
    def system(self) -> System:
        """The analysed system."""
        from edanalyze.analyse.system import System

        services, deployment, environment = self._deployed

        def lookup(path: str, name: str) -> str | None:
            service = services.of(path)
            setting = environment.lookup(service.name if service is not None else None, name)
            return setting.value if setting is not None else None

        return System(
            self.parse(),
            sources=self.config.src,
            own_models=self.config.models,
            services=services,
            deployment=deployment,
            lookup=lookup,
            others=self.others if self.others.systems else None,
        )


def load_project(paths: Sequence[Path], options: Options | None = None) -> Project:
    """Find the project around `paths` and read its configuration.

    Raises FileNotFoundError for a path that does not exist and ConfigError with every problem of the configuration.
    """
    from edanalyze.check.objections import objections
    from edanalyze.discover.config import override, read_config, read_settings
    from edanalyze.discover.files import walk
    from edanalyze.discover.root import find_root
    from edanalyze.models.schema import KINDS

    options = options or Options()
    root = find_root(paths)
    if options.config is not None:
        config = read_settings(options.config, KINDS, objections)
    else:
        config = read_config(root.path, KINDS, objections)
    names = ("select", "extend_select", "ignore", "enable", "preview", "min_confidence", "strict", "include_tests")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    config = override(config, "options", **given)
    return Project(root, config, walk(root, config), options)


def check(project: Project, progress: Progress | None = None) -> CheckResult:
    """Analyse a project and return its diagnostics, sorted, of the files that were asked for.

    Raises ModelError when the project's own model tables are wrong.
    """
    project.parse(progress)
    return _deep(lambda: _check(project))


def _check(project: Project, everything: bool = False) -> CheckResult:
    """`everything`: also what the baseline holds."""
    from edanalyze.check import registry
    from edanalyze.check.analysis import Analysis
    from edanalyze.check.selection import Scope, select
    from edanalyze.discover.git import changes

    config, options = project.config, project.options
    rules = registry.rules()
    codes = registry.enabled(rules, config.select, config.ignore, config.extend_select, config.enable, config.preview)
    scope = Scope(
        project.covers,
        project.read,
        noqa=options.noqa,
        judge_noqa=options.noqa or options.noqa_elsewhere,
        judge_comments=not project.is_loose,
        unreported_at=_at(project),
        changes=changes(project.root, options.since) if options.since is not None else None,
        baseline=None if everything else project.baseline,
    )
    analysis = Analysis(project.system, config)
    selected = select(analysis, rules, frozenset(codes - set(options.unreported)), project.not_analysed, scope)
    notes: list[str] = []
    if selected.suppressed:
        notes.append(f"{selected.suppressed} findings are suppressed by comments")
    notes += [*analysis.system.unmatched_models(), *analysis.system.unresolved()]
    return CheckResult(
        diagnostics=selected.diagnostics,
        not_analysed=tuple(sorted(set(project.not_analysed), key=lambda item: (item.path, item.reason))),
        notes=(*project.notes, *notes),
        files=len(analysis.system.program.modules),
        lines=project.lines,
        known=selected.compared.known,
        stale=selected.compared.stale,
    )


def _at(project: Project) -> Callable[[str], frozenset[str]] | None:
    given = project.options.unreported_at
    return (lambda path: given(project.root / path)) if given is not None else None


def graph(project: Project) -> Graph:
    """The refactoring graph of a project (and the systems of `Options.facts`) at full detail, with the diagnostics."""
    return graph_of_facts([facts(project), project.others])


def facts(project: Project) -> Facts:
    """What a project tells other systems: its services, entry points, calls, messages and findings, without source."""
    from edanalyze.analyse.systemgraph import facts as tell

    def make() -> Facts:
        result = _check(project, everything=True)
        return tell(project.system, result.diagnostics, project.name, result.not_analysed)

    project.parse()
    return _deep(make)


def read_facts(files: Iterable[Path]) -> tuple[Facts, list[Unanalysed]]:
    """The facts of all files together; those that are refused are named with the reason."""
    refused: list[Unanalysed] = []
    read: list[Facts] = []
    for file in files:
        try:
            read.append(exchange.read(file))
        except exchange.FactsError as error:
            refused.append(Unanalysed(file.as_posix(), str(error)))
    return exchange.union(read), refused


def graph_of_facts(facts: Iterable[Facts]) -> Graph:
    """The refactoring graph of all systems that facts tell of, linked with each other."""
    from edanalyze.analyse.landscape import Landscape, drawn

    return drawn(Landscape(exchange.union(facts)))


class Look(msgspec.Struct, frozen=True):
    """A first look at a project: the libraries whose calls are known, and how many HTTP calls lead nowhere known."""

    libraries: tuple[str, ...]
    unbound: int


def look(project: Project) -> Look:
    """What `edanalyze init` has to know besides the services."""
    project.parse()
    return _deep(lambda: Look(project.system.libraries(), max(0, len(project.system.unresolved()) - 1)))


def delivery(project: Project) -> tuple[Verdict, ...]:
    """What may happen to the messages of each topic on their way to each consumer, by topic and consumer."""
    project.parse()
    return _deep(lambda: project.system.deliveries.all)


def callgraph(project: Project) -> dict[str, list[str]]:
    """Caller -> callees, in dotted names from the root."""
    from edanalyze.analyse.systemgraph import callgraph as make

    project.parse()
    return _deep(lambda: make(project.system))


def _deep(work: Callable[[], T]) -> T:
    """Run in a thread with a deep stack: evaluation follows the nesting of what it evaluates."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def target() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    size, limit = threading.stack_size(), sys.getrecursionlimit()
    threading.stack_size(_STACK)
    sys.setrecursionlimit(max(limit, _RECURSION))
    try:
        thread = threading.Thread(target=target, name="edanalyze")
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return outcome[0]
