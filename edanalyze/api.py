"""The public door: load a project, check it, draw its graph.

Whatever has a user interface (the command line, the flake8 plugin) has a project analysed through this module alone.
Nothing of the analysed project is ever imported or run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from edanalyze.check import registry
from edanalyze.check.diagnostic import CheckResult
from edanalyze.exchange.records import Facts
from edanalyze.loading import cache_folder, installed, load_project
from edanalyze.options import Options
from edanalyze.project import Project, read_facts
from edanalyze.remembered import remembered

if TYPE_CHECKING:
    from edanalyze.analyse.delivery import Verdict
    from edanalyze.analyse.system import System
    from edanalyze.catalog.records import Catalogue
    from edanalyze.check.found import Found
    from edanalyze.graph.records import Graph
    from edanalyze.parse import Progress
    from edanalyze.review import Declared, Review

__all__ = [
    "Look",
    "Options",
    "Project",
    "cache_folder",
    "callgraph",
    "catalogue",
    "catalogue_of_facts",
    "check",
    "delivery",
    "delivery_of_facts",
    "facts",
    "graph",
    "graph_of_facts",
    "installed",
    "load_project",
    "look",
    "own_catalogue",
    "read_facts",
    "review",
    "review_of_facts",
]


def check(project: Project, progress: Progress | None = None) -> CheckResult:
    """Analyse a project and return its diagnostics, sorted, of the files that were asked for.

    Raises ModelError when the project's own model tables are wrong.
    """
    return _checked(project, progress)


def _checked(
    project: Project, progress: Progress | None = None, everything: bool = False, also: tuple[str, ...] = ()
) -> CheckResult:
    """`everything`: also what the baseline holds. `also` are codes of rules that run unless they are ignored."""
    if project.options.since is not None:  # depends on what git says
        return _selected(project, progress, everything, also)
    about = msgspec.msgpack.encode((_asked(project), everything, also))
    return remembered(project, "check", about, CheckResult, lambda: _selected(project, progress, everything, also))


def _asked(project: Project) -> bytes:
    """Everything that the choice of what is reported depends on, besides what is found."""
    options = project.options
    at = options.unreported_at
    files = [file.path for file in project.tree.sources if at is not None and project.covers(file.path)]
    unreported = {path: sorted(at(project.root / path)) for path in files} if at is not None else None
    accepted: bytes | None = None
    if options.use_baseline and project.baseline_file is not None:
        with suppress(OSError):
            accepted = project.baseline_file.read_bytes()
    agreed = project.contracts_text
    asked = (
        agreed,
        project.past,
        project.found.given,
        project.name,
        options.noqa,
        options.noqa_elsewhere,
        options.unreported,
        unreported,
    )
    return msgspec.msgpack.encode((asked, accepted, project.notes))


def _codes(project: Project, also: tuple[str, ...] = ()) -> set[str]:
    """The codes of the rules that run."""
    config = project.config
    enable = (*config.enable, *also)
    return registry.enabled(
        registry.rules(), config.select, config.ignore, config.extend_select, enable, config.preview
    )


def _selected(project: Project, progress: Progress | None, everything: bool, also: tuple[str, ...]) -> CheckResult:
    """Find, and choose what is reported."""
    from edanalyze.check.selection import Scope, select
    from edanalyze.discover.git import changes

    config, options = project.config, project.options
    rules = registry.rules()
    codes = _codes(project, also)
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
    wanted = frozenset(codes - set(options.unreported))
    found = _found(project, wanted, progress)
    selected = select(found, config, rules, wanted, project.not_analysed, scope)
    notes = [f"{selected.suppressed} findings are suppressed by comments"] if selected.suppressed else []
    tracebacks = [line for text in found.tracebacks for line in text.splitlines()]
    return CheckResult(
        diagnostics=selected.diagnostics,
        not_analysed=tuple(sorted(set(project.not_analysed), key=lambda item: (item.path, item.reason))),
        notes=(*project.notes, *notes, *found.unmatched, *found.unresolved, *tracebacks),
        files=len(found.modules),
        lines=found.lines,
        known=selected.compared.known,
        stale=selected.compared.stale,
    )


def _at(project: Project) -> Callable[[str], frozenset[str]] | None:
    given = project.options.unreported_at
    return (lambda path: given(project.root / path)) if given is not None else None


def _found(project: Project, codes: frozenset[str], progress: Progress | None) -> Found:
    """What the rules with some codes find in the whole project."""
    from edanalyze.carried import carried
    from edanalyze.check.found import Found

    about = msgspec.msgpack.encode((sorted(codes), project.contracts_text, project.past))

    def made() -> Found:
        moved = carried(project, about)
        if moved is not None:
            return moved
        from edanalyze.findings import find

        project.parse(progress)
        found = find(project, codes)
        project.note_unanalysed(project.deploy_files.unanalysed)
        return found

    return remembered(project, "found", about, Found, made)


def graph(project: Project) -> Graph:
    """The refactoring graph of a project (and the systems of `Options.facts`) at full detail, with the diagnostics."""
    from edanalyze.graph.records import Graph

    return remembered(
        project, "graph", _asked(project), Graph, lambda: graph_of_facts([_facts(project), project.others])
    )


def facts(project: Project) -> Facts:
    """What a project tells other systems: its services, entry points, calls, messages and findings, without source."""
    return remembered(project, "facts", _asked(project), Facts, lambda: _surveyed(project))


def _facts(project: Project, also: tuple[str, ...] = ()) -> Facts:
    from edanalyze import exchange
    from edanalyze.analyse.cataloguing import told
    from edanalyze.analyse.systemgraph import facts as tell
    from edanalyze.enduring import enduring

    found = _checked(project, everything=True, also=also)
    project.parse()

    def made(system: System) -> Facts:
        facts = tell(system, found.diagnostics, project.name, found.not_analysed)
        return exchange.union([facts, told(_catalogue(project, system, found, internal=False), project.name)])

    return enduring(project, made)


def _surveyed(project: Project, also: tuple[str, ...] = ()) -> Facts:
    """The facts, with what the project is operated with and what was looked for."""
    from edanalyze.analyse.systemgraph import surveyed
    from edanalyze.catalog.lock import NAME
    from edanalyze.discover.operation import Means, find_means, is_operated
    from edanalyze.enduring import enduring

    made, files = _facts(project, also), project.deploy_files
    in_code = enduring(project, lambda system: tuple(system.operations.find()))
    operated = is_operated(files, project.system.deployment.containers)
    locked = [Means("compatibility", "the lock of `edanalyze contracts`", (), NAME, 0)] if project.contracts else []
    means = (*find_means(files), *in_code, *locked)
    return surveyed(made, project.name, _codes(project, also), means, operated)


def graph_of_facts(facts: Iterable[Facts]) -> Graph:
    """The refactoring graph of all systems that facts tell of, linked with each other."""
    from edanalyze import exchange
    from edanalyze.analyse.landscape import Landscape, drawn

    return drawn(Landscape(exchange.union(facts)))


class Look(msgspec.Struct, frozen=True):
    """A first look at a project: the libraries whose calls are known, and how many HTTP calls lead nowhere known."""

    libraries: tuple[str, ...]
    unbound: int


def look(project: Project) -> Look:
    """What `edanalyze init` has to know besides the services."""
    from edanalyze.enduring import enduring

    project.parse()
    return enduring(project, lambda system: Look(system.libraries(), max(0, len(system.unresolved()) - 1)))


def delivery(project: Project) -> tuple[Verdict, ...]:
    """What may happen to the messages of each topic on their way to each consumer, by topic and consumer.

    Of the systems of `Options.facts` the verdicts are those in their facts.
    """
    from edanalyze.enduring import enduring

    project.parse()
    own = enduring(project, lambda system: system.deliveries.all)
    if not project.others.systems:
        return own
    from edanalyze import exchange

    others = delivery_of_facts(exchange.union([_facts(project), project.others]), project.name)
    return tuple(sorted((*own, *others), key=lambda verdict: verdict.sort_key))


def delivery_of_facts(facts: Facts, but: str = "") -> tuple[Verdict, ...]:
    """The same for the systems that facts tell of, all but one."""
    from edanalyze.analyse.delivery.elsewhere import deliveries
    from edanalyze.analyse.landscape import Landscape

    return deliveries(Landscape(facts), but)


def callgraph(project: Project) -> dict[str, list[str]]:
    """Caller -> callees, in dotted names from the root."""

    def made() -> dict[str, list[str]]:
        from edanalyze.analyse.systemgraph import callgraph as make
        from edanalyze.enduring import enduring

        project.parse()
        return enduring(project, make)

    return remembered(project, "callgraph", b"", dict[str, list[str]], made)


def catalogue(project: Project) -> Catalogue:
    """The events and commands of a project (and the systems of `Options.facts`), with the codes of the diagnostics at
    the calls that send them.
    """
    own = own_catalogue(project)
    if not project.others.systems:
        return own
    from edanalyze import exchange
    from edanalyze.analyse.cataloguing import merged
    from edanalyze.analyse.landscape import Landscape

    known = exchange.union([_facts(project), project.others])
    internal = [message for message in own.messages if message.internal]
    return merged(Landscape(known), project.root.name, internal, project.name)


def catalogue_of_facts(facts: Facts) -> Catalogue:
    """The events and commands of all systems that facts tell of."""
    from edanalyze.analyse.cataloguing import merged
    from edanalyze.analyse.landscape import Landscape

    return merged(Landscape(facts), ", ".join(facts.systems))


def own_catalogue(project: Project) -> Catalogue:
    """The events and commands of a project alone."""
    from edanalyze.enduring import enduring

    found = _checked(project, everything=True)
    project.parse()
    made = enduring(project, lambda system: _catalogue(project, system, found))
    project.note_unanalysed(project.deploy_files.unanalysed)
    return made


def _catalogue(project: Project, system: System, found: CheckResult, internal: bool = True) -> Catalogue:
    from edanalyze.analyse.cataloguing import Declarations, build
    from edanalyze.discover.codeowners import code_owners

    config = project.config
    declared = Declarations(config.commands, config.events, config.owners, config.sla, code_owners(project.root))
    return build(system, project.root.name, declared, found.diagnostics, internal)


def review(project: Project) -> Review:
    """The checklist, answered for a project and the systems of `Options.facts`.

    All rules behind it run, those that are off by default too; the ones that the configuration ignores do not.
    """
    from edanalyze import exchange
    from edanalyze.review import RULES, Declared

    config = project.config
    elsewhere = {str(name): where for name, where in config.elsewhere.items()}
    known = exchange.union([_surveyed(project, RULES), project.others])
    return _reviewed(project.root.name, known, Declared(config.unordered_topics, config.volume, elsewhere))


def review_of_facts(facts: Facts) -> Review:
    """The checklist, answered for the systems that facts tell of."""
    from edanalyze.review import Declared

    return _reviewed(", ".join(facts.systems), facts, Declared())


def _reviewed(title: str, facts: Facts, declared: Declared) -> Review:
    from edanalyze.review import Evidence
    from edanalyze.review import review as answered

    return answered(Evidence(title, facts, graph_of_facts([facts]), catalogue_of_facts(facts), declared))
