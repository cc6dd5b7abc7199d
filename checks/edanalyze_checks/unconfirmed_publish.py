"""EDA204 unconfirmed-publish: nobody learns whether the broker took a message."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.analyse.sending.unconfirmed import AWAIT, CALLBACK, CONFIRMS, FUTURE, Unconfirmed
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class UnconfirmedPublish(Rule):
    """The delivery result of a publish is thrown away."""

    code = "EDA204"
    name = "unconfirmed-publish"
    summary = "The delivery result of a publish is thrown away."
    default = True
    rests_on = "transactions"

    what_it_does = """
    Reports a publish of which nobody learns whether the broker took it:

    - a future that is dropped, where nothing flushes the producer later (kafka-python, aiokafka, Pub/Sub, JetStream);
    - a delivery callback that is neither given nor served by `poll` or `flush` (confluent-kafka, Pulsar's
      `send_async`);
    - a coroutine that is not awaited, so that nothing is sent at all: a library's, or the project's own that publishes;
    - a batch whose answer names the entries that failed, and nobody reads that field (EventBridge, Kinesis, Firehose,
      SQS and SNS);
    - a publish with pika after a commit or an autocommitted write, on a channel without publisher confirms.

    Behind a wrapper the library call is reported, once; where the wrapper gives the future or coroutine to its
    callers, those that drop it.
    """
    why = """
    A send that only fills a local buffer, or a socket, has not happened yet. When the broker refuses the message or
    the process stops, it is lost, and the code goes on as if it had been delivered.
    """
    example = """
    import json

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def order_placed(order: dict) -> None:
        producer.send("orders", json.dumps(order).encode())  # error: [EDA204]
    """
    use_instead = """
    import json

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def order_placed(order: dict) -> None:
        producer.send("orders", json.dumps(order).encode()).get(timeout=10)  # raises when it was not delivered
    """
    known_problems = """
    *False alarms*: messages whose loss does not matter (metrics, cache invalidation); a future that is looked at by
    code outside the project, given a wrapper's result. *Missed alarms*: a `flush` somewhere in the program counts for
    all that its producer sends; brokers that never confirm (Redis pub/sub, core NATS, MQTT with QoS 0) and task queues.
    """
    options = """
    - `[[tool.edanalyze.publish]]` with `confirm` declares a project's own function that publishes, and
      `[[tool.edanalyze.flush]]` one that waits for deliveries.
    """
    references = """
    - [RabbitMQ: publisher confirms](https://www.rabbitmq.com/docs/confirms#publisher-confirms)
    - [Amazon EventBridge: PutEvents](https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes whose result is dropped, or for which there is none."""
        for found in analysis.system.confirmations.missing():
            yield Finding(
                f"{analysis.subject(found.witness)} {_says(found, analysis)}",
                found.witness,
                before=found.before,
                guess=found.guess,
            )


def _says(found: Unconfirmed, analysis: Analysis) -> str:
    match found.lacking:
        case lacking if lacking == AWAIT:
            return "in a coroutine that is never awaited: the message is never sent"
        case lacking if lacking == FUTURE:
            return (
                "and drops the future that tells whether it was delivered, and nothing flushes the producer: a message "
                "that the broker refuses, or that waits in the buffer when the process stops, is lost unnoticed"
            )
        case lacking if lacking == CALLBACK:
            return (
                "without a delivery callback, and nothing flushes or polls the producer: a message that cannot be "
                "delivered is lost unnoticed"
            )
        case lacking if lacking == CONFIRMS:
            return (
                f"after the change stored at {analysis.line(found.before[0])}, on a channel without publisher "
                f"confirms: what is stored may never be told. Call `{found.method}` on the channel"
            )
        case field:
            return f"and nobody reads `{field}` of the answer: entries that the broker refuses are lost unnoticed"
