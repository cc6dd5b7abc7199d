"""Jobs: tasks of a queue that only a schedule starts, so that their messages ask for nothing of their own."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint


class Jobs:
    """Tells jobs from tasks that others start."""

    def __init__(self, system: System) -> None:
        self._system = system

    def is_job(self, entry: EntryPoint) -> bool:
        """Whether only a schedule starts a task, or the task itself: its next run does what this one did not."""
        if entry.kind != "task" or entry.function not in self._scheduled:
            return False
        return all(call.site.function == entry.function for call in self._system.binding.producers(entry))

    @cached_property
    def _scheduled(self) -> frozenset[str]:
        return frozenset(entry.function for entry in self._system.entries if entry.kind == "job")
