"""The records of a facts file: what other systems need to know of a system in order to be linked with it.

Every record names its `system` and is complete in itself, so that facts are sets: two files are merged by uniting them.
`path` is relative to the root of the record's system. Code is named by the ids it has in the graph of its system alone.
No record holds source text.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

VERSION = 1


class Hole(msgspec.Struct, frozen=True):
    """A part of a text that is not known: `kind` parameter, environment, attribute, call or unknown."""

    kind: str
    name: str = ""


Template: TypeAlias = tuple[str | Hole, ...]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A deployable unit, as in `edanalyze.discover.service.Service`; `hosts` are the names by which it is called."""

    system: str
    name: str
    kind: str
    path: str = ""
    hosts: tuple[str, ...] = ()


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A function that matters: an entry point (`kind` route, handler or job) or a function on the way to a call.

    `service` is the service that holds it, "" for none; `line` is that of its `def`.
    """

    system: str
    id: str
    kind: str
    name: str
    service: str = ""
    path: str = ""
    line: int = 0
    diagnostics: tuple[str, ...] = ()


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What may happen to the messages of a topic on their way to an entry point, as `edanalyze delivery` says."""

    topic: str
    verdict: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which code is started from outside: `kind` route, handler, task, job, command or rpc.

    `code` is the id of what is started. Routes have `methods` ("*" for any) and a `route` template; what consumes has
    `topics`, a `transport` and, for a log, the consumer `group`s; `scope` is the module in which names that are not
    literal hold. What answers to a remote call goes by the names in `owners` and `procedures`. `deliveries` are the
    verdicts on what it consumes.
    """

    system: str
    code: str
    kind: str
    service: str = ""
    methods: tuple[str, ...] = ()
    route: str = ""
    topics: tuple[Template, ...] = ()
    transport: str = ""
    group: tuple[Template, ...] = ()
    scope: str = ""
    owners: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One address at which a request may arrive.

    `passed`: a route passes on what it was asked for itself; `wholesale`: so that the end of the path may be anything.
    """

    address: Template
    methods: tuple[str, ...]
    passed: bool = False
    wholesale: bool = False


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP call. `sources` are ids of the code that fixes its URL, `path` and `line` the call that does.

    `url` is what the code says, `ways` the addresses that it leads to as the system's deployment has it, `asked` the
    names by which the code looks its host up. `targets` (ids of routes), `service` and `external` say where it leads
    within its system, `reason` why nothing is known of that. `waiting` are ids of the entry points that wait for it.
    """

    system: str
    sources: tuple[str, ...]
    methods: tuple[str, ...]
    url: Template
    ways: tuple[Way, ...] = ()
    asked: tuple[str, ...] = ()
    host: str = ""
    targets: tuple[str, ...] = ()
    service: str = ""
    external: str = ""
    reason: str = ""
    confidence: str = "certain"
    concurrent: bool = False
    waiting: tuple[str, ...] = ()
    via: str = ""
    path: str = ""
    line: int = 0
    diagnostics: tuple[str, ...] = ()


class RemoteCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a remote procedure: `method` of `owner` ("" when the code does not name one)."""

    system: str
    sources: tuple[str, ...]
    method: str
    owner: str = ""
    targets: tuple[str, ...] = ()
    service: str = ""
    reason: str = ""
    confidence: str = "certain"
    path: str = ""
    line: int = 0
    diagnostics: tuple[str, ...] = ()


