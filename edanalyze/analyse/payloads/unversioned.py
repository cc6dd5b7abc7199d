"""Unversioned messages: structured payloads that tell nothing of their version, and the exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from edanalyze.analyse.payloads.records import Payload
from edanalyze.analyse.payloads.versions import Evidence, evidence
from edanalyze.link.values import Hole

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

_REPLY = re.compile(r"reply", re.I)


def unversioned(system: System) -> Iterator[tuple[Payload, bool]]:
    """Payloads without a version, each place that builds one once, and whether they tell at least their type."""
    kept: dict[tuple[object, ...], tuple[Payload, Evidence]] = {}
    for payload in system.payloads.all:
        if _is_reply(payload) or not _is_message(payload):
            continue
        judged = (
            _arguments(system, payload)
            if payload.shape is not None and payload.shape.form == "arguments"
            else [payload]
        )
        for each in judged:
            found = evidence(each)
            key = (payload.built.module, payload.built.place)
            if found is Evidence.NONE or (found is Evidence.TYPE and key not in kept):
                kept[key] = (payload, found)
    for payload, found in kept.values():
        yield payload, found is Evidence.TYPE


def _is_message(payload: Payload) -> bool:
    """Whether it is more than the arguments of a remote call that is waited for."""
    return payload.effect.kind != "rpc" or "payload" in payload.effect.api.slots


def _is_reply(payload: Payload) -> bool:
    """Whether it answers a request: whoever asked knows what he asked for."""
    topic = payload.topic
    return topic is not None and any(isinstance(part, Hole) and _REPLY.search(part.name) for part in topic.parts)


def _arguments(system: System, payload: Payload) -> list[Payload]:
    """The structured arguments of a task that another service runs, as payloads of their own."""
    assert payload.shape is not None
    own = system.service_of(system.program.paths[payload.module])
    calls = system.binding.publish_of_physical(payload.module, payload.place)
    receivers = {system.service_of(system.program.paths[entry.module]) for call in calls for entry in call.consumers}
    if own in receivers or any(call.task is not None for call in calls):
        return []
    return [replace(payload, type=each.type) for each in payload.shape.fields if each.type.shape is not None]
