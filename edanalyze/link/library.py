"""Library knowledge as the evaluator asks for it: result types, attributes, arguments of a call."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TypeAlias

from edanalyze.facts import ir
from edanalyze.models import Api, Models, Slot

Literals: TypeAlias = Callable[[ir.Expr], list[str]]


def argument(slot: Slot, call: ir.Call) -> ir.Expr | None:
    """The expression that a call passes in a slot; None when it is left out or hidden in `*args` or `**kwargs`."""
    if slot.kw is not None:
        for name, value in call.keywords:
            if name == slot.kw:
                return value
    if slot.pos is not None and slot.pos < len(call.arguments):
        before = call.arguments[: slot.pos + 1]
        if not any(isinstance(item, ir.Star) for item in before):
            return call.arguments[slot.pos]
    return None


def arguments(slot: Slot, call: ir.Call) -> list[ir.Expr]:
    """All expressions of a slot: several for a variadic one, all unnamed keywords for `rest`."""
    if slot.variadic:
        return list(call.arguments[slot.pos or 0 :])
    if slot.rest:
        return [value for _, value in call.keywords]
    found = argument(slot, call)
    return [found] if found is not None else []


def has_unpacking(call: ir.Call) -> bool:
    """Whether a call passes `*args` or `**kwargs`, which may fill any slot."""
    return any(isinstance(item, ir.Star) for item in call.arguments) or any(not name for name, _ in call.keywords)


# Mapped classes of a Django project whose file is not part of the analysis (a single file was given).
_MAPPED = re.compile(r"\.models\b.*\.[A-Z]")
_MAPPED_CLASS = re.compile(r"\.models(\.\w+)*\.[A-Z]\w*$")


class Library:
    """The models of a run, with the look-ups that evaluation needs."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self._entered: dict[str, str | None] = {}
        self._rows: dict[tuple[str, str | None], tuple[Api, ...]] = {}
        self._attributes: dict[tuple[str, str], str | None] = {}
        self._known: dict[str, bool] = {}
        self._nowhere: dict[str, bool] = {}

    def rows(self, name: str, kind: str | None = None) -> tuple[Api, ...]:
        """All rows of a dotted name; a method of a mapped class outside the analysed files counts as its base's."""
        key = (name, kind)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = self._find(name, kind)
        return found

    def _find(self, name: str, kind: str | None) -> tuple[Api, ...]:
        found = self.models.find(name, kind)
        if not found and _MAPPED.search(name) and "django" in self.models.packages:
            owner, _, method = name.rpartition(".")
            if not self.speaks_of(name) and _MAPPED_CLASS.search(owner):
                return self.models.find(f"django.db.models.Model.{method}", kind)
        return found

    def attribute(self, cls: str, name: str) -> str | None:
        """The class of an attribute or property of a library class (`[]`: of its items); None when not known."""
        key = (cls, name)
        if key not in self._attributes:
            self._attributes[key] = self._attribute(cls, name)
        return self._attributes[key]

    def _attribute(self, cls: str, name: str) -> str | None:
        for api in self.models.method(cls, name):
            made = api.data.get("returns")
            if api.data.get("property") and isinstance(made, str):
                return cls if made == "self" else made
        if (
            name == "objects"
            and _MAPPED_CLASS.search(cls)
            and not self.speaks_of(cls)
            and "django" in self.models.packages
        ):
            return "django.db.models.Manager"
        fallback = "__getitem__" if name == "[]" else "__getattr__"
        if not self.models.method(cls, name):
            for api in self.models.method(cls, fallback):
                made = api.data.get("returns")
                if isinstance(made, str):
                    return cls if made == "self" else made
        if name == "[]":
            for api in self.models.find(cls.removesuffix("()"), "consumer"):
                yields = api.data.get("yields")
                if isinstance(yields, str):
                    return yields
        return None

    def entered(self, cls: str) -> str | None:
        """The class of what entering an instance as a context manager binds, when it is another one."""
        if cls not in self._entered:
            found = None
            for method in ("__enter__", "__aenter__"):
                for api in self.models.method(cls, method):
                    made = api.data.get("returns") or api.data.get("enters")
                    if isinstance(made, str) and made != "self":
                        found = found or made
            self._entered[cls] = found
        return self._entered[cls]

    def returns(self, name: str, call: ir.Call, literals: Literals) -> str | None:
        """The class of what a call of `name` gives."""

        def given(slot: Slot) -> object:
            expr = argument(slot, call)
            found = literals(expr) if expr is not None else []
            return found[0] if found else slot.default

        return self.models.returns(name, given) or self._polled(name)

    def _polled(self, name: str) -> str | None:
        """The class of the one message that a call reads."""
        for api in self.models.find(name, "consumer"):
            made = api.data.get("yields")
            if isinstance(made, str) and api.data.get("form") == "poll" and not api.data.get("many"):
                return None if "max_records" in api.slots else made
        return None

    def produces(self, name: str) -> str | None:
        """The class of the object that a decorator turns its function into."""
        for api in self.models.find(name):
            made = api.data.get("produces")
            if isinstance(made, str):
                return made
        return None

    def is_class(self, name: str) -> bool:
        """Whether a dotted name is a class, by knowledge or by its spelling."""
        last = name.rpartition(".")[2]
        return self.models.is_class(name) or (last[:1].isupper() and not last.isupper())

    def knows(self, name: str) -> bool:
        """Whether anything is known of a dotted name."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = bool(self.models.find(name)) or self.models.is_class(name)
        return found

    def speaks_of(self, name: str) -> bool:
        """Whether the library of a dotted name is modelled (or part of Python), so that silence says something."""
        top = name.partition(".")[0]
        return top == "builtins" or top in self.models.packages or top in sys.stdlib_module_names

    def leads_nowhere(self, name: str) -> bool:
        """Whether neither a dotted name nor any below it is known.

        Of a library that no model speaks of, only classes and methods of stubs lead somewhere: a class may be mapped.
        """
        found = self._nowhere.get(name)
        if found is None:
            paths = self.models.paths
            known = name in paths or self.models.canonical(name) in paths or bool(self.rows(name))
            owner, _, last = name.rpartition(".")
            telling = last[:1].isupper() or owner.endswith("Stub")
            found = self._nowhere[name] = not known and (self.speaks_of(name) or not telling)
        return found

    def environment(
        self, name: str
    ) -> tuple[Callable[[ir.Call], ir.Expr | None], Callable[[ir.Call], ir.Expr | None]] | None:
        """For a function that reads an environment variable: how to find its name and default in a call."""
        api = next(iter(self.models.find(name, "environment")), None)
        if api is None:
            return None
        variable, default = api.slots["variable"], api.slots.get("default")
        return (
            lambda call: argument(variable, call),
            lambda call: argument(default, call) if default is not None else None,
        )
