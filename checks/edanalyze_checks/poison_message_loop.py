"""EDA603 poison-message-loop: a message that always fails comes again for ever."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class PoisonMessageLoop(Rule):
    """A failed message is delivered, or tried, again without an end."""

    code = "EDA603"
    name = "poison-message-loop"
    summary = "A message that its handler always fails on is delivered or tried again without an end."
    default = True

    what_it_does = """
    Reports what repeats a failed message without a limit: a broad `except` that puts the message back
    (`basic_nack(requeue=True)`, `nack()`, `raise Reject(requeue=True)`, a Kafka `seek`, publishing it to its own queue
    again), a setting that does so on any failure (`process(requeue=True)`, `requeue_on_error=True`,
    `AckPolicy.NACK_ON_ERROR`), retries without a number (`max_retries=None`, `@retry` that never stops), and a loop
    that keeps a failed batch, or tries the same work, until it succeeds. The place reported is the call that puts the
    message back, the setting, or the `except`.

    A number of attempts is a limit wherever the handler tests it (`x-death`, `x-delivery-count`, a counter of its own),
    and so is one that the broker keeps: a quorum queue or `x-delivery-limit`, `max_deliver`, a dead-letter policy of a
    subscription. A clause that tells failures that pass from those that stay is left alone, too.
    """
    why = """
    Some messages cannot be handled, today or ever: a field is missing, an order is gone. Put back, such a message is
    delivered at once, fails again, and so on as fast as the machine allows. It burns a processor, floods the logs, and
    in an ordered log nothing behind it is ever read.
    """
    example = """
    import json

    import pika

    from billing.invoices import create_invoice


    def on_order_placed(channel, method, properties, body):
        try:
            create_invoice(json.loads(body))
            channel.basic_ack(method.delivery_tag)
        except Exception:
            channel.basic_nack(method.delivery_tag, requeue=True)  # error: [EDA603]


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    use_instead = """
    import json

    import pika

    from billing.invoices import create_invoice


    def on_order_placed(channel, method, properties, body):
        try:
            create_invoice(json.loads(body))
            channel.basic_ack(method.delivery_tag)
        except Exception:
            again = (properties.headers or {}).get("x-delivery-count", 0) < 5
            channel.basic_nack(method.delivery_tag, requeue=again)  # then to the dead-letter exchange


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.queue_declare("order-placed", arguments={"x-queue-type": "quorum", "x-dead-letter-exchange": "dead"})
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    known_problems = """
    *False alarms*: a limit that a policy of the broker sets where no file of the project says so. *Missed alarms*: a
    failed handler of SQS, whose queue decides how often the message comes (a queue without a redrive policy is
    [EDA602](EDA602.md)'s subject); a flag that is set in the clause and tested after it; a test of attempts that does
    not end them.
    """
    options = """
    - `[[tool.edanalyze.ack]]` declares a project's own function that puts a message back.
    """
    references = """
    - [RabbitMQ: negative acknowledgement and requeueing](https://www.rabbitmq.com/docs/nack)
    - [RabbitMQ: poison message handling](https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling)
    - [Celery: retrying](https://docs.celeryq.dev/en/stable/userguide/tasks.html#retrying)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Everything that makes a failed message come again without an end."""
        for endless in analysis.system.poison_loops.found():
            yield Finding(endless.how, endless.witness, endless.before, likely=endless.likely)