class Publish(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is sent (`kind` publish) or stored to be sent (outbox).

    `topic` is the name that producer and consumer share, "" when it is not known (`reason` says why); `destination` is
    the same with its holes. `exchange` and `key` are the parts of an AMQP address, `bus` that of an event that is
    addressed by its type, `task` tells that a task is enqueued. `partition` says of a message to a log that keeps order
    by key whether it has one: "key", "none" or "unknown"; "" for all others.
    """

    system: str
    kind: str
    sources: tuple[str, ...]
    topic: str
    destination: Template = ()
    exchange: str = ""
    key: str = ""
    transport: str = ""
    bus: str = ""
    task: bool = False
    partition: str = ""
    reason: str = ""
    confidence: str = "certain"
    via: str = ""
    path: str = ""
    line: int = 0
    diagnostics: tuple[str, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """A line of a file of the same system."""

    path: str
    line: int


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A message at a call that sends it, as the event catalogue has it.

    `name`, `kind`, `why`, `channel`, `transport`, `version`, `owner`, `owner_source`, `sla` and `description` are those
    of the message; the rest is said of this call. `schema` and `headers` are JSON Schemas as JSON text. `receivers` are
    the `def` lines of the handlers in the same system that receive it.
    """

    system: str
    name: str
    kind: str
    why: str
    channel: str
    transport: str
    version: str = ""
    owner: str = ""
    owner_source: str = ""
    sla: str = ""
    description: str = ""
    service: str = ""
    function: str = ""
    path: str = ""
    line: int = 0
    api: str = ""
    schema: str = "{}"
    headers: str = "{}"
    schema_source: str = ""
    key: str = ""
    correlation_id: str = ""
    confidence: str = "certain"
    findings: tuple[str, ...] = ()
    receivers: tuple[Place, ...] = ()


class FieldRead(msgspec.Struct, frozen=True):
    """A field of a message that a handler reads; `required`: it fails when the field is missing."""

    name: str
    required: bool
    path: str
    line: int


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What a handler (with its `def` at `path` and `line`) reads of what it receives, and how that is settled."""

    system: str
    function: str
    service: str = ""
    path: str = ""
    line: int = 0
    reads: tuple[FieldRead, ...] = ()
    group: str = ""
    at_least_once: bool | None = None
    ack: str = "none"
    dead_letter: bool | None = None
    verdict: str = ""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call from `source` to `target` (ids of code), on the way to what sends something."""

    system: str
    source: str
    target: str
    path: str = ""
    line: int = 0
    diagnostics: tuple[str, ...] = ()


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry point writes to the database of `service` through a library, and the function (`via`) that does."""

    system: str
    source: str
    service: str
    library: str
    via: str = ""
    path: str = ""
    line: int = 0
    diagnostics: tuple[str, ...] = ()


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A way into a queue from an exchange or topic, for messages whose key fits `pattern` ("" for all).

    `scope` is the module in which the name of the queue holds; "" where it is literal.
    """

    system: str
    queue: str
    source: str
    pattern: str = ""
    scope: str = ""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange and its type: direct, topic, fanout or headers."""

    system: str
    name: str
    type: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A diagnostic, as far as a drawing tells of it."""

    system: str
    fingerprint: str
    code: str
    name: str
    message: str
    path: str
    line: int


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A file that could not be analysed."""

    system: str
    path: str
    reason: str


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A means to operate messages: what watches a backlog, brings messages back, or keeps contracts.

    `kind` is "lag" (how far consumers are behind), "dead letters" (how many there are), "replay" or
    "compatibility". `transports` are those it is for, () for any; `name` is the metric, command or file.
    """

    system: str
    kind: str
    name: str
    transports: tuple[str, ...] = ()
    path: str = ""
    line: int = 0


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked for in a system: operations, and the findings of the rules with these codes.

    `operated` tells whether the system runs a broker, declares its queues, or holds what watches it.
    """

    system: str
    rules: tuple[str, ...] = ()
    operated: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of one or several systems: sorted lists of distinct records."""

    version: int = VERSION
    services: tuple[Service, ...] = ()
    code: tuple[Code, ...] = ()
    entries: tuple[Entry, ...] = ()
    requests: tuple[Request, ...] = ()
    remote_calls: tuple[RemoteCall, ...] = ()
    publishes: tuple[Publish, ...] = ()
    calls: tuple[Call, ...] = ()
    writes: tuple[Write, ...] = ()
    feeds: tuple[Feed, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    sent: tuple[Sent, ...] = ()
    received: tuple[Received, ...] = ()
    operations: tuple[Operation, ...] = ()
    surveys: tuple[Survey, ...] = ()
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """The names of the systems that the records speak of, sorted."""
        return tuple(sorted({record.system for field in LISTS for record in getattr(self, field)}))


LISTS = tuple(field for field in Facts.__struct_fields__ if field != "version")
"""The fields of `Facts` that hold records."""
