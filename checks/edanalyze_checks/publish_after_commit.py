"""EDA201 publish-after-commit: a crash between commit and publish loses the event."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class PublishAfterCommit(Rule):
    """A message is published after the transaction that it speaks of was committed."""

    code = "EDA201"
    name = "publish-after-commit"
    summary = "A message is published after the commit of the change it speaks of, with no outbox row."
    default = True
    rests_on = "transactions"

    what_it_does = """
    Reports a publish that follows, on some path, the commit of a transaction that wrote something, when no outbox row
    for this event was written in that transaction. The commit may be explicit or lie in the end of a `with` block or
    a decorated function; both may be in other functions than the publish. The place reported is the call, in the
    innermost function that holds the commit and the call that leads to the publish. Enqueuing a task is publishing.
    Where a write autocommits, EDA205 speaks instead.
    """
    why = """
    Between the commit and the publish the process can be killed, the broker can refuse, the network can fail. The
    change is then stored and nobody ever hears of it; no retry will repair it, because nothing remembers that an
    event is due. A row in an outbox table, written in the same transaction, remembers.
    """
    example = """
    from kafka import KafkaProducer
    from sqlalchemy.orm import Session

    from shop.models import Order

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place_order(session: Session, number: str) -> None:
        session.add(Order(number=number))
        session.commit()
        producer.send("orders", number.encode()).get(timeout=10)  # error: [EDA201]
    """
    use_instead = """
    from sqlalchemy.orm import Session

    from shop.models import Order, OutboxEvent


    def place_order(session: Session, number: str) -> None:
        session.add(Order(number=number))
        session.add(OutboxEvent(topic="orders", payload=number))  # a relay process publishes what it finds there
        session.commit()
    """
    known_problems = """
    *False alarms*: a project whose change-data-capture connector is configured outside the repository, and events
    whose loss does not matter. *Missed alarms*: a publish reached only through a callback that a library stores and
    calls. A message handler that acknowledges after the publish is left alone if its repetition would publish again,
    since the redelivery then heals the gap.
    """
    options = """
    - `[[tool.edanalyze.outbox]]` declares a project's own way to write an outbox row.
    - `[[tool.edanalyze.publish]]`, `[[tool.edanalyze.scope]]` and `[[tool.edanalyze.commit]]` declare own functions
      that publish, open a transaction or commit.
    """
    references = """
    - [Transactional outbox](https://microservices.io/patterns/data/transactional-outbox.html)
    - [Debezium: outbox event router](https://debezium.io/documentation/reference/stable/transformations/outbox-event-router.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes that follow a commit, but for those that a redelivery of the handled message repeats."""
        for found in analysis.transactions(self.code):
            if analysis.healed_by_redelivery(found):
                continue
            commit = found.before[0]
            yield Finding(
                f"{analysis.subject(found.witness)} after the commit at {analysis.line(commit)}: a crash between the "
                "two loses the message. Write an outbox row in the transaction instead",
                found.witness,
                found.before,
            )
