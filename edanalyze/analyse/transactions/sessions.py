"""Sessions: which database session or connection an effect runs on, told apart by where they are made."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import External, ExternalInstance, Frame, Site, Value

DEEPEST = 4
_SESSIONS = frozenset({"session", "connection"})


class Sessions:
    """Names sessions by the call that made them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def of(self, effect: Effect, frame: Frame) -> Site | None:
        """The making of the session that an effect runs on; None when it is not certain which one that is."""
        given = effect.argument("session")
        if given is not None:
            return self._site(self._evaluator.values(given, frame))
        value = effect.receiver
        for _ in range(DEEPEST):
            if not isinstance(value, ExternalInstance) or value.site is None:
                return None
            if self._roles(value.site) & _SESSIONS:
                return None if self._is_shared(value.site) else value.site
            called = value.site.call.function
            if not isinstance(called, ir.Attr):
                return None
            made = self._evaluator.values(called.value, value.site.frame)
            value = made[0] if len(made) == 1 else None
        return None

    def _site(self, values: Iterable[Value]) -> Site | None:
        sites = {value.site for value in values if isinstance(value, ExternalInstance)}
        return sites.pop() if len(sites) == 1 else None

    def _roles(self, site: Site) -> frozenset[object]:
        """What the models say that a call makes."""
        names = [
            value.name if isinstance(value, External) else f"{value.name}.__call__"
            for value in self._evaluator.values(site.call.function, site.frame)
            if isinstance(value, External | ExternalInstance)
        ]
        rows = self._evaluator.models.rows
        return frozenset(api.data.get("role") for name in names for api in rows(name, "factory"))

    def _is_shared(self, site: Site) -> bool:
        """Whether a session is asked of one that gives its current one: a scoped session."""
        return any(
            api.data.get("role") == "session"
            for value in self._evaluator.values(site.call.function, site.frame)
            if isinstance(value, ExternalInstance)
            for api in self._evaluator.models.rows(value.name, "factory")
        )


def are_apart(one: Site | None, other: Site | None) -> bool:
    """Whether two sessions are certainly different ones: made by different calls, or by one for different callers."""
    if one is None or other is None:
        return False
    if one.call is not other.call:
        return True
    calls = (one.frame.call, other.frame.call)
    return None not in calls and calls[0] is not calls[1]


def is_elsewhere(session: Site | None, holders: frozenset[Site | None]) -> bool:
    """Whether all that is uncommitted was certainly written in other sessions."""
    return bool(holders) and all(are_apart(holder, session) for holder in holders)
