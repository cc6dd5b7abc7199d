"""All drift of a system, by the kinds of documents that are checked in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.drift.arrows import Arrows
from edanalyze.analyse.drift.channels import channels
from edanalyze.analyse.drift.choreographies import Choreographies
from edanalyze.analyse.drift.events import events
from edanalyze.analyse.drift.operations import operations
from edanalyze.analyse.drift.records import Drift
from edanalyze.analyse.drift.used import Used

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.discover.documents import Document


class Drifts:
    """Holds the documents of a system against its code."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._used = Used(system)
        self._documents = system.documents()

    def find(self) -> Iterator[Drift]:
        """Each dependency that only one side knows, in the order of the kinds of documents."""
        yield from channels(self._of_kind("asyncapi"), self._used)
        schemas, patterns = self._of_kind("eventbridge"), self._of_kind("pattern")
        yield from events(schemas, patterns, self._used, self._system.deployment)
        yield from operations(self._of_kind("openapi"), self._system)
        yield from self.arrows.find()

    @cached_property
    def arrows(self) -> Arrows:
        """The diagrams, held against who depends on whom."""
        return Arrows(self._system, [*self._of_kind("diagram"), *self._of_kind("graph")], self._used)

    @cached_property
    def choreographies(self) -> Choreographies:
        """Long chains of events that no diagram shows."""
        return Choreographies(self._system, self.arrows)

    def _of_kind(self, kind: str) -> list[Document]:
        return [each for each in self._documents if each.kind == kind]
