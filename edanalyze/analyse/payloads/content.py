"""The record of what is sent: a value, how it was serialised, and the parameter that decides where it is not known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edanalyze.analyse.payloads.records import Dump
from edanalyze.facts import ir
from edanalyze.link.values import Display, Frame, Hole, Value


@dataclass(frozen=True, slots=True)
class Made:
    """A mapping made by `dict(...)` or `a | b`, with the frame in which its parts are evaluated."""

    expr: ir.Call | ir.Operation
    frame: Frame

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Made) and self.expr is other.expr and self.frame is other.frame

    def __hash__(self) -> int:
        return hash((id(self.expr), id(self.frame)))


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: `value` is None when it could not be resolved, and `why` says why.

    `hole` is the parameter that decides, also where the parameter is declared as the class of `value`, and `holder` the
    function that has it. `frames` are
    the contexts that the value went through after it was made, the last first.
    """

    value: Value | Made | None = None
    hole: Hole | None = None
    holder: str = ""
    dumps: tuple[Dump, ...] = ()
    why: str = ""
    frames: tuple[Frame, ...] = field(default=(), compare=False)

    def dumped(self, dump: Dump) -> Content:
        """The same, serialised."""
        return self if dump in self.dumps else replace(self, dumps=(*self.dumps, dump))

    def within(self, frame: Frame) -> Content:
        """The same, handed through a context."""
        return self if frame in self.frames else replace(self, frames=(frame, *self.frames))


def is_mapping(content: Content) -> bool:
    """Whether it is a mapping whose keys are written down."""
    value = content.value
    return isinstance(value, Made) or (isinstance(value, Display) and not isinstance(value.expr, ir.Items))
