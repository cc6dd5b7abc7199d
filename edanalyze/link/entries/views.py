"""Class-based views: which methods of a class answer which HTTP verbs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from edanalyze.link.entries.callables import Callables
from edanalyze.link.entries.declarations import Declarations
from edanalyze.link.entries.paths import normalised
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Function, Instance, String
from edanalyze.models import Api

VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
# What frameworks' own verbs and actions hand over to, where a project overrides only that.
HOOKS = {
    "create": ("perform_create",),
    "update": ("perform_update",),
    "partial_update": ("perform_update",),
    "destroy": ("perform_destroy",),
    "POST": ("create", "perform_create", "form_valid"),
    "PUT": ("update", "perform_update", "form_valid"),
    "PATCH": ("partial_update", "update", "perform_update"),
    "DELETE": ("destroy", "perform_destroy"),
    "list": ("get_queryset",),
    "retrieve": ("get_object", "get_queryset"),
    "GET": ("list", "retrieve", "get_object", "get_queryset", "get_context_data"),
}
READING = frozenset({"get_object", "get_queryset", "get_context_data"})


class Verb(NamedTuple):
    """One verb (or several) of a view: the function that serves it, None where the framework's own does.

    `supporting`: the function only supplies what the framework's own method serves.
    """

    methods: tuple[str, ...]
    value: Function | None
    supporting: bool = False


class Views:
    """Reads view classes for an evaluator."""

    def __init__(self, evaluator: Evaluator, declarations: Declarations, callables: Callables) -> None:
        self._evaluator = evaluator
        self._library = evaluator.models
        self._callables = callables
        self._declarations = declarations
        self._duck = tuple(api for api in self._library.models.of_kind("view") if api.data.get("form") == "duck")

    def rows(self, cls: str) -> list[Api]:
        """The view rows of the library classes that a class derives from, nearest first."""
        found: list[Api] = []
        for base in self._evaluator.classes.order(cls)[1]:
            for name in (base, *self._library.models.bases(base)):
                found += self._library.rows(name, "view")
        return list(dict.fromkeys(found))

    def verbs(self, view: Instance, wanted: Iterable[str] = (), suffix: str = "") -> list[Verb]:
        """The verbs that a view serves, limited to `wanted` if any are given."""
        rows = self.rows(view.id)
        limits = {name.upper() for name in wanted} - {"*", "ANY"} or self._declared_methods(view, rows)
        found = self._dispatching(view, rows, limits) or self._methods(view, rows, suffix)
        if not found and not self._predefined(rows):
            found = [self._whole(view, rows)]
        served = {method for verb in found for method in verb.methods}
        for method in self._predefined(rows):
            if method not in served:
                served.add(method)
                found.append(Verb((method,), *self._hook(view, method)))
        if limits and found:
            found = [verb for verb in found if verb.methods == ("*",) or limits.intersection(verb.methods)]
        return found

    def _methods(self, view: Instance, rows: list[Api], suffix: str) -> list[Verb]:
        duck = (
            not rows
            and bool(self._duck)
            and any(self._callables.method(view, name) for name in self._verb_names(self._duck))
        )
        names = self._verb_names(self._duck if duck else rows) or (() if rows and self._predefined(rows) else VERBS)
        found: list[Verb] = []
        for name in names:
            spelled = f"{name}_{suffix}" if suffix else name
            for value in self._callables.method(view, spelled)[:1]:
                found.append(Verb((name.removeprefix("on_").upper(),), value))
        return found

    def _whole(self, view: Instance, rows: list[Api]) -> Verb:
        """A view of which only the dispatching method is known, or nothing."""
        names = [api.data["dispatch_method"] for api in rows if "dispatch_method" in api.data]
        for name in (*(str(name) for name in names), "dispatch"):
            for value in self._callables.method(view, name)[:1]:
                return Verb(("*",), value, value.id != f"{view.id}.{name}")
        return Verb(("*",), None)

    @staticmethod
    def _verb_names(rows: Iterable[Api]) -> tuple[str, ...]:
        for api in rows:
            names = api.data.get("verb_methods")
            if isinstance(names, list):
                return tuple(str(name) for name in names)
        return ()

    def _dispatching(self, view: Instance, rows: list[Api], limits: set[str]) -> list[Verb]:
        """A view with one method for all verbs (Flask's `dispatch_request`)."""
        for api in rows:
            if api.data.get("verb_methods"):
                return []
            name = api.data.get("dispatch_method")
            if isinstance(name, str):
                default = api.data.get("default_methods")
                methods = tuple(sorted(limits)) or (tuple(default) if isinstance(default, list) else ("*",))
                return [Verb(methods, value) for value in self._callables.method(view, name)[:1]]
        return []

    def _declared_methods(self, view: Instance, rows: list[Api]) -> set[str]:
        for api in rows:
            attribute = api.data.get("methods_attr")
            for ancestor in self._evaluator.classes.order(view.id)[0] if isinstance(attribute, str) else ():
                definition = self._evaluator.classes.definition(ancestor, str(attribute))
                if definition is not None:
                    bindings, scope = definition
                    frame = self._evaluator.root(scope)
                    return {
                        text.upper() for binding in bindings for text in self._evaluator.literals(binding.expr, frame)
                    }
        return set()

    @staticmethod
    def _predefined(rows: Iterable[Api]) -> list[str]:
        found: list[str] = []
        for api in rows:
            methods = api.data.get("predefined_methods")
            if isinstance(methods, list):
                found += [str(method) for method in methods if method not in found]
        return found

    def _hook(self, view: Instance, action: str) -> tuple[Function | None, bool]:
        for name in HOOKS.get(action, ()):
            for value in self._callables.method(view, name)[:1]:
                return value, name in READING
        return None, False

    def function(self, view: Instance, verb: Verb) -> str:
        """The function whose definition a verb is known by, or the class where the framework serves it."""
        if verb.value is None or verb.supporting:
            return view.id
        return self._callables.defined(verb.value).id

    def prefixes(self, cls: str) -> tuple[str, ...]:
        """The prefix that a class gives the routes of its methods: an attribute, or an argument of its decorator."""
        found: list[str] = []
        for api in self.rows(cls):
            attribute = api.data.get("prefix_attr")
            if isinstance(attribute, str):
                syntax = str(api.data.get("path_syntax", ""))
                values = self._evaluator.attributes.of(Instance(cls), attribute)
                found += [normalised(value, syntax) for value in values if isinstance(value, String)]
        for decoration in self._declarations.decorations.get(cls, ()):
            declaration = decoration.declaration
            if declaration.api.kind == "view":
                for expr in declaration.arguments("prefix"):
                    texts = self._evaluator.strings(expr, declaration.frame)
                    found += [normalised(text, declaration.text("path_syntax")) for text in texts]
        return tuple(found) or ("",)

    # ----------------------------------------------------------------- viewsets

    def action(self, view: Instance, name: str) -> Verb | None:
        """The method of a viewset's predefined action, the hook it leads to, or None when the class lacks it."""
        for value in self._callables.method(view, name)[:1]:
            return Verb((), value)
        if name in self.predefined_actions(view.id):
            return Verb((), *self._hook(view, name))
        return None

    def predefined_actions(self, cls: str) -> set[str]:
        """The actions that the library bases of a viewset give it."""
        found: set[str] = set()
        for api in self.rows(cls):
            actions = api.data.get("predefined_actions")
            if isinstance(actions, list):
                found.update(str(action) for action in actions)
        return found
