"""Tasks: the functions that a task queue runs, and the names under which it knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from edanalyze.facts.ir import Call
from edanalyze.link.entries import EntryPoint
from edanalyze.link.values import Function, String


class Tasks:
    """The tasks of a program by function; functions that one decorator made of several are told apart."""

    def __init__(self, entries: Iterable[EntryPoint]) -> None:
        self._by_function: dict[str, list[EntryPoint]] = defaultdict(list)
        self._wrapped: dict[str, list[EntryPoint]] = defaultdict(list)
        for entry in entries:
            if entry.kind in {"task", "job", "handler"}:
                self._by_function[entry.function].append(entry)
                if entry.value is not None and entry.value.id != entry.function:
                    self._wrapped[entry.value.id].append(entry)

    def of(self, function: Function) -> tuple[EntryPoint, ...]:
        """The entry points that run a function as a task."""
        own = self._by_function.get(function.id)
        if own:
            return tuple(own)
        wrapped = self._wrapped.get(function.id, [])
        same = [each for each in wrapped if each.value is not None and _made_by(each.value) is _made_by(function)]
        return tuple(same or (wrapped if len({each.function for each in wrapped}) == 1 else ()))

    def name(self, function: Function) -> String | None:
        """The name under which a task queue knows a function."""
        return next((entry.topics[0] for entry in self.of(function) if entry.topics), None)


def _made_by(function: Function) -> Call | None:
    """The call of the decorator that returned a wrapper."""
    return function.closure.call if function.closure is not None else None
