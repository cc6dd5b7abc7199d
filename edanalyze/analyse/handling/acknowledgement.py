"""Acknowledgement: effects that a message handler has after the message was settled."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edanalyze.analyse.bearing import AFFECTS, Bearing, Bears
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.engine.domain import Activation, Domain
from edanalyze.analyse.trees.trees import Aside, Attempt, Repeat, Rescue, Scoped, Step
from edanalyze.analyse.witness import INHERITED, Exposure, Point, Witness

if TYPE_CHECKING:
    from edanalyze.analyse.engine.engine import Engine

LASTING = frozenset({"write", "dedupe", "http", "publish", "mail", "payment", "commit", "outbox"})
UNACKNOWLEDGED = frozenset({"redis-pubsub", "mqtt", "zmq", "postgres-notify"})
"""Transports that deliver at most once and know no acknowledgement."""
SETTLING = frozenset({"ack", "commit_offset", "store_offset", "delete", "checkpoint", None})


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether the message was acknowledged on this path, and where; `sure`: before the `try` that runs."""

    ack: Witness | None = None
    sure: bool = False


Report = Callable[[Witness, Witness], None]  # the acknowledgement, the effect that follows


class Acknowledgement(Domain[Settled]):
    """The domain of EDA302 for explicit acknowledgements."""

    def __init__(self, bearing: Bearing, report: Report) -> None:
        self._bearing = bearing
        self._report = report

    def passes(self, function: str, state: Settled) -> bool:
        """Whether a function settles nothing, nor has any effect after the message was settled, nor fails."""
        matters = Bears.SETTLES | Bears.RAISES if state.ack is None else AFFECTS | Bears.RAISES
        return not self._bearing.may(function, matters)

    def shape(self, state: Settled) -> Hashable:
        """Whether and where."""
        return None if state.ack is None else (bool(state.ack), state.ack[-1:] and state.ack[-1].place, state.sure)

    def entry(self, state: Settled) -> Settled:
        """An acknowledgement by the caller is inherited."""
        return state if state.ack is None else Settled(INHERITED)

    def exit(self, callers: Sequence[Settled], state: Settled, point: Point) -> Settled:
        """An acknowledgement by the callee is reached through the call."""
        if state.ack is None or not state.ack:
            return next((caller for caller in callers if caller.ack is not None), state)
        return Settled((point, *state.ack))

    def effect(self, effect: Effect, step: Step, state: Settled, run: Activation[Settled]) -> Settled:
        """An effect after the acknowledgement is reported, an acknowledgement remembered."""
        point = Point(step.scope.module, run.function, step.call.place, _says(effect), effect.likely)
        if effect.kind == "ack" and effect.api.data.get("action") in SETTLING and not effect.api.data.get("raised"):
            return Settled((point,)) if state.ack is None else state
        if effect.kind in LASTING and state.ack is not None:
            self._late((point,), state, run)
        return state

    def _late(self, witness: Witness, state: Settled, run: Activation[Settled]) -> None:
        if state.ack:
            self._report(state.ack, witness)
        else:
            run.expose("effect", witness)

    def exposed(self, exposure: Exposure, point: Point, state: Settled, run: Activation[Settled]) -> None:
        """A callee has an effect after this function's acknowledgement."""
        if state.ack is not None:
            self._late((point, *exposure.witness), state, run)

    def attempt(self, node: Attempt, state: Settled, run: Activation[Settled]) -> Settled:
        """What was acknowledged before a `try` is acknowledged whatever fails in it."""
        return replace(state, sure=state.ack is not None)

    def rescued(self, node: Attempt, rescue: Rescue, state: Settled, run: Activation[Settled]) -> Settled:
        """What fails in a `try` that acknowledges at its end fails before that: the clause still has the message."""
        return state if state.sure else Settled()

    def leave(self, node: Scoped, state: Settled, completed: bool, run: Activation[Settled]) -> Settled:
        """A scope that acknowledges does so when it is left."""
        for effect in node.effects:
            if effect.kind == "ack_scope" and completed and state.ack is None:
                point = Point(node.scope.module, run.function, effect.call.place, _says(effect), effect.likely)
                return Settled((point,))
        return state

    def aside(self, node: Aside, state: Settled, run: Activation[Settled], engine: Engine[Settled]) -> list[Settled]:
        """What is left to a task of its own runs after the acknowledgement that precedes its start."""
        if node.kind == "deferred" and state.ack is not None:
            engine.block(node.body, [state], run)
            return [state]
        return super().aside(node, state, run, engine)

    def again(self, node: Repeat, state: Settled) -> Settled:
        """The next message is not acknowledged yet."""
        return Settled()


def _says(effect: Effect) -> str:
    name = effect.name.rpartition(".")[2]
    return {
        "ack": f"`{name}` acknowledges the message",
        "ack_scope": f"`{name}` acknowledges the message when it is left",
        "write": f"`{name}` writes to the database",
        "http": f"`{name}` sends an HTTP request",
        "publish": f"`{name}` publishes a message",
        "mail": f"`{name}` sends mail",
        "payment": f"`{name}` moves money",
        "commit": f"`{name}` commits",
        "outbox": f"`{name}` stores an event",
    }.get(effect.kind, effect.kind)
