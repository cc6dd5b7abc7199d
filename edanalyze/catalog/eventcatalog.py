"""The catalogue as the files of an EventCatalog site: events, commands, channels and services."""

from __future__ import annotations

import json
import re
from typing import Any

from edanalyze.catalog.records import Catalogue, Message

FOLDERS = {"event": "events", "command": "commands", "message": "events"}
UNVERSIONED = "0.0.0"
_NOT_ID = re.compile(r"[^\w.\-]+")


def to_eventcatalog(catalogue: Catalogue) -> dict[str, str]:
    """The files by their paths below the folder of the site."""
    found: dict[str, str] = {}
    for message in catalogue.messages:
        folder = f"{FOLDERS[message.kind]}/{message.id}"
        found[f"{folder}/index.mdx"] = _page(_front(message), _text(message))
        found[f"{folder}/schema.json"] = json.dumps(message.schema, indent=2, ensure_ascii=False) + "\n"
    for channel, messages in _by_channel(catalogue).items():
        front: dict[str, Any] = {
            "id": _id(channel),
            "name": channel,
            "version": UNVERSIONED,
            "address": channel,
            "protocols": sorted({message.transport for message in messages if message.transport}),
        }
        found[f"channels/{_id(channel)}/index.mdx"] = _page(front, f"Carries {len(messages)} kinds of messages.")
    for service in sorted({end.service for message in catalogue.messages for end in message.ends} - {""}):
        sends = [m for m in catalogue.messages if any(end.service == service for end in m.producers)]
        receives = [m for m in catalogue.messages if any(end.service == service for end in m.consumers)]
        front = {
            "id": _id(service),
            "name": service,
            "version": UNVERSIONED,
            "sends": [_reference(message) for message in sends],
            "receives": [_reference(message) for message in receives],
        }
        found[f"services/{_id(service)}/index.mdx"] = _page(front, "<NodeGraph />")
    return dict(sorted(found.items()))


def _by_channel(catalogue: Catalogue) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for message in catalogue.messages:
        if message.channel:
            found.setdefault(message.channel, []).append(message)
    return dict(sorted(found.items()))


def _reference(message: Message) -> dict[str, str]:
    return {"id": message.id, "version": _version(message)}


def _version(message: Message) -> str:
    """A version in three parts, as the site sorts them."""
    numbers = re.findall(r"\d+", message.version)[:3]
    return ".".join([*numbers, "0", "0", "0"][:3]) if numbers else UNVERSIONED


def _front(message: Message) -> dict[str, Any]:
    front: dict[str, Any] = {
        "id": message.id,
        "name": message.name,
        "version": _version(message),
        "summary": message.description or f"{message.kind.capitalize()}: {message.why}.",
    }
    if message.channel:
        front["channels"] = [{"id": _id(message.channel), "version": UNVERSIONED}]
    if message.owner and message.owner_source != "service":
        front["owners"] = [_id(message.owner.lstrip("@"))]
    front["schemaPath"] = "schema.json"
    return front


def _text(message: Message) -> str:
    lines = [f"Sent by `{end.function}` ({end.path}:{end.line})." for end in message.producers]
    lines += [f"Received by `{end.function}` ({end.path}:{end.line})." for end in message.consumers]
    if message.sla:
        lines.append(f"SLA: {message.sla}")
    return "\n\n".join([*lines, "<NodeGraph />", '<SchemaViewer file="schema.json" />'])


def _page(front: dict[str, Any], text: str) -> str:
    import yaml  # only where it is written

    return f"---\n{yaml.dump(front, sort_keys=False, allow_unicode=True, width=110)}---\n\n{text}\n"


def _id(text: str) -> str:
    return _NOT_ID.sub("-", text).strip("-") or "unknown"
