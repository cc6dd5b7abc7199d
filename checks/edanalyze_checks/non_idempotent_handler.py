"""EDA301 non-idempotent-handler: a redelivered message repeats its effect."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class NonIdempotentHandler(Rule):
    """A message handler repeats its effect when its message is delivered again."""

    code = "EDA301"
    name = "non-idempotent-handler"
    summary = "A message handler repeats its effect when the message is delivered again."
    default = True

    what_it_does = """
    Reports, once at the handler's `def`, a message handler under at-least-once delivery that reaches an effect which
    differs when it is repeated, with no guard in front of it. Such effects are the insert of a new row, an increment
    or append, an HTTP POST, a mail, a payment. Guards are a lookup of processed messages with an early exit, an
    insert under a unique key whose integrity error is caught, get-or-create and upsert, conditional writes, a lock of
    the set-if-absent kind, a check of status or version, an idempotency decorator, and an idempotency key on the
    call. Setting a value, deleting by id and publishing are harmless to repeat.
    """
    why = """
    At least once means: sometimes twice. A consumer that dies between its effect and the acknowledgement, a
    rebalanced partition, a visibility timeout that was too short, a producer's retry, and the customer pays a second
    time.
    """
    example = """
    import json

    import pika
    from sqlalchemy.orm import Session

    from billing.database import engine
    from billing.models import Invoice


    def on_order_placed(channel, method, properties, body):  # error: [EDA301]
        order = json.loads(body)
        with Session(engine) as session:
            session.add(Invoice(order=order["id"], amount=order["amount"]))
            session.commit()
        channel.basic_ack(method.delivery_tag)


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    use_instead = """
    import json

    import pika
    from sqlalchemy.orm import Session

    from billing.database import engine
    from billing.models import Invoice, ProcessedMessage


    def on_order_placed(channel, method, properties, body):
        order = json.loads(body)
        with Session(engine) as session:
            if session.get(ProcessedMessage, properties.message_id) is None:
                session.add(ProcessedMessage(id=properties.message_id))
                session.add(Invoice(order=order["id"], amount=order["amount"]))
                session.commit()
        channel.basic_ack(method.delivery_tag)


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    known_problems = """
    *False alarms*: guards outside the code, such as a unique index whose violation the framework swallows, or a
    broker that removes duplicates over the whole life of a message. *Missed alarms*: a guard that is there but tests
    the wrong thing, and an effect behind a call which the analyser cannot resolve.
    """
    options = """
    - `[[tool.edanalyze.idempotency]]` declares a project's own guard (a function, decorator or context manager).
    - `[[tool.edanalyze.dedupe]]` declares an own write that tells or ignores a duplicate.
    """
    references = """
    - [Idempotent consumer](https://microservices.io/patterns/communication-style/idempotent-consumer.html)
    - [Idempotent receiver](https://www.enterpriseintegrationpatterns.com/patterns/messaging/IdempotentReceiver.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Handlers under at-least-once delivery that reach an effect no guard dominates."""
        for entry in analysis.system.message_handlers:
            if not entry.delivery.at_least_once:
                continue
            effects = analysis.system.redelivery.unguarded(entry)
            if effects:
                what = analysis.listed(effect.witness[-1].message for effect in effects)
                first = effects[0].witness
                yield Finding(
                    f"a repeated delivery of {analysis.messages_of(entry)} runs `{analysis.short(entry.function)}` "
                    f"again, and {what}: no guard comes first",
                    (analysis.point(entry.function, "handles the message"), *first),
                )
