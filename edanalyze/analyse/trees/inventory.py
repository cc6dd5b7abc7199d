"""Inventory: what the trees of all functions hold, found in one walk for all who look through them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from functools import cached_property
from typing import NamedTuple

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.trees.trees import Attempt, FunctionTree, Repeat, Step, nodes
from edanalyze.link.program import Program


class Occurrence(NamedTuple):
    """An effect, the step that has it, and the function (or top level of a module, `module:`) that holds the step."""

    function: str
    step: Step
    effect: Effect

    @property
    def is_in_function(self) -> bool:
        """Whether it does not stand at the top level of a module."""
        return not self.function.endswith(":")


class _Walked(NamedTuple):
    effects: tuple[Occurrence, ...]
    repeats: tuple[tuple[str, Repeat], ...]
    attempts: tuple[tuple[str, Attempt], ...]


class Inventory:
    """What there is, as trees say it without a call context, in a stable order: function by function, then modules."""

    def __init__(self, program: Program, tree: Callable[[str], FunctionTree]) -> None:
        self._program = program
        self._tree = tree

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """All functions and top levels of modules."""
        program = self._program
        return (*sorted(program.functions), *(f"{module}:" for module in sorted(program.modules)))

    @cached_property
    def _walked(self) -> _Walked:
        effects: list[Occurrence] = []
        repeats: list[tuple[str, Repeat]] = []
        attempts: list[tuple[str, Attempt]] = []
        for function in self.functions:
            for node in nodes(self._tree(function).body):
                if type(node) is Step:
                    effects += [Occurrence(function, node, effect) for effect in node.effects]
                elif type(node) is Repeat:
                    repeats.append((function, node))
                elif type(node) is Attempt:
                    attempts.append((function, node))
        return _Walked(tuple(effects), tuple(repeats), tuple(attempts))

    @property
    def effects(self) -> tuple[Occurrence, ...]:
        """The effects of all steps."""
        return self._walked.effects

    def of_kinds(self, kinds: Container[str]) -> Iterator[Occurrence]:
        """The effects of some kinds."""
        return (each for each in self.effects if each.effect.kind in kinds)

    @property
    def repeats(self) -> tuple[tuple[str, Repeat], ...]:
        """All loops and comprehensions, each with the function that holds it; outer ones come first."""
        return self._walked.repeats

    @property
    def attempts(self) -> tuple[tuple[str, Attempt], ...]:
        """All `try` statements, each with the function that holds it."""
        return self._walked.attempts
