"""What rules work with: the analysed system, the configuration, and the record of a finding."""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts.ir import Place

if TYPE_CHECKING:  # rules are loaded in runs that analyse nothing, too
    from edanalyze.analyse.binding.binding import HttpCall, PublishCall
    from edanalyze.analyse.cataloguing.broken import Broken
    from edanalyze.analyse.drift import Choreography, Drift
    from edanalyze.analyse.http.hops import RemoteHop
    from edanalyze.analyse.payloads.kinds import Kinds
    from edanalyze.analyse.payloads.ownership import Contested
    from edanalyze.analyse.payloads.records import Payload
    from edanalyze.analyse.reach import Reached
    from edanalyze.analyse.system import System
    from edanalyze.analyse.transactions.transaction import Found
    from edanalyze.catalog.lock import Lock
    from edanalyze.discover.settings import Config
    from edanalyze.link.entries import EntryPoint


@dataclass(frozen=True)
class Finding:
    """One place where a rule applies.

    `message` says what is wrong here and why it matters. The first point of `witness` is the place that is reported,
    the rest leads on to the effect. `before` are the points that precede it (the commit, the opened transaction).
    `guess`: not sure enough to be shown by default.
    """

    message: str
    witness: Witness
    before: Witness = ()
    guess: bool = False
    likely: bool = False

    def leading_to(self, path: Witness) -> Finding:
        """The same finding with further steps at the end of its path."""
        return replace(self, witness=(*self.witness, *path))


