"""What code that runs after the commit publishes (EDA203), and the outbox rows that it writes (EDA206)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from edanalyze.analyse.bearing import Bearing, Bears
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.outbox import is_new_row, is_outbox_write
from edanalyze.analyse.engine.contexts import Contexts
from edanalyze.analyse.engine.domain import Activation, Domain
from edanalyze.analyse.engine.engine import Engine
from edanalyze.analyse.transactions.transaction import effect_point
from edanalyze.analyse.trees.trees import Step, Tree
from edanalyze.analyse.witness import Exposure, Point, Witness
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Frame, Function

_TOLD = Bears.SENDS | Bears.DEFERS | Bears.STORES | Bears.FAILS
PUBLISHED = "EDA203"
STORED = "EDA206"


class AfterCommit:
    """Follows after-commit hooks."""

    def __init__(self, contexts: Contexts, bearing: Bearing) -> None:
        self._contexts = contexts
        self._engine = Engine(_Told(contexts.evaluator, bearing), contexts)

    def told(self, body: Tree, function: str, frame: Frame) -> Iterator[tuple[str, Witness]]:
        """What `function` hands over publishes or writes, with the code of the rule that speaks of it.

        The path starts within the callable, or where it was handed over.
        """
        run: Activation[bool] = Activation(function, frame)
        self._engine.block(body, [False], run)
        for exposure in run.exposures:
            witness = exposure.witness
            while len(witness) > 1 and witness[1].function.startswith(f"{function}."):
                witness = witness[1:]
            yield exposure.kind, witness

    def of_listener(self, function: str) -> Iterator[Witness]:
        """The publishes of a function that is registered for all commits."""
        summary = self._engine.run(Function(function), self._contexts.root(function), False)
        yield from (exposure.witness for exposure in summary.exposures if exposure.kind == PUBLISHED)


class _Told(Domain[bool]):
    """Exposes publishes and outbox rows; there is one state."""

    def __init__(self, evaluator: Evaluator, bearing: Bearing) -> None:
        self._evaluator = evaluator
        self._bearing = bearing
        self._passed: dict[str, bool] = {}

    def passes(self, function: str, state: bool) -> bool:
        """Whether a function neither sends nor stores anything, nor fails."""
        found = self._passed.get(function)
        if found is None:
            found = self._passed[function] = not self._bearing.of(function) & _TOLD
        return found

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
        """A publish, or an outbox row."""
        point = effect_point(effect, step, run.function)
        if effect.kind in {"publish", "deferred_publish"}:
            run.expose(PUBLISHED, (point,))
        elif effect.kind == "outbox" or is_outbox_write(effect, step.scope, self._evaluator):
            if is_new_row(effect, step.scope, self._evaluator.inner(step.scope, run.frame), self._evaluator):
                run.expose(STORED, (point,))
        return state

    def exposed(self, exposure: Exposure, point: Point, state: bool, run: Activation[bool]) -> None:
        """What a function that is called publishes or writes."""
        run.expose(exposure.kind, (point, *exposure.witness))
