"""The producer's side of delivery: whether every change is told, and told once it is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.records import PublishCall
from edanalyze.analyse.delivery.records import Producer, Reason
from edanalyze.analyse.witness import Witness
from edanalyze.facts.ir import Place
from edanalyze.facts.names import dotted

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

OUTBOX = "write an outbox row in the transaction of the change"
GAPS = {
    "EDA201": ("loss", "it is published after the commit of its change: a crash between the two loses it", OUTBOX, 4),
    "EDA205": ("loss", "it is published after a write that autocommits: a crash between the two loses it", OUTBOX, 4),
    "EDA203": ("loss", "it is published in an after-commit hook: a crash before the hook has run loses it", OUTBOX, 4),
    "EDA202": (
        "repetition",
        "it is published before the commit of its change: when that fails and is tried again, it is published again",
        OUTBOX,
        4,
    ),
    "EDA206": (
        "loss",
        "its outbox row is written apart from the change: a crash between the two loses it",
        "write the row in the transaction of the change",
        2,
    ),
    "EDA204": ("loss", "nobody learns whether the broker took it", "wait for the broker's confirmation", 1),
}
"""By the code of the rule that speaks of it: what it leads to, why, and what would take it away."""


class Producers:
    """Finds the reasons of one publish."""

    def __init__(self, system: System) -> None:
        self._system = system

    def producer(self, call: PublishCall) -> Producer:
        """The record of a publish, at the call that fixes its topic."""
        path = self._system.program.paths[call.site.module]
        return Producer(dotted(call.site.function), path, call.site.place.line)

    def reasons(self, call: PublishCall) -> Iterator[Reason]:
        """Why a message of this publish may be lost or sent twice."""
        for code, witness in self._gaps.get((call.module, call.place), ()):
            if _same_way(witness, call.path):
                effect, message, change, cost = GAPS[code]
                path, line = self._system.program.paths[witness[0].module], witness[0].place.line
                yield Reason(effect, "producer", code, message, path, line, f"{change} ({path}:{line})", cost)

    @cached_property
    def _gaps(self) -> dict[tuple[str, Place], list[tuple[str, Witness]]]:
        """The findings by the physical call that publishes (or stores)."""
        found: dict[tuple[str, Place], list[tuple[str, Witness]]] = defaultdict(list)
        system = self._system
        for item in system.transactions:
            healed = item.code in {"EDA201", "EDA205"} and (
                system.redelivery.heals(item) or system.resending.resends(item)
            )
            if item.code in GAPS and not item.guess and not healed:
                last = item.witness[-1]
                found[(last.module, last.place)].append((item.code, item.witness))
        for missing in system.confirmations.missing():
            if not missing.guess:
                last = missing.witness[-1]
                found[(last.module, last.place)].append(("EDA204", missing.witness))
        return found


def _same_way(witness: Witness, path: Witness) -> bool:
    """Whether two paths to one call agree as far as both go."""
    places = [(point.module, point.place) for point in witness]
    others = [(point.module, point.place) for point in path]
    shared = min(len(places), len(others))
    return places[-shared:] == others[-shared:]
