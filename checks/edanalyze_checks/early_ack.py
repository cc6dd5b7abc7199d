"""EDA302 early-ack: a message is acknowledged before its work is done."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.analyse.witness import Point
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class EarlyAck(Rule):
    """A message is acknowledged before the handler's effects are done."""

    code = "EDA302"
    name = "early-ack"
    summary = "A message is acknowledged before the work it asks for is done."
    default = True

    what_it_does = """
    Reports an acknowledgement that comes before the handler's effects: an explicit ack, delete or offset commit
    followed by effects on the same path, and a subscription that acknowledges by itself on delivery or by a timer
    (`auto_ack`, `no_ack`, automatic offset commits). The place reported is the ack call, or the argument or
    constructor that switches the automatic acknowledgement on. A handler without effects loses nothing and is left
    alone.
    """
    why = """
    With the acknowledgement the broker forgets the message. If the process dies before the work is done, or the work
    fails, nobody will repeat it.
    """
    example = """
    import json

    import pika
    from sqlalchemy.orm import Session

    from billing.database import engine
    from billing.models import Invoice


    def on_order_placed(channel, method, properties, body):
        channel.basic_ack(method.delivery_tag)  # error: [EDA302]
        order = json.loads(body)
        with Session(engine) as session:
            session.merge(Invoice(id=order["id"], amount=order["amount"]))
            session.commit()


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    use_instead = """
    import json

    import pika
    from sqlalchemy.orm import Session

    from billing.database import engine
    from billing.models import Invoice


    def on_order_placed(channel, method, properties, body):
        order = json.loads(body)
        with Session(engine) as session:
            session.merge(Invoice(id=order["id"], amount=order["amount"]))
            session.commit()
        channel.basic_ack(method.delivery_tag)


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    known_problems = """
    *False alarms*: messages whose loss is accepted; list their topics. *Missed alarms*: an acknowledgement made by
    another thread or by a library that the analyser does not know.
    """
    options = """
    - `lossy-topics = ["metrics.*"]` lists topics (patterns) whose messages may be lost.
    - `[[tool.edanalyze.ack]]` declares a project's own function that acknowledges.
    """
    references = """
    - [RabbitMQ: consumer acknowledgements and publisher confirms](https://www.rabbitmq.com/docs/confirms)
    - [Kafka: message delivery semantics](https://kafka.apache.org/documentation/#semantics)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Acknowledgements that come before an effect, and automatic ones of handlers that have effects."""
        redelivery = analysis.system.redelivery
        for entry, ack, effect in redelivery.late:
            if not analysis.is_lossy(entry):
                yield Finding(
                    f"{ack[-1].message} before {effect[-1].message}: a crash in between loses the message",
                    (ack[-1],),
                    (),
                    likely=any(point.likely for point in effect),
                ).leading_to(effect)
        for entry, (module, place), effect in redelivery.automatic():
            if not analysis.is_lossy(entry):
                yield Finding(
                    f"messages are acknowledged automatically, before `{analysis.short(entry.function)}` is done with "
                    "them: a crash in between loses them",
                    (Point(module, f"{module}:", place, "acknowledges automatically"),),
                ).leading_to(effect)
