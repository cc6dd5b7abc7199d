"""Summaries of functions, also of those that call themselves.

A call that is still being summarised gets what is known of it so far, at first that it does not come back. The
outermost function of a recursion is run again until nothing more is found, and only then is anything remembered that
rests on it: a least fixed point, so that the result does not depend on where the recursion was entered.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from typing import Generic

from edanalyze.analyse.engine.domain import S, Summary

DEEPEST = 120
MOST_ROUNDS = 6
_NOTHING = sys.maxsize


class Summaries(Generic[S]):
    """Remembered summaries; `shape` is what tells states apart."""

    def __init__(self, shape: Callable[[S], Hashable]) -> None:
        self._shape = shape
        self._known: dict[Hashable, Summary[S]] = {}
        self._active: dict[Hashable, int] = {}  # what is being summarised, with its depth
        self._so_far: dict[Hashable, Summary[S]] = {}
        self._tentative: dict[Hashable, tuple[Summary[S], int]] = {}  # with the depth of what it rests on
        self._rests_on = _NOTHING
        self._changed = False

    def of(self, key: Hashable, entry: S, compute: Callable[[], Summary[S]]) -> Summary[S]:
        """The summary of a call in the state `entry`, by `compute` when it is not known."""
        found = self._known.get(key)
        if found is not None:
            return found
        if key in self._tentative:
            found, rests_on = self._tentative[key]
            self._rests_on = min(self._rests_on, rests_on)
            return found
        if key in self._active:
            self._rests_on = min(self._rests_on, self._active[key])
            return self._so_far.get(key, Summary((), (), ()))
        if len(self._active) > DEEPEST:
            return Summary((entry,), (), ())
        return self._summarised(key, entry, compute)

    def _summarised(self, key: Hashable, entry: S, compute: Callable[[], Summary[S]]) -> Summary[S]:
        depth = len(self._active)
        outer, changed = self._rests_on, self._changed
        self._active[key] = depth
        for _ in range(MOST_ROUNDS):
            self._rests_on, self._changed = _NOTHING, False
            summary = compute()
            if self._rests_on > depth:
                break
            before = self._so_far.get(key)
            self._so_far[key] = summary
            self._changed = self._changed or before is None or self._mark(before) != self._mark(summary)
            if self._rests_on < depth or not self._changed:
                break
            self._forget(depth)
        del self._active[key]
        if (
            key in self._so_far and not summary.exits and not summary.raised
        ):  # nothing ends the recursion: assume that it ends all the same
            summary = Summary((entry,), (), summary.exposures)
        rests_on = self._rests_on
        self._rests_on = min(outer, rests_on) if rests_on < depth else outer
        self._changed = changed or (self._changed and rests_on < depth)
        if rests_on < depth:
            self._tentative[key] = (summary, rests_on)
            return summary
        for inner in [inner for inner, (_, below) in self._tentative.items() if below >= depth]:
            self._known[inner] = self._tentative.pop(inner)[0]
        self._known[key] = summary
        return summary

    def _forget(self, depth: int) -> None:
        for inner in [inner for inner, (_, rests_on) in self._tentative.items() if rests_on >= depth]:
            del self._tentative[inner]

    def _mark(self, summary: Summary[S]) -> Hashable:
        return (
            frozenset(self._shape(state) for state in summary.exits),
            frozenset(self._shape(state) for state in summary.raised),
            frozenset((item.kind, item.witness[0].place, item.witness[-1].place) for item in summary.exposures),
        )
