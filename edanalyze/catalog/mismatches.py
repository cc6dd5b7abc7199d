"""Mismatches: fields that a consumer reads although no producer sends them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from edanalyze.catalog.records import Catalogue, Consumer, FieldRead, Message, Schema


class Mismatch(NamedTuple):
    """A field that `consumer` reads of `message` at `read`, and that nobody sends."""

    message: Message
    consumer: Consumer
    read: FieldRead


def mismatches(catalogue: Catalogue) -> Iterator[Mismatch]:
    """All of them, for messages whose payload is known in full, when the message is the only one of its channel."""
    channels: dict[str, int] = {}
    for message in catalogue.messages:
        channels[message.channel] = channels.get(message.channel, 0) + 1
    for message in catalogue.messages:
        if message.internal or not message.producers or (message.channel and channels[message.channel] > 1):
            continue
        for consumer in message.consumers:
            for read in consumer.reads:
                if read.required and not _is_sent(message.schema, read.name.split(".")):
                    yield Mismatch(message, consumer, read)


def _is_sent(schema: Schema, path: list[str]) -> bool:
    """Whether a field may be there; yes wherever the schema does not say."""
    for part in path:
        name = part.removesuffix("[]")
        if "properties" not in schema or "x-unknown" in schema:
            return True
        if name not in schema["properties"]:
            return False
        schema = schema["properties"][name]
        while part.endswith("[]") and schema.get("type") == "array":
            part, schema = part.removesuffix("[]"), schema.get("items", {})
    return True
