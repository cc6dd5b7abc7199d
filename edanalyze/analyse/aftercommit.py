"""What is published by code that runs after the commit (EDA203)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from edanalyze.analyse.contexts import Contexts
from edanalyze.analyse.domain import Activation, Domain
from edanalyze.analyse.effects import Effect
from edanalyze.analyse.engine import Engine
from edanalyze.analyse.transaction import effect_point
from edanalyze.analyse.trees import Step, Tree
from edanalyze.analyse.witness import Exposure, Point, Witness
from edanalyze.link.values import Frame, Function


class AfterCommit:
    """Follows after-commit hooks."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._engine = Engine(_Published(), contexts)

    def published(self, body: Tree, function: str, frame: Frame) -> Iterator[Witness]:
        """The publishes of what `function` hands over, from within the callable, or from where it was handed over."""
        run: Activation[bool] = Activation(function, frame)
        self._engine.block(body, [False], run)
        for exposure in run.exposures:
            witness = exposure.witness
            while len(witness) > 1 and witness[1].function.startswith(f"{function}."):
                witness = witness[1:]
            yield witness

    def of_listener(self, function: str) -> Iterator[Witness]:
        """The publishes of a function that is registered for all commits."""
        summary = self._engine.run(Function(function), self._contexts.root(function), False)
        yield from (exposure.witness for exposure in summary.exposures)


class _Published(Domain[bool]):
    """Exposes publishes; there is one state."""

    def shape(self, state: bool) -> Hashable:
        """There is one state."""
        return state

    def entry(self, state: bool) -> bool:
        """There is one state."""
        return state

    def exit(self, callers: Sequence[bool], state: bool, point: Point) -> bool:
        """There is one state."""
        return state

    def effect(self, effect: Effect, step: Step, state: bool, run: Activation[bool]) -> bool:
        """A publish."""
        if effect.kind in {"publish", "deferred_publish"}:
            run.expose("publish", (effect_point(effect, step, run.function),))
        return state

    def exposed(self, exposure: Exposure, point: Point, state: bool, run: Activation[bool]) -> None:
        """A publish of a function that is called."""
        run.expose("publish", (point, *exposure.witness))