class Analysis:
    """The door of rules to the engine: `system` with everything computed on demand, and the run's `config`."""

    def __init__(
        self, system: System, config: Config, lock: Lock | None = None, today: datetime.date | None = None
    ) -> None:
        self.system = system
        self.config = config
        self._lock = lock
        self._today = today or datetime.date.today()

    @cached_property
    def _transactions(self) -> dict[str, list[Found]]:
        found: dict[str, list[Found]] = {}
        for item in self.system.transactions:
            found.setdefault(item.code, []).append(item)
        return found

    def transactions(self, code: str) -> list[Found]:
        """The findings of the transaction analysis for one code, one per reported place."""
        kept: dict[tuple[str, Place], Found] = {}
        ahead = self._transactions.get("EDA201", []) if code == "EDA205" else []
        explicit = {(item.witness[0].module, item.witness[0].place) for item in ahead}
        for item in self._transactions.get(code, []):
            if (item.witness[0].module, item.witness[0].place) in explicit:
                continue  # one path commits, another autocommits: one finding is enough
            if self.system.occasional.is_migration(item.witness[0].module):
                continue  # it runs once, before the system serves
            kept.setdefault((item.witness[0].module, item.witness[0].place), item)
        return list(kept.values())

    def point(self, function: str, message: str) -> Point:
        """The name in the `def` line of a function (or class) as a place to report."""
        program = self.system.program
        module = function.partition(":")[0]
        facts = program.functions.get(function) or program.classes.get(function)
        place = facts.place if facts is not None else Place(1, 1, 1, 1)
        return Point(module, function, place, message)

    def line(self, point: Point) -> str:
        """A point as `path:line` for use in messages."""
        return f"{self.system.program.paths[point.module]}:{point.place.line}"

    @staticmethod
    def subject(witness: Witness) -> str:
        """What happens at a place that leads to an effect, as the beginning of a message."""
        first, last = witness[0], witness[-1]
        if first is last:
            return first.message
        return f"{first.message.removesuffix(' is called')} {last.message.rpartition('`')[2].strip()}"

    def healed_by_redelivery(self, found: Found) -> bool:
        """Whether the message that led here comes again and is published then, or a job sends what was left unsent."""
        return self.system.redelivery.heals(found) or self.system.resending.resends(found)

    # ------------------------------------------------------------------ words

    @staticmethod
    def short(function: str) -> str:
        """A function's name without its module."""
        return function.partition(":")[2]

    @staticmethod
    def messages_of(entry: EntryPoint) -> str:
        """What an entry point receives, in words."""
        own = entry.function.rpartition(":")[2].rpartition(".")[2]
        is_known = entry.name and "{" not in entry.name and not (entry.kind == "handler" and entry.name == own)
        return f"`{entry.name}`" if is_known else "the message"

    @staticmethod
    def listed(parts: Iterable[str]) -> str:
        """Up to three parts as a list in words."""
        found = list(dict.fromkeys(parts))
        shown = ", ".join(found[:3])
        return f"{shown} and {len(found) - 3} more" if len(found) > 3 else shown

    @staticmethod
    def quoted(witness: Witness) -> str:
        """The name of the first step of a path, in backticks."""
        return f"`{witness[0].message.partition('`')[2].partition('`')[0]}`"

    @staticmethod
    def callee(call: HttpCall | RemoteHop) -> str:
        """Whom an HTTP call asks, in words."""
        from edanalyze.analyse.http.hops import RemoteHop

        if isinstance(call, RemoteHop):
            request = call.request
            return f"{request.service or request.host} ({request.system}/{request.path}:{request.line})"
        if call.elsewhere is not None:
            route = call.elsewhere.entries[0].name if call.elsewhere.entries else ""
            return f"`{route}` of {call.elsewhere.service}" if route else call.elsewhere.service
        if call.targets:
            target = call.targets[0]
            return f"`{target.name}` of {call.service}" if call.service else f"`{target.name}`"
        return call.service or call.external or call.url.text

    # --------------------------------------------------------------- handlers

    def is_lossy(self, entry: EntryPoint) -> bool:
        """Whether the configuration says that messages of all its topics may be lost."""
        topics = [topic.text for topic in entry.topics] or [entry.name]
        return all(any(fnmatch.fnmatch(topic, pattern) for pattern in self.config.lossy_topics) for topic in topics)

    # ---------------------------------------------------------------- tracing

    def uncorrelated(self, kind: str) -> Iterator[Witness]:
        """Publishes or HTTP calls, reached from an entry point, that carry no identifier."""
        return self.system.tracing.missing(kind)

    # --------------------------------------------------------------- contracts

    def unversioned(self) -> Iterator[tuple[Payload, bool]]:
        """Structured messages that tell no version, and whether they tell at least their type."""
        from edanalyze.analyse.payloads.unversioned import unversioned

        return unversioned(self.system)

    @cached_property
    def kinds(self) -> Kinds:
        """Tells events from commands."""
        from edanalyze.analyse.payloads.kinds import Kinds

        return Kinds(self.system, self.config.commands, self.config.events)

    def is_sent_from_elsewhere(self, entry: EntryPoint) -> bool:
        """Whether another service than its own is known to send what an entry point receives."""
        system = self.system
        own = system.service_of(system.program.paths[entry.module])
        senders = {
            system.service_of(system.program.paths[call.site.module]) for call in system.binding.producers(entry)
        }
        return bool(senders - {own})

    def broken_contracts(self) -> Iterator[Broken]:
        """What breaks the contracts that were agreed on, at both ends; nothing where there are none."""
        from edanalyze.analyse.cataloguing.broken import broken

        return broken(self.system, self.kinds, self._lock, self.config.deprecated, self._today)

    def contested(self) -> Iterator[Contested]:
        """Events that several services publish."""
        from edanalyze.analyse.payloads.ownership import contested

        return contested(self.system, self.kinds, self.config.shared_topics)

    def drifts(self) -> Iterator[Drift]:
        """Dependencies that only the code or only a checked-in document knows."""
        return self.system.drifts.find()

    def choreographies(self) -> Iterator[Choreography]:
        """Long chains of events without a coordinator that no checked-in diagram shows."""
        return self.system.drifts.choreographies.find()

    def unheard(self) -> Iterator[PublishCall]:
        """Publishes that nobody in the system receives."""
        from edanalyze.analyse.payloads.ownership import unheard

        return unheard(self.system, self.config.external_topics)

    def unsent(self) -> Iterator[tuple[EntryPoint, str]]:
        """Handlers of messages that nobody in the system sends."""
        from edanalyze.analyse.payloads.ownership import unsent

        return unsent(self.system, self.config.external_topics)

    # ------------------------------------------------------------------- hops

    def calls_out(self, kinds: tuple[str, ...], strict: bool = False) -> Iterator[tuple[EntryPoint, HttpCall, Reached]]:
        """HTTP calls to other services that entry points of some kinds wait for; with `strict` to anybody."""
        seen: set[tuple[str, Place]] = set()
        for entry in self.system.entries:
            if entry.kind not in kinds:
                continue
            for call, item in self.system.hops.of(entry):
                if self.system.hops.is_internal(call) or strict:
                    key = (call.site.module, call.site.place)
                    if key not in seen:
                        seen.add(key)
                        yield entry, call, item

    def waits_of_handlers(self) -> Iterator[tuple[EntryPoint, HttpCall, Reached]]:
        """HTTP calls to other services that handlers of messages wait for, but for jobs and questions after health."""
        from edanalyze.analyse.http.servicerings import is_health_check

        for entry, call, item in self.calls_out(("handler", "task"), strict=self.config.strict):
            if not self.system.jobs.is_job(entry) and not is_health_check(call.url):
                yield entry, call, item

    def chains(self) -> Iterator[tuple[EntryPoint, HttpCall, Reached, HttpCall | RemoteHop]]:
        """Calls of entry points whose callee calls a further service before it answers."""
        seen: set[tuple[str, Place]] = set()
        for entry, call, item, further in self.system.hops.chains():
            key = (call.site.module, call.site.place)
            if key not in seen:
                seen.add(key)
                yield entry, call, item, further

    def length(self, further: HttpCall | RemoteHop) -> int:
        """How many hops a chain has whose second hop is `further`."""
        return self.system.hops.length(further)

    def sequence(self, entry: EntryPoint) -> list[Witness]:
        """The most HTTP calls to other services that an entry point makes one after the other."""
        return self.system.hops.sequence(entry)

    def before(self, entry: EntryPoint, item: Reached, call: HttpCall) -> Witness:
        """The way from an entry point to the call that fixes a URL."""
        from edanalyze.analyse.http.hops import way_to

        return (self.point(entry.function, "is the entry point"), *way_to(item, call))
