"""Records of declared queues and subscriptions."""

from __future__ import annotations

from typing import NamedTuple

from edanalyze.facts import ir


class Declared(NamedTuple):
    """One declaration of a queue or subscription in code.

    `entity` is "queue", "subscription" or "event-source-mapping". `names` are what it is called, as texts of templates.
    `routed` says whether failed messages are kept aside; None when that is not known. `parked` are the exchanges,
    queues and topics that its failed messages go to. `limited`: a message is delivered a number of times at most.
    `likely`: recognised by names, because the receiver is unresolved.
    """

    entity: str
    names: tuple[str, ...]
    module: str
    function: str
    place: ir.Place
    routed: bool | None
    parked: tuple[str, ...] = ()
    likely: bool = False
    library: str = ""
    limited: bool = False


class Undelivered(NamedTuple):
    """A declaration without dead letters: in code (`module` and `function` are set) or in a file at `path`."""

    entity: str
    name: str
    path: str
    place: ir.Place
    module: str = ""
    function: str = ""
    likely: bool = False
