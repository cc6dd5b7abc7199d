"""Prefixes: what a router of message handlers puts in front of the topics that are declared on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument, arguments
from edanalyze.link.values import Constant, External, ExternalInstance, Frame, Instance, Site, String, Value, string
from edanalyze.models import Api

KIND = "topic_prefix"
MOST = 8
DEEPEST = 4
_NOTHING = (string(),)


class Inclusion(NamedTuple):
    """One inclusion of a router in the router or broker made at `parent`, under `prefixes`."""

    parent: Site | None
    prefixes: tuple[String, ...]


class Prefixes:
    """Puts them in front of topics, for an evaluator; routers are looked for when first asked."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._library = evaluator.models

    def applied(self, topics: Iterable[String], owner: Value | None) -> list[String]:
        """Topics as they are really called when they are declared on `owner` (a router, a broker, anything else)."""
        site = self._site(owner) if self._inclusions is not None else None
        prefixes = self._of(site, 0) if site is not None else _NOTHING
        if prefixes == _NOTHING:
            return list(topics)
        return [string(*prefix.parts, *topic.parts) for topic in topics for prefix in prefixes]

    @cached_property
    def _inclusions(self) -> dict[int, list[Inclusion]] | None:
        """The inclusions of each router, by the call that made it; None when no library that has such is used."""
        rows = self._library.models.of_kind(KIND)
        if not rows:
            return None
        found: dict[int, list[Inclusion]] = defaultdict(list)
        for name in sorted(self._library.models.spelled({api.call for api in rows if "child" in api.slots})):
            for call, scope in self._evaluator.program.mentions.calls.get(name, ()):
                frame = self._evaluator.root(scope)
                for api, receiver in self._rows(call.function, frame):
                    if "child" in api.slots:
                        inclusion = Inclusion(self._site(receiver), self._given(api, call, frame))
                        for child in self._children(api, call, frame):
                            if inclusion not in found[id(child.call)]:
                                found[id(child.call)].append(inclusion)
        return found

    def _children(self, api: Api, call: ir.Call, frame: Frame) -> Iterator[Site]:
        for expr in arguments(api.slots["child"], call):
            inner = expr.value if isinstance(expr, ir.Star) else expr
            for value in self._evaluator.values(inner, frame):
                child = self._site(value)
                if child is not None:
                    yield child

    def _of(self, site: Site, depth: int) -> tuple[String, ...]:
        own = self._own(site)
        inclusions = (self._inclusions or {}).get(id(site.call), ())
        if not inclusions or depth > DEEPEST:
            return own
        found: dict[String, None] = {}
        for inclusion in inclusions:
            above = self._of(inclusion.parent, depth + 1) if inclusion.parent is not None else _NOTHING
            for outer in above:
                for given in inclusion.prefixes:
                    for inner in own:
                        found[string(*outer.parts, *given.parts, *inner.parts)] = None
        return tuple(found)[:MOST]

    def _own(self, site: Site) -> tuple[String, ...]:
        """The prefixes that a router was made with."""
        for api, _ in self._rows(site.call.function, site.frame):
            if "child" not in api.slots:
                return self._given(api, site.call, site.frame)
        return _NOTHING

    def _rows(self, function: ir.Expr, frame: Frame) -> Iterator[tuple[Api, Value | None]]:
        for value in self._evaluator.values(function, frame):
            if isinstance(value, External):
                for api in self._library.rows(value.name, KIND):
                    yield api, value.receiver

    def _given(self, api: Api, call: ir.Call, frame: Frame) -> tuple[String, ...]:
        slot = api.slots.get("prefix")
        expr = argument(slot, call) if slot is not None else None
        if expr is None or Constant(None) in self._evaluator.values(expr, frame):
            return _NOTHING
        return tuple(dict.fromkeys(self._evaluator.strings(expr, frame))) or _NOTHING

    @staticmethod
    def _site(value: Value | None) -> Site | None:
        return value.site if isinstance(value, ExternalInstance | Instance) else None
