"""The event catalogue as plain records: the JSON shape that is written, rendered and compared."""

from __future__ import annotations

from typing import Any

import msgspec

VERSION = 1
KINDS = ("event", "command", "message")
INTERNAL = "in-process"
"""The transport of what a bus hands to functions of the same process."""

Schema = dict[str, Any]
"""A JSON Schema. `x-unknown` says why a part of it is not known."""


class Producer(msgspec.Struct, frozen=True):
    """A call that sends a message: the place that builds it, and how it is sent.

    `schema` and `headers` are what this call sends. `key` is the key as it is written in the code, "" when there is
    none. `correlation_id` is the field or header that holds an identifier of what caused it; "" when none is known.
    `findings` are the codes of the diagnostics at this call. `schema_source` is the file and line of the schema that it
    is sent by, "" when the code alone tells what is sent.
    """

    service: str
    function: str
    path: str
    line: int
    api: str
    schema: Schema
    headers: Schema
    key: str = ""
    correlation_id: str = ""
    confidence: str = "certain"
    findings: tuple[str, ...] = ()
    schema_source: str = ""


class FieldRead(msgspec.Struct, frozen=True):
    """A field that a consumer reads; `required`: it fails when the field is missing."""

    name: str
    required: bool
    path: str
    line: int


class Consumer(msgspec.Struct, frozen=True):
    """An entry point that receives a message, and the fields that it reads.

    `at_least_once` and `dead_letter` are None where the code does not say. `ack` says when a message is settled, and
    `verdict` what may happen to it on its way, as `edanalyze delivery` does.
    """

    service: str
    function: str
    path: str
    line: int
    reads: tuple[FieldRead, ...] = ()
    group: str = ""
    at_least_once: bool | None = None
    ack: str = "none"
    dead_letter: bool | None = None
    verdict: str = ""


class Message(msgspec.Struct, frozen=True):
    """An event or command of the system.

    `id` is unique in a catalogue and fit for file names and URLs. `kind` is one of `KINDS`, `why` says what tells it.
    `channel` is the name that producer and consumer share, `transport` what carries it. `version` is "" where none is
    known; `owner` the team or service that answers for it and `owner_source` where that comes from; `sla` and
    `description` come from configuration and docstrings. `schema_source` names the files that declare the schema.
    """

    id: str
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
    schema: Schema = {}
    headers: Schema = {}
    producers: tuple[Producer, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    schema_source: str = ""

    @property
    def internal(self) -> bool:
        """Whether it stays within its process: it is no contract with anybody outside."""
        return self.transport == INTERNAL

    @property
    def ends(self) -> tuple[Producer | Consumer, ...]:
        """Who sends it, then who receives it."""
        return (*self.producers, *self.consumers)


class Catalogue(msgspec.Struct, frozen=True):
    """All messages of a system, sorted by id."""

    version: int
    title: str
    messages: tuple[Message, ...]
