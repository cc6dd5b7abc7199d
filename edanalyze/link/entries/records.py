"""Entry points: the functions that the outside world starts, and how what they receive is delivered."""

from __future__ import annotations

from dataclasses import dataclass

from edanalyze.facts import ir
from edanalyze.link.values import Frame, Function, String


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages reach a handler.

    `at_least_once`: whether the same message may come again; None when that is not known. `ack`: when a message is
    settled: "before" the handler runs, "after" it returned, "manual" by a call in its code, "timer" (auto-commit in
    the background), "none" (nothing to settle). `automatic`: module and place of the argument or constructor that
    settles without a call, None when the code does it. `retries`: whether a failed handler is run again without the
    code asking for it. `dead_letter`: whether failed messages are kept aside; None when the code does not say.
    `message`: the names under which the handler holds what it received.
    """

    at_least_once: bool | None = None
    ack: str = "none"
    automatic: tuple[str, ir.Place] | None = None
    retries: bool = False
    dead_letter: bool | None = None
    message: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One way in which the outside world starts a function of the project.

    `kind`: "route", "handler" (of broker messages), "task" (of a task queue), "job" (scheduled), "command" or "rpc".
    `function` is the function (`module:qualname`) whose `def` line is meant, for a class-based view whose code is all
    the framework's the class; `value` is the function as it is really run (a decorator's wrapper, a bound method),
    None in that last case. `driver` is the loop or callback that passes the message on to it, `frame` the context in
    which the loop runs and `held` the names that it has for the message; None when the function is run directly.
    `name` is what a graph calls it. Routes have `methods` ("*" for any) and a `path` with a leading slash, `{name}` for
    a segment and `{name:path}` for the rest, "" where only the platform knows it; handlers, tasks and procedures have
    `topics`, consumers of a log a `group`. `place` spans the name in the `def` line, `declared` is the module and place
    of the registration.
    """

    kind: str
    function: str
    value: Function | None
    name: str
    module: str
    place: ir.Place
    declared: tuple[str, ir.Place]
    library: str
    methods: tuple[str, ...] = ()
    path: str = ""
    topics: tuple[String, ...] = ()
    transport: str = ""
    delivery: Delivery = Delivery()
    group: tuple[String, ...] = ()
    driver: Function | None = None
    frame: Frame | None = None
    held: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """The module that registers it, in which names that are not literal hold."""
        return self.declared[0]
