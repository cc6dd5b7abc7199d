"""EDA505 orphan-event: a message that only one side of the system knows."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class OrphanEvent(Rule):
    """A message is published and received by nobody, or received and published by nobody."""

    code = "EDA505"
    name = "orphan-event"
    summary = "A message that nobody in the system receives, or that nobody sends."
    default = False

    what_it_does = """
    Reports a publish whose topic no handler of the whole known system receives, at the call that fixes the topic; and a
    handler of a topic to which nothing known publishes, at its name. Topics that could not be resolved, patterns,
    replies and tasks are left alone. It is off by default: in a repository that holds a part of a system, the other
    end may live elsewhere.
    """
    why = """
    An event without a consumer costs storage and maintenance and promises something to nobody; a handler without a
    producer is dead code, or waits for a topic that was renamed.
    """
    example = """
    from kafka import KafkaConsumer, KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place(body: bytes) -> None:
        producer.send("shop.order", body)  # error: [EDA505]


    def work() -> None:  # error: [EDA505]
        for message in KafkaConsumer("shop.orders", bootstrap_servers="kafka:9092", group_id="billing"):
            print(message.value)
    """
    use_instead = """
    from kafka import KafkaConsumer, KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place(body: bytes) -> None:
        producer.send("shop.orders", body)


    def work() -> None:
        for message in KafkaConsumer("shop.orders", bootstrap_servers="kafka:9092", group_id="billing"):
            print(message.value)
    """
    known_problems = """
    *False alarms*: the other end is outside the analysed code, or another program than Python. *Missed alarms*: topics
    that could not be resolved.
    """
    options = """
    - `external-topics` lists topics whose other end is outside the analysed system.
    """
    references = """
    - [Enterprise Integration Patterns: message channel](https://www.enterpriseintegrationpatterns.com/patterns/messaging/MessageChannel.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes without a receiver, and handlers without a producer."""
        for call in analysis.unheard():
            yield Finding(
                f"{analysis.subject(call.path)} to `{call.topic}`, which nobody in the system receives",
                call.path,
                likely=call.effect.likely,
            )
        for entry, topic in analysis.unsent():
            point = analysis.point(entry.function, f"receives `{topic}`")
            yield Finding(f"nobody in the system sends `{topic}`, for which this handler waits", (point,))
