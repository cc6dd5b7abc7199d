"""The records of the delivery verdict (docs/schema/delivery.schema.json describes them as JSON)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

LOSE_AND_DUPLICATE = "may lose and duplicate"
LOSE = "may lose"
DUPLICATE = "may duplicate"
UNKNOWN = "unknown"
SAFE = "safe"
VERDICTS = (LOSE_AND_DUPLICATE, LOSE, DUPLICATE, UNKNOWN, SAFE)
"""The verdicts, the worst first."""


class Reason(msgspec.Struct, frozen=True):
    """Why a message may be lost or handled twice, or why that cannot be told.

    `effect` is "loss", "repetition" or "unknown"; `side` "producer" or "consumer". `code` is the rule that speaks of
    the same ("" for none). `change` is what would take the reason away, "" where nothing in the code would. `cost`
    orders changes: 1 is a setting or a line that moves, 5 another broker.
    """

    effect: str
    side: str
    code: str
    message: str
    path: str
    line: int
    change: str = ""
    cost: int = 0


class Producer(msgspec.Struct, frozen=True):
    """A call that publishes to the topic: its function (dotted), file and line."""

    function: str
    path: str
    line: int


class Verdict(msgspec.Struct, frozen=True):
    """What may happen to a message of one topic on its way to one consumer.

    `consumer` is the handler (dotted), `path` and `line` its `def`. `acknowledged` says when a message is settled:
    "before" the handler runs, "after" it, by a "manual" call, by a "timer", or "none". `redelivered`: whether the same
    message may come again; None when that is not known. `change` is the cheapest change that makes it safe, the steps
    in the order of their cost.
    """

    topic: str
    transport: str
    consumer: str
    service: str
    path: str
    line: int
    verdict: str
    acknowledged: str
    redelivered: bool | None
    producers: tuple[Producer, ...]
    reasons: tuple[Reason, ...]
    change: tuple[str, ...] = ()

    @property
    def sort_key(self) -> tuple[str, str, str, int]:
        """Order of reports: by topic, then consumer."""
        return (self.topic, self.consumer, self.path, self.line)


def verdict_of(effects: Iterable[str]) -> str:
    """The verdict that the effects of the reasons come to."""
    found = set(effects)
    if {"loss", "repetition"} <= found:
        return LOSE_AND_DUPLICATE
    if "loss" in found:
        return LOSE
    if "repetition" in found:
        return DUPLICATE
    return UNKNOWN if "unknown" in found else SAFE
