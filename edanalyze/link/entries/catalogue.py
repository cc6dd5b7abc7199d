"""The entry points of a program, put together from all that finds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from edanalyze.discover.deployed import Deployment
from edanalyze.link.entries.activations import Activations
from edanalyze.link.entries.callables import Callables
from edanalyze.link.entries.commands import Commands
from edanalyze.link.entries.declarations import Declarations
from edanalyze.link.entries.django_urls import UrlTables
from edanalyze.link.entries.forwarding import Forwarding
from edanalyze.link.entries.lineage import Lineage
from edanalyze.link.entries.listed import Lists
from edanalyze.link.entries.loops import Loops
from edanalyze.link.entries.messages import Messages
from edanalyze.link.entries.named_routes import NamedRoutes
from edanalyze.link.entries.object_trees import ObjectTrees
from edanalyze.link.entries.openapi import OpenApi
from edanalyze.link.entries.overrides import Overrides
from edanalyze.link.entries.owners import Owners
from edanalyze.link.entries.pushed import Pushed
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import Routes, merged
from edanalyze.link.entries.serverless import Serverless
from edanalyze.link.entries.settings import AppSettings
from edanalyze.link.entries.sources import Sources
from edanalyze.link.entries.strings import Strings
from edanalyze.link.entries.tables import RouteTables
from edanalyze.link.entries.tasks import Tasks
from edanalyze.link.entries.views import Views
from edanalyze.link.entries.viewsets import ViewSets
from edanalyze.link.evaluate import Evaluator


class Entries:
    """All entry points: `all` in a fixed order, `by_function` by the function whose `def` line is meant."""

    def __init__(self, evaluator: Evaluator, deployment: Deployment | None = None) -> None:
        activations = Activations(evaluator)
        declarations = Declarations(evaluator, activations)
        declaring = {id(declaration.scope) for declaration in declarations.calls}
        scopes = evaluator.program.scopes.values()
        lists = Lists(evaluator, (each for each in scopes if each.kind != "function" or id(each) in declaring))
        callables = Callables(evaluator)
        strings = Strings(evaluator)
        owners = Owners(evaluator, declarations, lists)
        views = Views(evaluator, declarations, callables)
        sources = Sources(evaluator, declarations, strings)
        forwarding = Forwarding(evaluator)
        lineage = Lineage(evaluator)
        routes = Routes(evaluator, declarations, owners, callables, views, strings, lists)
        messages = Messages(evaluator, declarations, callables, routes, sources, forwarding, lists, lineage)
        loops = Loops(evaluator, declarations, activations, callables, sources, forwarding)
        tables = UrlTables(evaluator, declarations, owners, callables, views, lists, routes).find()
        viewsets = ViewSets(evaluator, declarations, owners, callables, views, routes)
        pairs = RouteTables(evaluator, declarations, owners, callables, views, lists, routes)
        named = NamedRoutes(evaluator, declarations, callables, routes)
        deployment = deployment or Deployment()
        described = OpenApi(evaluator, declarations, callables, deployment.operations)
        settings = AppSettings(evaluator)
        tasks = Tasks(evaluator, declarations, callables, routes, strings, lists, settings)
        commands = Commands(evaluator, declarations, callables, routes, strings, lineage)
        overrides = Overrides(evaluator, callables, lineage, tasks)
        trees = ObjectTrees(evaluator, declarations, callables, routes)
        served = [*tables, *viewsets.find(), *named.find(), *pairs.find(), *described.find()]
        served += [*trees.find(), *routes.find()]
        found = [
            *Pushed(evaluator, deployment).apply(merged(served)),
            *messages.find(),
            *loops.find(),
            *tasks.find(),
            *overrides.find(),
            *commands.find(),
            *Serverless(evaluator, declarations, callables, routes, deployment).find(),
        ]
        found += tasks.timetable(found)
        self.all: tuple[EntryPoint, ...] = tuple(sorted(_distinct(found), key=_order))
        by_function: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in self.all:
            by_function[entry.function].append(entry)
        self.by_function = {function: tuple(entries) for function, entries in by_function.items()}


def _order(entry: EntryPoint) -> tuple[object, ...]:
    topics: Iterable[str] = tuple(topic.text for topic in entry.topics)
    return (entry.module, entry.place.line, entry.function, entry.kind, entry.path, entry.methods, topics, entry.name)


def _distinct(entries: Iterable[EntryPoint]) -> Iterable[EntryPoint]:
    """Without those that differ only in the object that a function is bound to, or in the context."""
    kept: dict[tuple[object, ...], EntryPoint] = {}
    for entry in entries:
        topics = tuple(topic.text for topic in entry.topics)
        name = entry.name if entry.kind == "job" else ""
        kept.setdefault((entry.kind, entry.function, name, entry.path, entry.methods, topics, entry.delivery), entry)
    return kept.values()
