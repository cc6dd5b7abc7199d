"""Lineage: which classes of a project descend from a class that the models know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from edanalyze.link.evaluate import Evaluator


class Lineage:
    """Library ancestors of project classes, under their canonical names."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._ancestors: dict[str, frozenset[str]] = {}

    def ancestors(self, cls: str) -> frozenset[str]:
        """The canonical names of all library classes that a class inherits from."""
        found = self._ancestors.get(cls)
        if found is None:
            models = self._evaluator.models.models
            names = self._evaluator.classes.order(cls)[1]
            found = frozenset(name for base in names for name in (base, models.canonical(base), *models.bases(base)))
            self._ancestors[cls] = found
        return found

    def descendants(self, base: str) -> Iterator[str]:
        """The project classes that inherit from a library class, in the order of their names."""
        yield from self._heirs.get(base, ())

    @cached_property
    def _heirs(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        classes = self._evaluator.program.classes
        for identifier in sorted(classes):
            for base in self.ancestors(identifier) if classes[identifier].bases else ():
                found[base].append(identifier)
        return found
