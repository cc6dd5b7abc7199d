"""EDA205 publish-after-autocommit-write: a crash between the write and the publish loses the event."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class PublishAfterAutocommitWrite(Rule):
    """A message is published after a write that is committed at once."""

    code = "EDA205"
    name = "publish-after-autocommit-write"
    summary = "A message is published after a write that autocommits, with no outbox row."
    default = True
    rests_on = "transactions"

    what_it_does = """
    Reports a publish that follows, on some path, a write that the database commits by itself: Django's `save` and
    `create` outside `atomic`, a statement on a connection in autocommit mode, an insert or update of a document
    database. The place reported is the call, in the innermost function that holds the write and the call that leads
    to the publish. Where the code commits, EDA201 speaks instead; inside a transaction, EDA202.
    """
    why = """
    It is the same gap as after an explicit commit, only harder to see, for there is no `commit` to look at: the
    change is durable when the write returns, and if the process dies before the publish, nobody hears of it.
    """
    example = """
    import json

    import pika
    from pymongo import MongoClient

    orders = MongoClient("mongodb://mongo").shop.orders
    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


    def place_order(order: dict) -> None:
        orders.insert_one(order)
        channel.basic_publish("orders", "order.placed", json.dumps(order))  # error: [EDA205]
    """
    use_instead = """
    from pymongo import MongoClient

    client = MongoClient("mongodb://mongo")
    orders = client.shop.orders
    outbox = client.shop.outbox


    def place_order(order: dict) -> None:
        with client.start_session() as session, session.start_transaction():
            orders.insert_one(order, session=session)
            outbox.insert_one({"topic": "order.placed", "payload": order}, session=session)  # a relay publishes it
    """
    known_problems = """
    *False alarms*: writes of bookkeeping alone, such as a last-seen time, before a publish that does not speak of
    them; a change-data-capture connector configured outside the repository. *Missed alarms*: connections whose
    autocommit mode is set where the analyser cannot read it; Redis connections made from settings named after a cache;
    messages that may be lost anyway, to the groups of a channel layer or to a list that is cut to a length; under
    `ATOMIC_REQUESTS`, methods whose callers are not known (`--min-confidence guess` shows them).
    """
    options = """
    - `[[tool.edanalyze.write]]`, `[[tool.edanalyze.publish]]` and `[[tool.edanalyze.outbox]]` declare a project's own
      functions.
    """
    references = """
    - [Transactional outbox](https://microservices.io/patterns/data/transactional-outbox.html)
    - [MongoDB: change streams](https://www.mongodb.com/docs/manual/changeStreams/)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes that follow a write that is durable at once, but for those that a redelivery repeats."""
        for found in analysis.transactions(self.code):
            if analysis.healed_by_redelivery(found):
                continue
            write = found.before[0]
            yield Finding(
                f"{analysis.subject(found.witness)} after the autocommitted write at {analysis.line(write)}: a crash "
                "between the two loses the message. Write an outbox row in the same transaction instead",
                found.witness,
                found.before,
                guess=found.guess,
            )
