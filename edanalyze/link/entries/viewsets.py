"""Viewsets registered with routers: their standard actions and the extra ones that decorators declare."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.link.entries.callables import Callables
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.owners import Owners
from edanalyze.link.entries.paths import join, methods, normalised
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import Routes
from edanalyze.link.entries.views import Views
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import Constant, Instance, Value

ACTIONS = "actions"


class ViewSets:
    """Finds the routes that routers make of viewsets."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        owners: Owners,
        callables: Callables,
        views: Views,
        routes: Routes,
    ) -> None:
        self._evaluator = evaluator
        self._library = evaluator.models
        self._declarations = declarations
        self._owners = owners
        self._callables = callables
        self._views = views
        self._routes = routes

    def find(self) -> Iterator[EntryPoint]:
        """All of them."""
        for declaration in self._declarations.of("route_call"):
            if declaration.text("methods_from") != ACTIONS:
                continue
            expr = declaration.argument("path")
            texts = self._evaluator.strings(expr, declaration.frame) if expr is not None else []
            syntax = declaration.text("path_syntax")
            for target in self._callables.of(declaration.argument("handler"), declaration.frame):
                if target.view is not None:
                    for prefix in self._owners.prefixes(declaration.receiver):
                        for text in texts:
                            yield from self._viewset(
                                declaration, target.view, join(prefix, normalised(text, syntax)).rstrip("/")
                            )

    def _viewset(self, declaration: Declaration, view: Instance, prefix: str) -> Iterator[EntryPoint]:
        slash = "/" if self._has_slash(declaration.receiver) else ""
        lookup = "{" + self._lookup(view.id) + "}"
        for api in self._library.models.of_kind("view_action"):
            name = str(api.data["name"])
            verb = self._views.action(view, name)
            if verb is not None:
                template = str(api.data["path"])
                path = template.replace("{prefix}", prefix).replace("{lookup}", lookup).replace("{slash}", slash)
                function = self._views.function(view, verb)
                entry = self._routes.entry(declaration, function, verb.value, path or "/", (str(api.data["method"]),))
                yield entry
        yield from self._extra(declaration, view, prefix, lookup, slash)

    def _extra(
        self, declaration: Declaration, view: Instance, prefix: str, lookup: str, slash: str
    ) -> Iterator[EntryPoint]:
        program = self._evaluator.program
        paths: dict[str, str] = {}
        for ancestor in self._evaluator.classes.order(view.id)[0]:
            for name in program.scopes[ancestor].bindings:
                identifier = f"{ancestor}.{name}"
                for decoration in self._declarations.decorations.get(identifier, ()):
                    action = decoration.declaration
                    if action.api.kind != "route" or "detail" not in action.api.slots:
                        continue
                    tail = self._url_path(action, name)
                    detail = self._is_true(action.argument("detail"), action)
                    paths[name] = join(prefix, lookup if detail else "", tail).rstrip("/") + slash
                    given = self._evaluator.literals(action.argument("methods"), action.frame)
                    yield from self._action(declaration, view, identifier, paths[name], methods(given) or ("GET",))
        for ancestor in self._evaluator.classes.order(view.id)[0]:
            for identifier, name, method in self._mapped(ancestor):
                if name in paths:
                    yield from self._action(declaration, view, identifier, paths[name], (method,))

    def _action(
        self, declaration: Declaration, view: Instance, identifier: str, path: str, verbs: tuple[str, ...]
    ) -> Iterator[EntryPoint]:
        name = self._evaluator.program.functions[identifier].name
        for value in self._callables.method(view, name)[:1]:
            yield self._routes.entry(declaration, identifier, value, path, verbs)

    def _mapped(self, cls: str) -> Iterator[tuple[str, str, str]]:
        """`@archive.mapping.delete`: another method of an extra action, by another function."""
        program = self._evaluator.program
        for bindings in program.scopes[cls].bindings.values():
            for binding in bindings:
                identifier = f"{cls.partition(':')[0]}:{binding.qualname}"
                if binding.kind == "function" and identifier in program.functions:
                    for decorator in program.functions[identifier].decorators:
                        match decorator:
                            case ir.Attr(value=ir.Attr(value=ir.Name(id=name), name="mapping"), name=method):
                                yield identifier, name, method.upper()

    def _url_path(self, action: Declaration, name: str) -> str:
        expr = action.argument("path")
        if expr is None:
            return name
        texts = self._evaluator.strings(expr, action.frame)
        return normalised(texts[0], action.text("path_syntax")) if texts else name

    def _is_true(self, expr: ir.Expr | None, action: Declaration) -> bool:
        values: tuple[Value, ...] = self._evaluator.values(expr, action.frame) if expr is not None else ()
        return any(isinstance(value, Constant) and bool(value.value) for value in values)

    def _lookup(self, cls: str) -> str:
        """The name of the placeholder for one object."""
        for attribute in ("lookup_url_kwarg", "lookup_field"):
            for value in self._evaluator.attributes.of(Instance(cls), attribute):
                text = getattr(value, "literal", None)
                if text:
                    return str(text)
        return "pk"

    def _has_slash(self, receiver: Value | None) -> bool:
        """Whether a router ends its paths with a slash."""
        site = self._owners.site(receiver)
        if site is None:
            return True
        for value in self._evaluator.values(site.call.function, site.frame):
            for name, _ in self._declarations.names(value):
                for api in self._library.rows(name, "route_owner"):
                    slot = api.slots.get("trailing_slash")
                    expr = argument(slot, site.call) if slot is not None else None
                    values = self._evaluator.values(expr, site.frame) if expr is not None else ()
                    if any(isinstance(each, Constant) and not each.value for each in values):
                        return False
        return True
