"""EDA604 replay-unsafe-handler: replaying the messages would give another state."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class ReplayUnsafeHandler(Rule):
    """A message handler stores state that is not derived from the message."""

    code = "EDA604"
    name = "replay-unsafe-handler"
    summary = "A message handler stores a value of the clock, of chance or a fresh id instead of one from the message."
    default = False

    what_it_does = """
    Reports a message handler that stores state derived from the wall clock (`datetime.now()`, `time.time()`), from
    `random` or `secrets`, or from a fresh id (`uuid4()`), in its own body or in a function that it calls. The handler
    is reported once, at its name; the path leads to the write.

    Fields that say when or how a row was written (`created_at`, `updated`, `processed_on`, `last_seen`, `timestamp`,
    ids of traces) are left alone, and so are values that are only published or logged.
    """
    why = """
    An event log can be read again, to mend a mistake or to build a new view. That works if the same events always give
    the same state. A due date counted from the day of the replay, or an id that is another one each time, does not.
    """
    example = """
    import json
    import uuid
    from datetime import datetime, timedelta

    from kafka import KafkaConsumer
    from pymongo import MongoClient

    invoices = MongoClient("mongodb://mongo").billing.invoices


    def bill_orders() -> None:  # error: [EDA604]
        for message in KafkaConsumer("order-placed", bootstrap_servers="kafka:9092", group_id="billing"):
            order = json.loads(message.value)
            due = datetime.now() + timedelta(days=14)
            invoices.insert_one({"_id": str(uuid.uuid4()), "order": order["id"], "due": due})
    """
    use_instead = """
    import json
    import uuid
    from datetime import datetime, timedelta

    from kafka import KafkaConsumer
    from pymongo import MongoClient

    invoices = MongoClient("mongodb://mongo").billing.invoices
    NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


    def bill_orders() -> None:
        for message in KafkaConsumer("order-placed", bootstrap_servers="kafka:9092", group_id="billing"):
            order = json.loads(message.value)
            due = datetime.fromisoformat(order["placed_at"]) + timedelta(days=14)
            invoices.insert_one({"_id": str(uuid.uuid5(NAMESPACE, order["id"])), "order": order["id"], "due": due})
    """
    known_problems = """
    *False alarms*: a field whose exact value does not matter and whose name does not say so. *Missed alarms*: a value
    that a default of the model's column draws; one that reaches the write through a parameter or an attribute of an
    object; values in raw SQL that have no name.
    """
    options = """
    - `[[tool.edanalyze.write]]` declares a project's own function that stores state.
    """
    references = """
    - [Event sourcing](https://martinfowler.com/eaaDev/EventSourcing.html)
    - [Kafka Streams: reprocessing](https://kafka.apache.org/documentation/streams/developer-guide/app-reset-tool)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Handlers that store what is not in the message, each once."""
        seen: set[str] = set()
        for entry in analysis.system.message_handlers:
            for item in analysis.system.replay.volatile(entry):
                if entry.function not in seen:
                    seen.add(entry.function)
                    yield Finding(
                        f"`{analysis.short(entry.function)}` stores `{item.field}` from {item.source} instead of "
                        "from the message: a replay of the same messages gives another state",
                        (analysis.point(entry.function, "handles the message"),),
                        likely=item.likely,
                    ).leading_to(item.witness)
