"""URL tables: the `urlpatterns` of modules, followed from the roots through all inclusions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edanalyze.facts import ir
from edanalyze.link.entries.callables import Callables, Target
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.listed import Element, Lists
from edanalyze.link.entries.owners import Owners
from edanalyze.link.entries.paths import appended, methods, normalised
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import Routes
from edanalyze.link.entries.views import Views
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Display, External, ExternalInstance, Frame, Module, Site, String, Value
from edanalyze.models import Api

DEEPEST = 12
TABLE = "urlpatterns"


class UrlTables:
    """Walks the URL tables of a program."""

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
        self._program = evaluator.program
        self._library = evaluator.models
        self._declarations = declarations
        self._owners = owners
        self._callables = callables
        self._views = views
        self._lists = lists
        self._routes = routes
        self._reached: set[int] = set()
        self._included: set[str] = set()
        self._path: list[str] = []
        self._mounting = False

    def find(self) -> list[EntryPoint]:
        """The routes of all tables. Routers met on the way are mounted in `owners`."""
        if not self._library.models.of_kind("url_config"):
            return []
        tables = [name for name in sorted(self._program.modules) if TABLE in self._program.scopes[f"{name}:"].bindings]
        for name in tables:  # to learn which of them others include
            list(self._module(name, ()))
        self._mounting = True
        roots = [name for name in tables if name not in self._included] or tables
        found = [entry for name in roots for entry in self._module(name, ())]
        seen = set(self._reached)
        for declaration in self._declarations.of("route_call"):
            if declaration.text("form") == "url_table_entry" and id(declaration.call) not in seen:
                assert declaration.call is not None
                found += self._entry(declaration.api, Site(declaration.call, declaration.frame), ())
        return found

    # ------------------------------------------------------------------- walks

    def _module(self, module: str, prefix: tuple[str, ...]) -> Iterator[EntryPoint]:
        scope = self._program.scopes.get(f"{module}:")
        if scope is None or module in self._path or len(self._path) > DEEPEST:
            return
        self._path.append(module)
        try:
            frame = self._evaluator.root(scope)
            for binding in scope.bindings.get(TABLE, ()):
                if binding.expr is not None:
                    yield from self._list(binding.expr, frame, prefix)
                elif binding.imported is not None:
                    for value in self._evaluator.binding(binding, frame):
                        yield from self._child(value, prefix, module)
        finally:
            self._path.pop()

    def _list(self, expr: ir.Expr, frame: Frame, prefix: tuple[str, ...]) -> Iterator[EntryPoint]:
        for element in self._lists.elements(expr, frame):
            yield from self._element(element, prefix)

    def _element(self, element: Element, prefix: tuple[str, ...]) -> Iterator[EntryPoint]:
        for value in self._evaluator.values(element.expr, element.frame):
            if isinstance(value, ExternalInstance) and value.site is not None and value.name.endswith("()"):
                for api in self._library.rows(value.name[:-2], "route_call"):
                    form = api.data.get("form")
                    if form == "url_table_entry":
                        yield from self._entry(api, value.site, prefix)
                    elif form == "url_table_wrapper":
                        for child in self._declaration(api, value.site).arguments("children"):
                            inner = child.value if isinstance(child, ir.Star) else child
                            yield from self._list(inner, value.site.frame, prefix)
            elif isinstance(value, External):
                self._mount(value, prefix)

    def _entry(self, api: Api, site: Site, prefix: tuple[str, ...]) -> Iterator[EntryPoint]:
        self._reached.add(id(site.call))
        declaration = self._declaration(api, site)
        handler = declaration.argument("handler")
        path = declaration.argument("path")
        if handler is None or path is None or len(prefix) > DEEPEST:
            return
        syntax = declaration.text("path_syntax")
        for text in self._evaluator.strings(path, site.frame):
            pieces = (*prefix, normalised(text, syntax))
            children = list(self._children(handler, site.frame))
            for child in children:
                yield from self._child(child, pieces, site.frame.scope.module)
            if not children:
                yield from self._leaf(declaration, handler, pieces)

    def _declaration(self, api: Api, site: Site) -> Declaration:
        return Declaration(api, api.call, site.call, site.frame, None, site.frame.scope)

    # -------------------------------------------------------------- inclusions

    def _children(self, handler: ir.Expr, frame: Frame) -> Iterator[Element | Value]:
        """What an entry includes: the argument of `include(...)`, a tuple with a table, a router's `urls`."""
        for value in self._evaluator.values(handler, frame):
            match value:
                case ExternalInstance(name=name, site=site) if site is not None and name.endswith("()"):
                    for api in self._library.rows(name[:-2], "include"):
                        child = self._declaration(api, site).argument("child")
                        if child is not None:
                            yield Element(child, site.frame)
                case Display() | Module():
                    yield value
                case External(name=name, receiver=receiver) if name.endswith(".urls") and receiver is not None:
                    yield value
                case _:
                    pass

    def _child(self, child: Element | Value, prefix: tuple[str, ...], importer: str) -> Iterator[EntryPoint]:
        if isinstance(child, Element):
            values: Iterable[Value] = self._evaluator.values(child.expr, child.frame)
            if not any(isinstance(value, Display | String | Module | External) for value in values):
                yield from self._list(child.expr, child.frame, prefix)
                return
            for value in values:
                yield from self._child(value, prefix, child.frame.scope.module)
            return
        match child:
            case String() if child.literal is not None:
                module = self._program.absolute(importer, child.literal)
                if module is not None:
                    self._included.add(module)
                    yield from self._module(module, prefix)
            case Module(name=module):
                self._included.add(module)
                yield from self._module(module, prefix)
            case Display(expr=ir.Items(kind="tuple", items=items)) if items and self._is_named(child):
                for value in self._evaluator.values(items[0], child.frame):
                    yield from self._child(value, prefix, importer)
            case Display():
                yield from self._list(child.expr, child.frame, prefix)
            case External():
                self._mount(child, prefix)
            case _:
                pass

    def _is_named(self, display: Display) -> bool:
        """Whether a tuple is `(table, namespace)` and not a table."""
        assert isinstance(display.expr, ir.Items)
        rest = display.expr.items[1:]
        return bool(rest) and all(
            isinstance(value, String) for item in rest for value in self._evaluator.values(item, display.frame)
        )

    def _mount(self, value: External, prefix: tuple[str, ...]) -> None:
        """A router's or API object's `urls`."""
        site = self._owners.site(value.receiver)
        if self._mounting and site is not None and value.name.rpartition(".")[2] in {"urls", "get_urls"}:
            self._owners.mount(site, [appended(*prefix)])

    # ------------------------------------------------------------------ leaves

    def _leaf(self, declaration: Declaration, handler: ir.Expr, pieces: tuple[str, ...]) -> Iterator[EntryPoint]:
        path = appended(*pieces)
        targets = self._callables.of(handler, declaration.frame)
        for text in [] if targets else self._evaluator.literals(handler, declaration.frame):
            targets += self._callables.named(text, declaration.scope.module)
        for target in targets:
            yield from self._served(declaration, target, path)

    def _served(self, declaration: Declaration, target: Target, path: str) -> Iterator[EntryPoint]:
        if target.view is None:
            verbs = self._restricted(target.function)
            yield self._routes.entry(declaration, target.function, target.value, path, verbs)
            return
        if target.actions:
            for method, name in target.actions:
                verb = self._views.action(target.view, name)
                if verb is not None:
                    function = self._views.function(target.view, verb)
                    yield self._routes.entry(declaration, function, verb.value, path, (method,))
            return
        for verb in self._views.verbs(target.view):
            function = self._views.function(target.view, verb)
            yield self._routes.entry(declaration, function, verb.value, path, verb.methods)

    def _restricted(self, function: str) -> tuple[str, ...]:
        """The methods that decorators let through."""
        for decoration in self._declarations.decorations.get(function, ()):
            declaration = decoration.declaration
            if declaration.api.kind == "restriction":
                names = self._evaluator.literals(declaration.argument("methods"), declaration.frame)
                for key in ("methods_fixed", "default_methods"):
                    fixed = declaration.api.data.get(key)
                    if not names and isinstance(fixed, list):
                        names = [str(name) for name in fixed]
                if names:
                    return methods(names)
        return ("*",)
