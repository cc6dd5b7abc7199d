"""Named routes: patterns registered under a name, and views that are configured for that name (Pyramid)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.link.entries.callables import Callables, Target
from edanalyze.link.entries.declarations import Declaration, Declarations, Decoration
from edanalyze.link.entries.paths import join, methods, normalised
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.routes import Routes
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, Function, Instance, Module, String

DEEPEST = 6


class Pattern(NamedTuple):
    """A pattern with the module that registers it and the methods it is limited to."""

    path: str
    module: str
    methods: tuple[str, ...]


class NamedRoutes:
    """Joins the two for a program."""

    def __init__(self, evaluator: Evaluator, declarations: Declarations, callables: Callables, routes: Routes) -> None:
        self._evaluator = evaluator
        self._program = evaluator.program
        self._declarations = declarations
        self._callables = callables
        self._routes = routes
        rows = [
            api
            for kind in ("route", "route_call")
            for api in evaluator.models.models.of_kind(kind)
            if "route_name" in api.slots
        ]
        self._registering = [api for api in rows if api.kind == "route_call" and "path" in api.slots]
        self._viewing = [api for api in rows if api.kind == "route_call" and "path" not in api.slots]
        self._patterns: dict[str, list[Pattern]] = defaultdict(list)
        self._included: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def find(self) -> Iterator[EntryPoint]:
        """The routes of all configured views."""
        if not self._registering:
            return
        self._learn()
        for decoration in self._declarations.decorated():
            if decoration.declaration.text("path_from") == "route_name":
                yield from self._decorated(decoration)
        for declaration in self._calls("view"):
            for target in self._callables.of(declaration.argument("handler"), declaration.frame):
                names = self._evaluator.literals(declaration.argument("route_name"), declaration.frame)
                given = self._evaluator.literals(declaration.argument("methods"), declaration.frame)
                yield from self._views(declaration, target, names, methods(given))

    # ----------------------------------------------------------------- patterns

    def _calls(self, purpose: str) -> Iterator[Declaration]:
        """The configuring calls, also those on a parameter that only its name shows to be the configurator."""
        for api in self._registering if purpose == "pattern" else self._viewing:
            for call, scope in self._program.calls.get(api.call.rpartition(".")[2], ()):
                frame = self._evaluator.root(scope)
                values = self._evaluator.values(call.function, frame)
                known = [value for value in values if isinstance(value, External | Function)]
                matching = [value for value in known if isinstance(value, External) and api in self._rows(value)]
                if matching or not known:
                    yield Declaration(api, api.call, call, frame, None, scope)

    def _rows(self, value: External) -> tuple[object, ...]:
        return self._evaluator.models.rows(value.name, "route_call")

    def _learn(self) -> None:
        for declaration in self._calls("pattern"):
            path = declaration.argument("path")
            names = self._evaluator.literals(declaration.argument("route_name"), declaration.frame)
            if path is None or not names:
                continue
            given = methods(self._evaluator.literals(declaration.argument("methods"), declaration.frame))
            for text in self._evaluator.strings(path, declaration.frame):
                own = normalised(text, declaration.text("path_syntax"))
                for name in names:
                    self._patterns[name].append(Pattern(own, declaration.scope.module, given))
        for call, scope in self._program.calls.get("include", ()):
            prefix = next((value for name, value in call.keywords if name == "route_prefix"), None)
            if prefix is not None and call.arguments:
                frame = self._evaluator.root(scope)
                for literal in self._evaluator.literals(prefix, frame):
                    for module in self._modules(call.arguments[0], scope):
                        self._included[module].append((scope.module, literal))

    def _modules(self, expr: ir.Expr, scope: Scope) -> Iterator[str]:
        for value in self._evaluator.values(expr, self._evaluator.root(scope)):
            match value:
                case String() if value.literal:
                    name = value.literal
                    level = len(name) - len(name.lstrip("."))
                    module = self._evaluator.module(scope.module, level, name.lstrip("."))
                    if module is not None:
                        yield module
                case Module(name=module):
                    yield module
                case Function(id=identifier):
                    yield identifier.partition(":")[0]
                case _:
                    pass

    def _prefixes(self, module: str, depth: int = 0) -> list[str]:
        if depth > DEEPEST or module not in self._included:
            return [""]
        found: list[str] = []
        for parent, prefix in self._included[module]:
            found += [join(outer, prefix) for outer in self._prefixes(parent, depth + 1)]
        return found

    # -------------------------------------------------------------------- views

    def _decorated(self, decoration: Decoration) -> Iterator[EntryPoint]:
        declaration = decoration.declaration
        if declaration.text("form") != "decorator":
            return
        names = self._evaluator.literals(declaration.argument("route_name"), declaration.frame)
        given = self._evaluator.literals(declaration.argument("methods"), declaration.frame)
        owner = self._owner(decoration.subject)
        for outer in self._declarations.decorations.get(owner, ()) if owner else ():
            defaults = outer.declaration
            if defaults.text("form") == "class_defaults":
                names = names or self._evaluator.literals(defaults.argument("route_name"), defaults.frame)
                given = given or self._evaluator.literals(defaults.argument("methods"), defaults.frame)
        for target in self._routes.subject(decoration.subject, decoration.frame):
            yield from self._views(declaration, target, names, methods(given))

    def _owner(self, subject: str) -> str:
        facts = self._program.functions.get(subject)
        return f"{subject.partition(':')[0]}:{facts.owner}" if facts is not None and facts.owner else ""

    def _views(
        self, declaration: Declaration, target: Target, names: list[str], verbs: tuple[str, ...]
    ) -> Iterator[EntryPoint]:
        for name in names:
            for pattern in self._nearest(name, declaration.scope.module):
                for prefix in self._prefixes(pattern.module):
                    path = join(prefix, pattern.path)
                    for function, value in self._functions(declaration, target):
                        yield self._routes.entry(declaration, function, value, path, verbs or pattern.methods or ("*",))

    def _functions(self, declaration: Declaration, target: Target) -> Iterator[tuple[str, Function | None]]:
        if target.view is None:
            yield target.function, target.value
            return
        keywords = dict(declaration.call.keywords) if declaration.call is not None else {}
        chosen = self._evaluator.literals(keywords.get("attr"), declaration.frame) or ["__call__"]
        view: Instance = target.view
        for name in chosen:
            for value in self._callables.method(view, name)[:1]:
                yield self._callables.defined(value).id, value

    def _nearest(self, name: str, module: str) -> list[Pattern]:
        """The patterns of a name; where several applications use it, those of the nearest module."""
        patterns = self._patterns.get(name, [])
        if len(patterns) < 2:
            return patterns
        shared = [_shared(pattern.module, module) for pattern in patterns]
        return [pattern for pattern, count in zip(patterns, shared, strict=True) if count == max(shared)]


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        count += 1
    return count
