"""Resending: scheduled jobs that publish what was left unsent, which closes the gap between commit and publish."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.transactions import Found
from edanalyze.facts.ir import Place

if TYPE_CHECKING:
    from edanalyze.analyse.system import System


class Resending:
    """What jobs publish, by place and by topic."""

    def __init__(self, system: System) -> None:
        self._system = system

    @cached_property
    def _by_jobs(self) -> tuple[set[tuple[str, Place]], set[str], set[str]]:
        """The publishes that jobs reach, their topics, and the functions that jobs run."""
        places: set[tuple[str, Place]] = set()
        topics: set[str] = set()
        functions: set[str] = set()
        for entry in self._system.entries:
            if entry.kind != "job" or entry.value is None:
                continue
            functions.update(self._system.reach.functions(entry.value))
            for item in self._system.reach.effects(entry.value):
                if item.effect.kind == "publish":
                    places.add(item.place)
                    topics.update(self._topics(*item.place))
        return places, topics, functions

    def _topics(self, module: str, place: Place) -> set[str]:
        return {call.topic for call in self._system.binding.publish_of_physical(module, place) if call.topic}

    def resends(self, found: Found) -> bool:
        """Whether a job publishes the same message again, and is not itself what was found."""
        places, topics, functions = self._by_jobs
        first, last = found.witness[0], found.witness[-1]
        if not places or first.function in functions:
            return False
        return (last.module, last.place) in places or bool(self._topics(last.module, last.place) & topics)
