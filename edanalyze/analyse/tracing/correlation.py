"""Correlation: whether a call hands on an identifier that ties it to what caused it."""

from __future__ import annotations

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.effects import Effects
from edanalyze.analyse.tracing.carriers import Carriers, named
from edanalyze.analyse.tracing.clients import Clients
from edanalyze.analyse.tracing.evidence import YES, Evidence, Found
from edanalyze.facts import ir
from edanalyze.link.library import has_unpacking
from edanalyze.link.scopes import Scope
from edanalyze.link.values import ExternalInstance

ADDRESS = ("topic", "exchange", "routing_key", "queue", "stream", "key", "destination", "name")
"""Where a message goes: no place for an identifier."""


class Correlation:
    """Judges calls by what they send (`carriers`) and by the clients that send it."""

    def __init__(self, effects: Effects) -> None:
        self.carriers = Carriers(effects)
        self._evaluator = effects.evaluator
        self._clients = Clients(effects.evaluator, self.carriers)

    def of_publish(self, effect: Effect, scope: Scope) -> Found:
        """Evidence in headers, properties or payload of a publish."""
        slots = effect.api.slots
        address = [effect.argument(role) for role in ADDRESS if role in slots and slots[role].entry is None]
        values = [value for value in effect.call.arguments if not any(value is part for part in address)]
        keywords = [value for value in named(effect.call) if not any(value is part for part in address)]
        found = self.carriers.of_all((*values, *keywords), scope)
        if found.evidence is Evidence.NO and self._clients.producer_adds(effect):
            return YES
        return found

    def of_http(self, effect: Effect, scope: Scope) -> Found:
        """Evidence in the headers of an HTTP call, or in the client that sends it."""
        relevant: list[ir.Expr] = []
        for role in ("headers", "params"):
            expr = effect.argument(role)
            if expr is not None:
                relevant.append(expr)
        if has_unpacking(effect.call) or "headers" not in effect.api.slots:
            relevant += [value for name, value in effect.call.keywords if not name]
            relevant += [value for value in effect.call.arguments if isinstance(value, ir.Star)]
        if "request" in effect.api.slots or "headers" not in effect.api.slots:
            relevant += effect.call.arguments
        url = effect.argument("url")
        if url is not None and self._is_request(url, scope):
            relevant.append(url)
        found = self.carriers.of_all(relevant, scope)
        if found.evidence is Evidence.YES or self._clients.client_adds(effect):
            return YES
        return found

    def _is_request(self, url: ir.Expr, scope: Scope) -> bool:
        """A request object where a URL could stand: it has its own headers."""
        values = self._evaluator.values(url, self._evaluator.root(scope))
        return any(isinstance(value, ExternalInstance) for value in values)
