"""Route owners: applications, routers and blueprints, the ways they are included in each other, and their prefixes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.link.entries.declarations import Declaration, Declarations
from edanalyze.link.entries.listed import Lists
from edanalyze.link.entries.paths import join, normalised
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import (
    Class,
    Constant,
    External,
    ExternalInstance,
    Frame,
    Function,
    Instance,
    Site,
    String,
    Value,
)
from edanalyze.models import Api

MOST_PREFIXES = 12
DEEPEST = 8


class Mount(NamedTuple):
    """One inclusion: in the owner made at `parent` (None: at the root), under `prefix`.

    `prefix` is None where the inclusion gives none; `rule` says how it combines with the child's own; `site` is where
    this child was made.
    """

    parent: Site | None
    prefix: tuple[str, ...] | None
    rule: str
    site: Site


class Owners:
    """The prefixes under which the routes of an owner answer."""

    def __init__(self, evaluator: Evaluator, declarations: Declarations, lists: Lists) -> None:
        self._evaluator = evaluator
        self._library = evaluator.models
        self._declarations = declarations
        self._lists = lists
        self._mounts: dict[int, list[Mount]] = defaultdict(list)
        self._listed: dict[str, list[tuple[Site | None, tuple[str, ...] | None]]] = defaultdict(list)
        self._active: set[int] = set()
        for declaration in declarations.of("include"):
            if declaration.text("prefix_from") != "enclosing":  # a URL table gives those their prefix
                self._include(declaration)
        for declaration in declarations.of("route_owner"):
            self._construct(declaration)

    # -------------------------------------------------------------- inclusions

    @staticmethod
    def site(value: Value | None) -> Site | None:
        """Where an owner was made; an application's `router` attribute is the application itself."""
        while value is not None:
            if isinstance(value, ExternalInstance | Instance) and value.site is not None:
                return value.site
            value = value.receiver if isinstance(value, External) else None
        return None

    def mount(self, child: Site, prefix: Iterable[str], rule: str = "concatenate", parent: Site | None = None) -> None:
        """Remember an inclusion that something else than a plain call makes (a URL table)."""
        self._add(Mount(parent, tuple(prefix), rule, child))

    def _add(self, mount: Mount) -> None:
        mounts = self._mounts[id(mount.site.call)]
        if mount not in mounts and (mount.parent is None or mount.parent.call is not mount.site.call):
            mounts.append(mount)

    def _include(self, declaration: Declaration) -> None:
        rule = declaration.text("prefix_rule") or "concatenate"
        prefix = self._prefix(declaration)
        if declaration.text("form") in {"constructor", "static_method"} and declaration.call is not None:
            parent: Site | None = Site(declaration.call, declaration.frame)
        else:
            parent = self.site(declaration.receiver)
        for role in ("child", "child_routes"):
            for expr in declaration.arguments(role):
                for child in self._children(expr, declaration.frame, parent, prefix):
                    self._add(Mount(parent, prefix, rule, child))

    def _children(
        self, expr: ir.Expr, frame: Frame, parent: Site | None, prefix: tuple[str, ...] | None = None
    ) -> Iterable[Site]:
        """The owners that a list names; functions and classes in it are remembered with their owner."""
        for element in self._lists.elements(expr, frame):
            for value in self._evaluator.values(element.expr, element.frame):
                child = self.site(value)
                if child is not None:
                    yield child
                elif isinstance(value, Function | Class):
                    self._listed[value.id].append((parent, prefix))

    def listing(self, identifier: str) -> tuple[str, ...]:
        """The prefixes of a function or class that owners list by its name; ("",) when none does."""
        found: list[str] = []
        for parent, prefix in self._listed.get(identifier, ()):
            for above in self._above(parent):
                found += [join(above, each) for each in prefix or ("",)]
        return tuple(dict.fromkeys(found)) or ("",)

    def _prefix(self, declaration: Declaration) -> tuple[str, ...] | None:
        expr = declaration.argument("prefix")
        if expr is None or self._is_none(expr, declaration.frame):
            return None
        syntax = declaration.text("path_syntax")
        texts = self._evaluator.strings(expr, declaration.frame)
        return tuple(dict.fromkeys(normalised(text, syntax) for text in texts))

    def _is_none(self, expr: ir.Expr, frame: Frame) -> bool:
        values = self._evaluator.values(expr, frame)
        return bool(values) and all(value == Constant(None) for value in values)

    def _construct(self, declaration: Declaration) -> None:
        """What an owner is given when it is made: its routes, the application it belongs to."""
        if declaration.call is None:
            return
        site = Site(declaration.call, declaration.frame)
        parent = self.site(declaration.receiver) or site
        for expr in declaration.arguments("routes"):
            for child in self._children(expr, declaration.frame, parent):
                self._add(Mount(parent, None, "none", child))
        app = declaration.argument("app")
        for value in self._evaluator.values(app, declaration.frame) if app is not None else ():
            holder = self.site(value)
            if holder is not None and isinstance(value, ExternalInstance | Instance):
                self._add(Mount(holder, None, "concatenate", site))

    # ---------------------------------------------------------------- prefixes

    def prefixes(self, owner: Value | Site | None) -> tuple[str, ...]:
        """The prefixes of the routes of an owner: one for each way it is reached; ("",) when nothing is known."""
        site = owner if isinstance(owner, Site) else self.site(owner)
        if site is None:
            return ("",)
        return self._of(site)

    def _of(self, site: Site) -> tuple[str, ...]:
        key = id(site.call)
        if key in self._active or len(self._active) > DEEPEST:
            return ("",)
        self._active.add(key)
        try:
            every = self._mounts.get(key, [])
            mounts = [mount for mount in every if mount.site == site] or every
            if not mounts:
                return self._own(site)
            found: list[str] = []
            for mount in mounts:
                for above in self._above(mount.parent):
                    found += [join(above, *pieces) for pieces in self._pieces(mount)]
            return tuple(dict.fromkeys(found))[:MOST_PREFIXES]
        finally:
            self._active.discard(key)

    def _above(self, parent: Site | None) -> tuple[str, ...]:
        return ("",) if parent is None else self._of(parent)

    def _pieces(self, mount: Mount) -> list[tuple[str, ...]]:
        own = self._own(mount.site)
        if mount.prefix is None or mount.rule == "none":
            return [(prefix,) for prefix in own]
        if mount.rule == "replace":
            return [(prefix,) for prefix in mount.prefix]
        if mount.rule == "host":
            return [(prefix,) for prefix in own]
        return [(prefix, inner) for prefix in mount.prefix for inner in own]

    def _own(self, site: Site) -> tuple[str, ...]:
        """The prefix an owner was made with."""
        for value in self._evaluator.values(site.call.function, site.frame):
            for name, _ in self._declarations.names(value):
                for api in self._library.rows(name):
                    if api.kind in {"route_owner", "include"}:
                        return self._given(api, site)
        return ("",)

    def _given(self, api: Api, site: Site) -> tuple[str, ...]:
        slot = api.slots.get("prefix")
        expr = argument(slot, site.call) if slot is not None else None
        syntax = str(api.data.get("path_syntax", ""))
        if api.kind == "include" and api.data.get("form") in {"constructor", "static_method"}:
            expr = None  # its prefix belongs to the mounts of its children
        if expr is not None and not self._is_none(expr, site.frame):
            texts: list[String] = self._evaluator.strings(expr, site.frame)
            return tuple(dict.fromkeys(normalised(text, syntax) for text in texts))
        default = api.data.get("prefix_default")
        label = api.slots.get("label")
        if isinstance(default, str) and label is not None:
            names = self._evaluator.literals(argument(label, site.call), site.frame)
            return tuple(default.replace("{name}", name) for name in names) or ("",)
        return ("",)
