"""What an analysis says to the engine: its state, what effects do to it, and the records of a run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import msgspec

from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.trees.trees import Aside, Attempt, Mutation, Repeat, Rescue, Scoped, Step
from edanalyze.analyse.witness import Exposure, Point, Witness
from edanalyze.facts import ir
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame

if TYPE_CHECKING:
    from edanalyze.analyse.engine.engine import Engine

S = TypeVar("S")


class Activation(msgspec.Struct, Generic[S], eq=False):
    """One run of a function: where it is, in which context, and what it exposes to its caller."""

    function: str
    frame: Frame
    exposures: list[Exposure] = []
    tries: int = 0
    at_yield: Callable[[Sequence[S]], tuple[list[S], list[S]]] | None = None

    def expose(self, kind: str, witness: Witness) -> None:
        """Tell the caller what was done to its state, once per kind and place."""
        last = witness[-1] if witness else None
        for known in self.exposures:
            if known.kind == kind and (known.witness[0].place, known.witness[-1]) == (witness[0].place, last):
                return
        self.exposures.append(Exposure(kind, witness))


class Flow(msgspec.Struct, Generic[S], eq=False):
    """Where control goes after a block, with the states that go there."""

    next: list[S] = []
    returned: list[S] = []
    raised: list[S] = []
    broke: list[S] = []
    continued: list[S] = []


class Summary(msgspec.Struct, Generic[S], frozen=True, gc=False, eq=False):
    """What a function does: exit states by return and by exception, and what it exposes."""

    exits: tuple[S, ...]
    raised: tuple[S, ...]
    exposures: tuple[Exposure, ...]


class Domain(ABC, Generic[S]):
    """An analysis: its state and what effects do to it."""

    transparent: ClassVar[bool] = False
    """Whether a callee that ends in the state in which it was entered leaves its caller in the state of the call."""

    def passes(self, function: str, state: S) -> bool:
        """Whether a function returns and leaves a state as it is, whatever the context."""
        return False

    def settles(self, function: str, state: S) -> S | None:
        """A state that may stand for this one where a function leaves both as they are, but may raise; else None."""
        return None

    @abstractmethod
    def shape(self, state: S) -> Hashable:
        """What tells states apart; two states of one shape are merged, the first is kept."""

    @abstractmethod
    def entry(self, state: S) -> S:
        """The state of a caller as a callee sees it."""

    @abstractmethod
    def exit(self, callers: Sequence[S], state: S, point: Point) -> S:
        """The exit state of a callee as its caller at `point` sees it; `callers` are the states it was called in."""

    def ended(self, states: list[S]) -> list[S]:
        """The states in which a function returns, seen together."""
        return states

    def resume(self, caller: S, state: S) -> S:
        """The state in which a context manager goes on after its `yield`; `caller` is that in which it was entered."""
        return self.entry(state)

    @abstractmethod
    def effect(self, effect: Effect, step: Step, state: S, run: Activation[S]) -> S:
        """The state after a library effect."""

    def exposed(self, exposure: Exposure, point: Point, state: S, run: Activation[S]) -> None:
        """A callee did something to `state`."""

    def mutation(self, node: Mutation, state: S, run: Activation[S]) -> S:
        """An attribute of an object was assigned."""
        return state

    def enter(self, node: Scoped, state: S, run: Activation[S]) -> S:
        """A `with` scope was entered."""
        return state

    def leave(self, node: Scoped, state: S, completed: bool, run: Activation[S]) -> S:
        """A `with` scope was left, by completion or by an exception."""
        return state

    def attempt(self, node: Attempt, state: S, run: Activation[S]) -> S:
        """The body of a `try` is entered."""
        return state

    def attempted(self, node: Attempt, state: S, run: Activation[S]) -> S:
        """The body of a `try` is left."""
        return state

    def rescued(self, node: Attempt, rescue: Rescue, state: S, run: Activation[S]) -> S:
        """An `except` clause is entered."""
        return state

    def assume(self, test: ir.Expr, scope: Scope, outcome: bool, state: S, run: Activation[S]) -> S | None:
        """The state on one side of a branch; None when that side cannot be taken."""
        return state

    def begun(self, node: Repeat, state: S) -> S:
        """The state when a loop is entered."""
        return state

    def again(self, node: Repeat, state: S) -> S:
        """The state when a loop starts over."""
        return state

    def aside(self, node: Aside, state: S, run: Activation[S], engine: Engine[S]) -> list[S]:
        """Code that runs aside; by default concurrent code runs in line and the rest not at all."""
        if node.kind == "concurrent":
            return engine.block(node.body, [state], run).next or [state]
        return [state]
