"""Tasks: the functions that a task queue runs, and the names under which it knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from edanalyze.link.entries import EntryPoint
from edanalyze.link.values import String


class Tasks:
    """The tasks of a program by function."""

    def __init__(self, entries: Iterable[EntryPoint]) -> None:
        self._by_function: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in entries:
            if entry.kind in {"task", "job", "handler"}:
                for function in {entry.function, *([entry.value.id] if entry.value is not None else ())}:
                    self._by_function[function].append(entry)

    def of(self, function: str) -> tuple[EntryPoint, ...]:
        """The entry points that run a function as a task."""
        return tuple(self._by_function.get(function, ()))

    def name(self, function: str) -> String | None:
        """The name under which a task queue knows a function."""
        return next((entry.topics[0] for entry in self.of(function) if entry.topics), None)
