"""Resending: scheduled jobs that publish what was left unsent, which closes the gap between commit and publish."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.reach import Reached
from edanalyze.analyse.transactions.transaction import Found
from edanalyze.analyse.trees.trees import Mutation, nodes
from edanalyze.analyse.witness import Witness
from edanalyze.facts.ir import Place

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

_WRITES = frozenset({"write", "dedupe", "outbox"})


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
            functions.update(self._system.reach.functions(entry.value))
            for item in self._resent(self._system.reach.effects(entry.value)):
                published.setdefault(item.place, set()).update(self.topics(item.witness))
        return published, functions

    def _resent(self, effects: tuple[Reached, ...]) -> Iterator[Reached]:
        """The publishes of a job that marks what it has sent, and has not itself written what it sends."""
        for position, item in enumerate(effects):
            if item.effect.kind == "publish":
                before = {other.effect.kind for other in effects[:position]}
                after = {other.effect.kind for other in effects[position + 1 :]}
                marks = after & (_WRITES | {"commit"}) or any(self._changes(point.function) for point in item.witness)
                if marks and not before & _WRITES:
                    yield item

    def _changes(self, function: str) -> bool:
        return any(isinstance(node, Mutation) for node in nodes(self._system.contexts.tree(function).body))

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
        if self._continues_job(found):
            return True
        if not published or first.function in functions:
            return False
        topics = self.topics(found.witness) - {""}
        if topics:
            return any(topics & sent for sent in published.values())
        return (last.module, last.place) in published

    def _continues_job(self, found: Found) -> bool:
        """Whether a task that a schedule starts anyway sends itself for the rest of its work."""
        function = found.witness[0].function
        mine = [entry for entry in self._system.entries if entry.function == function]
        if not any(entry.kind == "job" for entry in mine):
            return False
        topics = self.topics(found.witness)
        return any(topic.text in topics for entry in mine if entry.kind == "task" for topic in entry.topics)
