"""AsyncAPI documents held against the messages of the code."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.analyse.drift.names import fits, near
from edanalyze.analyse.drift.records import Drift, are_few, in_document
from edanalyze.analyse.drift.used import Message, Used
from edanalyze.discover.documents import Channel, Document

_TRANSPORTS = {
    "kafka": "kafka",
    "kafka-secure": "kafka",
    "amqp": "amqp",
    "amqps": "amqp",
    "amqp1": "amqp",
    "mqtt": "mqtt",
    "secure-mqtt": "mqtt",
    "mqtt5": "mqtt",
    "nats": "nats",
    "redis": "redis",
    "sqs": "sqs",
    "sns": "sns",
    "pulsar": "pulsar",
    "googlepubsub": "pubsub",
    "stomp": "stomp",
}
"""What carries the messages of a protocol, as the beginning of the name of a transport."""


def channels(documents: list[Document], used: Used) -> Iterator[Drift]:
    """Messages without a channel, at the call or handler, and channels without a message, at the document's line."""
    missing: set[str] = set()
    for message in used.messages:
        speaking = [each for each in documents if used.covers(each, message.service) and _may_carry(each, message)]
        if not speaking or any(_is_shown(message.names, each) for each in documents):
            continue
        missing.add(message.topic)
        yield _undocumented(message, speaking, used)
    for document in documents:
        unused = [each for each in document.channels if not _is_used(each, used)]
        telling = are_few(len(unused), len(document.channels)) and used.is_resolved(document)
        for channel in unused:
            meant = near(channel.name, missing)
            if meant or telling:
                yield _unused(document, channel, meant)


def _undocumented(message: Message, speaking: list[Document], used: Used) -> Drift:
    """A message that the documents which speak of its service do not show."""
    names = {channel.name: (each, channel) for each in speaking for channel in each.channels}
    meant = near(message.topic, set(names) - used.names)
    if meant:
        document, channel = names[meant]
        where = f"documented as `{meant}` ({document.file}:{channel.line})"
    else:
        where = f"{', '.join(sorted(each.file for each in speaking))} does not show it"
    verb = "is sent" if message.sent else "is received"
    text = f"`{message.topic}` {verb} here and is not documented: {where}"
    return Drift(text, message.witness, message.likely)


def _unused(document: Document, channel: Channel, meant: str) -> Drift:
    """A channel that nothing in the code uses; `meant` is the name in the code that it is nearly called."""
    hint = f"; the code has `{meant}`" if meant else ""
    text = f"`{channel.name}` is documented, and nothing in the code sends or receives it{hint}"
    return Drift(text, (in_document(document.file, channel.line, f"documents `{channel.name}`"),), True)


def _is_used(channel: Channel, used: Used) -> bool:
    return any(fits(name, known) for name in (channel.name, *channel.aliases) for known in used.names)


def _is_shown(names: tuple[str, ...], document: Document) -> bool:
    return any(
        fits(shown, name)
        for name in names
        for channel in document.channels
        for shown in (channel.name, *channel.aliases)
    )


def _may_carry(document: Document, message: Message) -> bool:
    """Whether a document is about the transport of a message, as far as it says what its servers speak."""
    told = [_TRANSPORTS.get(each, each) for each in document.protocols]
    return bool(document.channels) and (
        not told or not message.transport or any(message.transport.startswith(each) for each in told)
    )
