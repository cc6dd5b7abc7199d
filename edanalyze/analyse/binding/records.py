"""The records of binding: an HTTP call with the routes it reaches, a publish with its topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.routing import Way
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.trees.trees import Step
from edanalyze.analyse.witness import Point
from edanalyze.facts.ir import Place
from edanalyze.link.entries import EntryPoint
from edanalyze.link.values import Function, String

if TYPE_CHECKING:
    from edanalyze.analyse.landscape import Reached


@dataclass(frozen=True, slots=True, eq=False)
class HttpCall:
    """One use of a library's HTTP call: a physical call together with the place that fixes its URL.

    `module`, `function` and `place` are those of the physical call, `site` is the call that fixes the URL and `path`
    leads from there down to the physical call (the site first). `methods` holds "*" when the method is not known.
    `url` is joined with the base URL of the client, `ways` are the addresses at which it may arrive, `asked` the names
    by which the code looks the host up. `targets` are the routes it reaches: several when the call is
    ambiguous or passes on whatever it receives. `service` is the called service, `external` a public host, `host`
    the host as far as the code tells; `reason` says why neither routes nor service could be told. `elsewhere` is
    where it leads in other systems whose facts are known. `made`: the site constructs the object that makes the call.
    """

    effect: Effect
    step: Step
    module: str
    function: str
    place: Place
    site: Point
    path: tuple[Point, ...]
    methods: tuple[str, ...]
    url: String
    ways: tuple[Way, ...] = ()
    asked: tuple[str, ...] = ()
    host: str = ""
    targets: tuple[EntryPoint, ...] = ()
    service: str = ""
    external: str = ""
    reason: str = ""
    confidence: str = "certain"
    made: bool = False
    elsewhere: Reached | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RpcCall:
    """A call of a remote procedure: `method` is its name (or the queue that is asked), `target` whom the code names.

    `targets` are the procedures it reaches, `service` is the called service; `reason` says why neither could be told.
    """

    effect: Effect
    step: Step
    module: str
    function: str
    place: Place
    method: str
    target: str
    targets: tuple[EntryPoint, ...] = ()
    service: str = ""
    reason: str = ""
    confidence: str = "certain"


@dataclass(frozen=True, slots=True, eq=False)
class PublishCall:
    """One use of a call that sends a message: a physical call together with the place that fixes its topic.

    `topic` is the name that producer and consumer share, "" when it is not known (`reason` says why); `destination`
    is the same with its holes, `exchange` and `key` the parts of an AMQP address, `bus` that of an event that is
    addressed by its type. `task` is the function that an enqueued task runs. `consumers` are the entry points that
    receive the message.
    """

    effect: Effect
    step: Step
    module: str
    function: str
    place: Place
    site: Point
    path: tuple[Point, ...]
    topic: str
    destination: String
    transport: str = ""
    exchange: str = ""
    key: str = ""
    bus: str = ""
    task: Function | None = None
    consumers: tuple[EntryPoint, ...] = ()
    reason: str = ""
    confidence: str = "certain"
