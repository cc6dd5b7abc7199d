"""EDA211 missing-partition-key: messages about one entity may overtake each other."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class MissingPartitionKey(Rule):
    """A message about an entity is published to a partitioned log without a key."""

    code = "EDA211"
    name = "missing-partition-key"
    summary = "A message that carries an entity's id goes to a partitioned log without a key, or with one key for all."
    default = True

    what_it_does = """
    Reports a publish to a log that keeps the order of messages by their key, where no key is given or the key is the
    same for every message, although the payload carries the id of an entity: Kafka, Kinesis, Event Hubs, Pulsar,
    Pub/Sub with message ordering, SQS and SNS FIFO. Plain SQS, RabbitMQ and Redis have no such key.

    Behind a wrapper of the project it is reported once, at the library call, unless the wrapper takes the key as a
    parameter and the caller leaves it out: then at the caller's call.
    """
    why = """
    A log keeps order within a partition only, and the key decides the partition. Without one, `order placed` and `order
    cancelled` go to different partitions, and a consumer may see them the other way round. With one key for all,
    everything goes to one partition, and further consumers have nothing to do.
    """
    example = """
    import json

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def order_placed(order_id: str, total: int) -> None:
        event = {"order_id": order_id, "total": total}
        producer.send("orders", json.dumps(event).encode()).get()  # error: [EDA211]
    """
    use_instead = """
    import json

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def order_placed(order_id: str, total: int) -> None:
        event = {"order_id": order_id, "total": total}
        producer.send("orders", json.dumps(event).encode(), key=order_id.encode()).get()
    """
    known_problems = """
    *False alarms*: topics with a single partition, and topics whose consumers do not care for order (list them in
    `unordered-topics`). *Missed alarms*: payloads whose fields are not known; ids whose names do not say so; a key that
    is random or belongs to something else.
    """
    options = """
    - `unordered-topics`: patterns of topics whose messages need no order.
    - `[[tool.edanalyze.publish]]` declares a project's own function that publishes, where its key is, and whether
      messages keep their order by it.
    """
    references = """
    - [Apache Kafka: the producer and load balancing](https://kafka.apache.org/documentation/#design_loadbalancing)
    - [Message ordering in Pub/Sub](https://cloud.google.com/pubsub/docs/ordering)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes whose order nothing keeps."""
        patterns = analysis.config.unordered_topics

        def unordered(topic: str) -> bool:
            return any(fnmatch.fnmatch(topic, pattern) for pattern in patterns)

        for found in analysis.system.partition_keys.missing(unordered):
            if found.constant:
                what = f"with the key `{found.constant}` for all messages: they all go to one partition"
            else:
                what = "without a key: messages about one entity may overtake each other"
            yield Finding(
                f"{analysis.subject(found.witness)} {what}. It carries `{found.entity}`, which tells them apart",
                found.witness,
                likely=found.likely,
            )
