"""The catalogue as an AsyncAPI 3.0 document of the whole system, with an operation for each end of each channel.

What stays within a process is no part of it.
"""

from __future__ import annotations

import re
from typing import Any

from edanalyze.catalog.records import Catalogue, Consumer, Message, Producer

VERSION = "3.0.0"
_NOT_KEY = re.compile(r"[^\w.\-]+")


def to_asyncapi(catalogue: Catalogue) -> str:
    """The document as YAML, keys in the order in which the specification lists them."""
    import yaml  # only where it is written

    return yaml.dump(document(catalogue), sort_keys=False, allow_unicode=True, width=110)


def document(catalogue: Catalogue) -> dict[str, Any]:
    """The document as plain data."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for message in catalogue.messages:
        if message.internal:
            continue
        channel = _key(message.channel or message.name)
        made = channels.setdefault(channel, {"address": message.channel or None, "messages": {}})
        made["messages"][message.id] = {"$ref": f"#/components/messages/{message.id}"}
        messages[message.id] = _message(message)
        for end in message.ends:
            _operation(operations, channel, message, end)
    return {
        "asyncapi": VERSION,
        "info": {"title": catalogue.title, "version": "1"},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _message(message: Message) -> dict[str, Any]:
    made: dict[str, Any] = {"name": message.name, "title": message.name}
    if message.description:
        made["summary"] = message.description
    made["contentType"] = "application/json"
    if message.headers.get("properties"):
        made["headers"] = {"type": "object", **message.headers}
    made["payload"] = message.schema
    identifier = next((end.correlation_id for end in message.producers if end.correlation_id), "")
    if identifier:
        where = "header" if identifier in message.headers.get("properties", {}) else "payload"
        made["correlationId"] = {"location": f"$message.{where}#/{identifier}"}
    made["x-kind"] = message.kind
    for name, value in (("x-version", message.version), ("x-owner", message.owner), ("x-sla", message.sla)):
        if value:
            made[name] = value
    return made


def _operation(operations: dict[str, Any], channel: str, message: Message, end: Producer | Consumer) -> None:
    """One operation for each service, action and channel; further messages and places are added to it."""
    action = "send" if isinstance(end, Producer) else "receive"
    key = _key(f"{end.service or 'system'}.{action}.{channel}")
    made = operations.setdefault(
        key,
        {
            "action": action,
            "channel": {"$ref": f"#/channels/{_pointer(channel)}"},
            "messages": [],
            "x-service": end.service,
            "x-code": [],
        },
    )
    reference = {"$ref": f"#/channels/{_pointer(channel)}/messages/{message.id}"}
    if reference not in made["messages"]:
        made["messages"].append(reference)
    place = f"{end.path}:{end.line}"
    if place not in made["x-code"]:
        made["x-code"].append(place)


def _key(text: str) -> str:
    """A text as a key of the document: letters, digits, dots, hyphens and underscores."""
    return _NOT_KEY.sub("_", text).strip("_") or "unknown"


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
