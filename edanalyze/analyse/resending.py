"""Resending: scheduled jobs that publish what was left unsent, which closes the gap between commit and publish."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.transactions import Found
from edanalyze.analyse.witness import Witness
from edanalyze.facts.ir import Place

if TYPE_CHECKING:
    from edanalyze.analyse.system import System


class Resending:
    """What jobs publish, by place and by topic."""

    def __init__(self, system: System) -> None:
        self._system = system

    @cached_property
    def _by_jobs(self) -> tuple[dict[tuple[str, Place], set[str]], set[str]]:
        """The topics that jobs publish (by place, "" for one that is not known), and the functions that jobs run."""
        published: dict[tuple[str, Place], set[str]] = {}
        functions: set[str] = set()
        for entry in self._system.entries:
            if entry.kind != "job" or entry.value is None:
                continue
            run = self._system.reach.functions(entry.value)
            functions.update(run)
            for item in self._system.reach.effects(entry.value):
                if item.effect.kind == "publish" and self._tells_what_is_stored(item.place, run):
                    published.setdefault(item.place, set()).update(self.topics(item.witness))
        return published, functions

    def _tells_what_is_stored(self, place: tuple[str, Place], functions: tuple[str, ...]) -> bool:
        """Whether a job publishes what it found stored, rather than what it has just written itself."""
        return not any(
            (found.witness[-1].module, found.witness[-1].place) == place and found.witness[0].function in functions
            for found in self._system.transactions
            if found.code in {"EDA201", "EDA202", "EDA205"}
        )

    def topics(self, witness: Witness) -> set[str]:
        """The topics that are published on a path; "" when none is known."""
        places = {(point.module, point.place) for point in witness}
        calls = self._system.binding.publish_of_physical(witness[-1].module, witness[-1].place)
        fixed = [call for call in calls if (call.site.module, call.site.place) in places]
        return {call.topic for call in fixed} or {""}

    def resends(self, found: Found) -> bool:
        """Whether a job publishes the same message again, and is not itself what was found."""
        published, functions = self._by_jobs
        first, last = found.witness[0], found.witness[-1]
        if not published or first.function in functions:
            return False
        topics = self.topics(found.witness) - {""}
        if topics:
            return any(topics & sent for sent in published.values())
        return (last.module, last.place) in published
