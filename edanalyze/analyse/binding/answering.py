"""Answering: which procedures a remote call reaches, among those of one system or of many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar


class Answerer(Protocol):
    """What matching needs to know of a procedure, of this system or of another."""

    @property
    def owners(self) -> tuple[str, ...]:
        """The names by which a caller may call what holds it."""

    @property
    def procedures(self) -> tuple[str, ...]:
        """The names by which it is called itself."""

    @property
    def function(self) -> str:
        """The function that is run."""


T = TypeVar("T", bound=Answerer)


class Answering(Generic[T]):
    """Procedures by name."""

    def __init__(self, procedures: Iterable[T]) -> None:
        self._by_method: dict[str, list[T]] = defaultdict(list)
        for procedure in procedures:
            for name in dict.fromkeys(procedure.procedures):
                self._by_method[name].append(procedure)

    def of(self, owner: str, method: str) -> tuple[T, ...]:
        """The procedures of that name; those of the named owner, if there are any, else the only one."""
        found = self._by_method.get(method, [])
        named = [each for each in found if owner in each.owners]
        if named:
            return tuple(named)
        return tuple(found) if len({each.function for each in found}) == 1 else ()
