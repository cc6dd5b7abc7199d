"""Tables of routes: lists of `(pattern, handler)` pairs that an application is given (Tornado)."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.link.entries.callables import Callables
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.listed import Lists
from edanalyze.link.entries.owners import Owners
from edanalyze.link.entries.paths import join, normalised
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import Routes
from edanalyze.link.entries.views import Views
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Display, Site


class RouteTables:
    """Finds the routes of such tables."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        owners: Owners,
        callables: Callables,
        views: Views,
        lists: Lists,
        routes: Routes,
    ) -> None:
        self._evaluator = evaluator
        self._declarations = declarations
        self._owners = owners
        self._callables = callables
        self._views = views
        self._lists = lists
        self._routes = routes

    def find(self) -> Iterator[EntryPoint]:
        """All of them."""
        for declaration in self._declarations.of("route_owner", "route_call"):
            if "routes" not in declaration.api.slots or declaration.call is None:
                continue
            owner = self._owners.site(declaration.receiver) or Site(declaration.call, declaration.frame)
            for expr in declaration.arguments("routes"):
                for element in self._lists.elements(expr, declaration.frame):
                    for value in self._evaluator.values(element.expr, element.frame):
                        if isinstance(value, Display) and isinstance(value.expr, ir.Items):
                            yield from self._row(declaration, value, owner)

    def _row(self, declaration: Declaration, row: Display, owner: Site) -> Iterator[EntryPoint]:
        assert isinstance(row.expr, ir.Items)
        if len(row.expr.items) < 2:
            return
        syntax = declaration.text("path_syntax")
        pattern, handler = row.expr.items[:2]
        for target in self._callables.of(handler, row.frame):
            if target.view is None:
                continue
            for text in self._evaluator.strings(pattern, row.frame):
                for prefix in self._owners.prefixes(owner):
                    path = join(prefix, normalised(text, syntax))
                    for verb in self._views.verbs(target.view):
                        function = self._views.function(target.view, verb)
                        yield self._routes.entry(declaration, function, verb.value, path, verb.methods)
