"""What a review rests on: the facts of all systems, their graph and catalogue, and what people declare."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from edanalyze.catalog.records import Catalogue, Message
from edanalyze.exchange.records import Facts, Operation, Publish
from edanalyze.graph.reach import entry_points_behind
from edanalyze.graph.records import CODE_KINDS, Graph, Node
from edanalyze.review.records import Place

INTERNAL_ERROR = "EDA999"
"""What edanalyze says of its own mistakes: behind each, findings may be missing."""

SENDING = frozenset({"publish", "outbox"})
CONSUMING = frozenset({"handler", "task"})


@dataclass(frozen=True)
class Declared:
    """What the configuration says for the review.

    `unordered` are patterns of topics whose order does not matter; `volume` is "low" or "high" by pattern of a topic;
    `elsewhere` says of criteria, by name, where that is done which this code does not show.
    """

    unordered: tuple[str, ...] = ()
    volume: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """The evidence, and what can be looked up in it. All paths are those of the graph."""

    title: str
    facts: Facts
    graph: Graph
    catalogue: Catalogue
    declared: Declared

    # ---------------------------------------------------------------- findings

    def findings(self, *codes: str) -> tuple[Place, ...]:
        """The findings of some rules, by place."""
        return tuple(sorted(place for code in codes for place, _ in self.found.get(code, ())))

    @cached_property
    def found(self) -> dict[str, list[tuple[Place, str]]]:
        """The findings by code: their places and fingerprints."""
        by_code: dict[str, list[tuple[Place, str]]] = defaultdict(list)
        for each in self.facts.findings:
            place = Place(self.path(each.system, each.path), each.line, each.message, each.code)
            by_code[each.code].append((place, each.fingerprint))
        return dict(by_code)

    def not_looked_for(self, *codes: str) -> tuple[Place, ...]:
        """Why findings of some rules may be missing: rules that did not run, and files that could not be read."""
        ran = {(each.system, code) for each in self.facts.surveys for code in each.rules}
        missing = [
            Place(self.path(system, "pyproject.toml"), 0, f"{code} was not looked for", code)
            for system in self.facts.systems
            for code in codes
            if (system, code) not in ran
        ]
        unread = [
            Place(self.path(each.system, each.path), 0, f"not analysed: {each.reason}")
            for each in self.facts.skipped
            if each.path.endswith((".py", ".pyw"))
        ]
        return (*missing, *unread, *self.findings(INTERNAL_ERROR))

    def path(self, system: str, path: str) -> str:
        """A path of a system as the graph has it: with several systems it begins with the name of its own."""
        return f"{system}/{path}" if len(self.facts.systems) > 1 else path

    # ---------------------------------------------------------------- messages

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The events and commands that leave a process."""
        return tuple(each for each in self.catalogue.messages if not each.internal)

    @cached_property
    def undescribed(self) -> tuple[Place, ...]:
        """The systems that send or receive messages, and whose facts do not tell what these are."""
        speaking = {each.system for each in self.facts.publishes}
        speaking |= {each.system for each in self.facts.entries if each.kind in CONSUMING}
        return tuple(
            Place("", 0, f"the facts of {system} do not tell what its messages hold")
            for system in self.unsurveyed
            if system in speaking
        )

    @cached_property
    def crossing(self) -> tuple[Message, ...]:
        """The messages that go from one service to another, or to or from nobody known: more than internal work."""
        return tuple(each for each in self.messages if not _is_internal(each))

    @cached_property
    def publishes(self) -> tuple[Publish, ...]:
        """The calls that send messages, each place once."""
        return tuple({(each.system, each.path, each.line): each for each in self.facts.publishes}.values())

    def at(self, publish: Publish, text: str) -> Place:
        """The place of a call that sends."""
        return Place(self.path(publish.system, publish.path), publish.line, text)

    @cached_property
    def handlers(self) -> tuple[Node, ...]:
        """The code that messages are delivered to."""
        started = {edge.target for edge in self.graph.edges if edge.kind == "consume"}
        return tuple(node for node in self.graph.nodes if node.id in started)

    @cached_property
    def transports(self) -> frozenset[str]:
        """What messages are consumed from: kafka, amqp, celery and so on."""
        return frozenset(
            each.transport for each in self.facts.entries if each.kind in CONSUMING and each.topics and each.transport
        )

    # --------------------------------------------------------------- operation

    def operations(self, kind: str) -> tuple[Operation, ...]:
        """What was found of a kind that helps to operate messages."""
        return tuple(each for each in self.facts.operations if each.kind == kind)

    @cached_property
    def unsurveyed(self) -> tuple[str, ...]:
        """The systems whose facts do not tell what they are operated with."""
        return tuple(sorted(set(self.facts.systems) - {each.system for each in self.facts.surveys}))

    @cached_property
    def operated(self) -> bool:
        """Whether any file deploys or watches one of the systems."""
        return any(each.operated for each in self.facts.surveys)

    # ------------------------------------------------------------------- graph

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """The nodes of the graph by id."""
        return {node.id: node for node in self.graph.nodes}

    @cached_property
    def behind(self) -> dict[str, tuple[str, ...]]:
        """The entry points behind each piece of code."""
        return entry_points_behind(self.graph)

    @cached_property
    def consumers(self) -> dict[str, tuple[Node, ...]]:
        """The code that consumes each topic, by the topic's node."""
        found: dict[str, dict[str, Node]] = defaultdict(dict)
        for edge in self.graph.edges:
            if edge.kind == "consume":
                found[edge.source][edge.target] = self.nodes[edge.target]
        return {topic: tuple(each.values()) for topic, each in found.items()}

    @cached_property
    def writing_and_sending(self) -> tuple[Node, ...]:
        """The entry points that both write to a database and send a message."""
        writing = {edge.source for edge in self.graph.edges if edge.kind == "write"}
        sending = {
            entry
            for edge in self.graph.edges
            if edge.kind in SENDING
            for entry in self.behind.get(edge.source, (edge.source,))
        }
        return tuple(node for node in self.graph.nodes if node.id in writing & sending and node.kind in CODE_KINDS)


def first_place(message: Message, text: str) -> Place:
    """Where a message is sent or, for want of that, received."""
    return next((Place(end.path, end.line, text) for end in message.ends), Place("", 0, text))


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether a name fits one of some patterns."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _is_internal(message: Message) -> bool:
    """Whether one service does all of the sending and receiving."""
    return bool(message.producers) and bool(message.consumers) and len({end.service for end in message.ends}) == 1
