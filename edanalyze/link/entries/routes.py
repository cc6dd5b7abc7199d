"""Routes: decorated functions and classes, and registrations by call, with their full paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from edanalyze.facts import ir
from edanalyze.link.entries.callables import Callables, Target
from edanalyze.link.entries.declarations import Declaration, Declarations, Decoration
from edanalyze.link.entries.listed import Lists
from edanalyze.link.entries.owners import Owners
from edanalyze.link.entries.paths import join, methods, normalised
from edanalyze.link.entries.records import EntryPoint
from edanalyze.link.entries.strings import Strings
from edanalyze.link.entries.views import VERBS, Views
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import External, Frame, Function, Instance, Site, Value

OWNED = frozenset({"owner", "resource"})
IN_CALL = frozenset({"method", "function", "constructor"})


class Routes:
    """Finds the routes of a program that are declared by decorators and calls."""

    def __init__(
        self,
        evaluator: Evaluator,
        declarations: Declarations,
        owners: Owners,
        callables: Callables,
        views: Views,
        strings: Strings,
        lists: Lists,
    ) -> None:
        self._evaluator = evaluator
        self._declarations = declarations
        self._owners = owners
        self._callables = callables
        self._views = views
        self._strings = strings
        self._lists = lists

    def find(self) -> Iterable[EntryPoint]:
        """All of them, one for each path of a function."""
        for decoration in self._declarations.decorated():
            if decoration.declaration.api.kind == "route":
                yield from self._decorated(decoration)
        for declaration in self._declarations.of("route_call"):
            named = declaration.text("methods_from") == "actions" or declaration.text("path_from") == "route_name"
            plain = not named and "handler" in declaration.api.slots
            if plain and declaration.text("form") in IN_CALL:
                yield from self._called(declaration)

    # -------------------------------------------------------------- decorators

    def _decorated(self, decoration: Decoration) -> Iterable[EntryPoint]:
        declaration = decoration.declaration
        if declaration.text("form") != "decorator":
            return
        elsewhere = declaration.text("path_from") not in {"", *OWNED}  # found with their table, tree or viewset
        if elsewhere or "detail" in declaration.api.slots:
            return
        name = decoration.subject.rpartition(":")[2].rpartition(".")[2]
        prefixes = self._listed(decoration) if declaration.text("owner") == "listed" else self._prefixes(declaration)
        paths = self._paths(declaration, name, prefixes)
        for target in self.subject(decoration.subject, decoration.frame):
            yield from self._entries(declaration, target, paths)

    def _listed(self, decoration: Decoration) -> tuple[str, ...]:
        """The prefixes of a handler that an owner lists: by itself, or through its class, which may add one."""
        facts = self._evaluator.program.functions.get(decoration.subject)
        if facts is None or facts.owner is None:
            return self._owners.listing(decoration.subject)
        cls = f"{decoration.subject.partition(':')[0]}:{facts.owner}"
        found: list[str] = []
        for each in (cls, *self._evaluator.classes.descendants(cls)):
            above = self._owners.listing(each)
            if each == cls or above != ("",):
                found += [join(prefix, own) for prefix in above for own in self._views.prefixes(each)]
        return tuple(dict.fromkeys(found))

    def subject(self, identifier: str, frame: Frame) -> list[Target]:
        """A decorated function or class as it is run: wrapped by its other decorators, bound to its class."""
        program = self._evaluator.program
        if identifier in program.classes:
            return [Target(identifier, None, Instance(identifier))]
        facts = program.functions[identifier]
        values: list[Value] = []
        known = identifier
        if facts.owner is not None:
            owner = f"{identifier.partition(':')[0]}:{facts.owner}"
            values += self._evaluator.attributes.of(Instance(owner), facts.name)
        else:
            closure = frame if frame.scope.kind in {"function", "comprehension"} else None
            own = Function(identifier, None, closure)
            values += self._evaluator.decorators.decorated(own, frame)
            known = self._callables.defined(own).id  # a wrapper that a decorator of the project registers
        functions = [value for value in values if isinstance(value, Function)]
        return [Target(known, value) for value in functions[:1]] or [Target(known, Function(identifier))]

    # ------------------------------------------------------------------- calls

    def _called(self, declaration: Declaration) -> Iterable[EntryPoint]:
        targets = self._callables.of(declaration.argument("handler"), declaration.frame)
        if not targets:
            return
        paths = self._paths(declaration, "", self._prefixes(declaration))
        for target in targets:
            yield from self._entries(declaration, target, paths)

    # ------------------------------------------------------------------- parts

    def _paths(self, declaration: Declaration, function: str, prefixes: Iterable[str]) -> tuple[str, ...]:
        syntax = declaration.text("path_syntax")
        texts = self._strings.of(declaration.arguments("path"), declaration.frame)
        own = [normalised(text, syntax) for text in texts]
        if declaration.text("path_from") in OWNED:
            return self._of_owner(declaration)
        if not own:
            own = [declaration.text("path_default").replace("{function}", function)]
        if declaration.text("global_prefix"):
            own = [join(declaration.text("global_prefix"), path) for path in own]
        found = [join(prefix, path) for prefix in prefixes for path in own]
        return tuple(dict.fromkeys(found))

    def _of_owner(self, declaration: Declaration) -> tuple[str, ...]:
        """The path that the object was made with on which the route is declared (`add_resource`, `Service`)."""
        site = self._owners.site(declaration.receiver)
        found: list[str] = []
        for value in self._evaluator.values(site.call.function, site.frame) if site is not None else ():
            for name, receiver in self._declarations.names(value):
                for api in self._evaluator.models.rows(name):
                    if api.kind in {"route_call", "route_owner"} and "path" in api.slots and site is not None:
                        made = Declaration(api, name, site.call, site.frame, receiver, site.frame.scope)
                        found += self._paths(made, "", self._owners.prefixes(receiver))
        return tuple(dict.fromkeys(found))

    def _prefixes(self, declaration: Declaration) -> tuple[str, ...]:
        if declaration.text("form") in {"constructor", "function"} and declaration.call is not None:
            return self._owners.prefixes(Site(declaration.call, declaration.frame))
        return self._owners.prefixes(declaration.receiver)

    def _methods(self, declaration: Declaration) -> tuple[str, ...]:
        if declaration.text("protocol") == "websocket":
            return ("WEBSOCKET",)
        given: list[str] = []
        for role in ("method_arg", "methods"):
            expr = declaration.argument(role)
            given += self._evaluator.literals(expr, declaration.frame)
            given += self._members(expr, declaration.frame)
        if given:
            return methods(given)
        if declaration.text("method"):
            return methods([declaration.text("method")])
        default = declaration.api.data.get("default_methods")
        if isinstance(default, list) and declaration.argument("methods") is None:
            return methods(str(name) for name in default)
        return ()

    def _members(self, expr: ir.Expr | None, frame: Frame) -> list[str]:
        """The verbs among the members of a library's enumeration (`HTTPMethod.PUT`)."""
        names: list[str] = []
        for element in self._lists.elements(expr, frame) if expr is not None else ():
            for value in self._evaluator.values(element.expr, element.frame):
                if isinstance(value, External):
                    names.append(value.name.rpartition(".")[2])
        return [name for name in names if name.lower() in VERBS]

    def _entries(self, declaration: Declaration, target: Target, paths: Iterable[str]) -> Iterable[EntryPoint]:
        verbs = self._methods(declaration)
        for path in paths:
            if target.view is None:
                yield self.entry(declaration, target.function, target.value, path, verbs or ("*",))
                continue
            given = self._evaluator.literals(declaration.argument("methods"), declaration.frame)
            suffix = next(iter(self._evaluator.literals(declaration.argument("suffix"), declaration.frame)), "")
            for verb in self._views.verbs(target.view, given, suffix):
                function = self._views.function(target.view, verb)
                yield self.entry(declaration, function, verb.value, path, verb.methods)

    def entry(
        self, declaration: Declaration, function: str, value: Function | None, path: str, verbs: tuple[str, ...]
    ) -> EntryPoint:
        """The record of one route."""
        program = self._evaluator.program
        facts = program.functions.get(function) or program.classes[function]
        module, place = declaration.declared
        return EntryPoint(
            kind="route",
            function=function,
            value=value,
            name=route_name(verbs, path),
            module=function.partition(":")[0],
            place=facts.place,
            declared=(module, place if place.line else facts.place),
            library=declaration.api.library,
            methods=verbs,
            path=path,
        )


def route_name(verbs: Iterable[str], path: str) -> str:
    """`POST /orders/{id}`; several methods are separated by commas."""
    return f"{','.join(verbs)} {path}"


def merged(entries: Iterable[EntryPoint]) -> list[EntryPoint]:
    """One entry for each function and path, with all methods that its registrations give."""
    found: dict[tuple[object, ...], EntryPoint] = {}
    for entry in entries:
        key = (entry.function, entry.path, "WEBSOCKET" in entry.methods)
        known = found.get(key)
        if known is None:
            found[key] = entry
        elif set(entry.methods) - set(known.methods):
            verbs = methods((*known.methods, *entry.methods))
            found[key] = replace(known, methods=verbs, name=route_name(verbs, known.path))
    return list(found.values())
