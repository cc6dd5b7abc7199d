"""EDA601 swallowed-handler-failure: a failed message counts as done."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.analyse.witness import Point
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class SwallowedHandlerFailure(Rule):
    """A message handler swallows a failure, and the message counts as done."""

    code = "EDA601"
    name = "swallowed-handler-failure"
    summary = "A message handler catches everything, at most logs it, and the message counts as done."
    default = True

    what_it_does = """
    Reports a broad `except` (bare, `Exception`, `BaseException`) in a message handler, or in a function it calls,
    that at most logs, when the message is then acknowledged like any other. Raising again, refusing the message so
    that it goes to a dead-letter queue, publishing to one, storing a failed status, publishing a failure event or a
    compensation, and returning what makes the framework refuse the message are handling, and are left alone. So is the
    failure of a call without a known effect after which the handler still does its work: a step that may fail.
    """
    why = """
    The broker hears that all went well and forgets the message. What is left of it is a line in a log: no retry,
    nothing in the dead-letter queue, nothing to replay when the cause is mended.
    """
    example = """
    import json
    import logging

    import pika

    from billing.invoices import create_invoice

    log = logging.getLogger(__name__)


    def on_order_placed(channel, method, properties, body):
        try:
            create_invoice(json.loads(body))
        except Exception:  # error: [EDA601]
            log.exception("no invoice")
        channel.basic_ack(method.delivery_tag)


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    use_instead = """
    import json
    import logging

    import pika

    from billing.invoices import create_invoice

    log = logging.getLogger(__name__)


    def on_order_placed(channel, method, properties, body):
        try:
            create_invoice(json.loads(body))
        except Exception:
            log.exception("no invoice")
            channel.basic_nack(method.delivery_tag, requeue=False)  # to the dead-letter exchange
        else:
            channel.basic_ack(method.delivery_tag)


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.queue_declare("order-placed", arguments={"x-dead-letter-exchange": "dead-letters"})
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    known_problems = """
    *False alarms*: best-effort work at the edge of a handler (a metric, a cache) that is meant to fail quietly; catch
    there what is expected to fail. *Missed alarms*: an `except` that names a project's own base class of all errors;
    tasks that only a schedule starts, which do at their next run what they did not at this one.
    """
    options = """
    - `[[tool.edanalyze.publish]]` and `[[tool.edanalyze.write]]` declare a project's own functions that park a failed
      message.
    """
    references = """
    - [Dead letter channel](https://www.enterpriseintegrationpatterns.com/patterns/messaging/DeadLetterChannel.html)
    - [RabbitMQ: dead letter exchanges](https://www.rabbitmq.com/docs/dlx)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Broad clauses, in functions that a message handler runs, after which the message counts as done."""
        for entry, clause in analysis.system.swallowing.clauses():
            point = Point(clause.module, clause.function, clause.place, "any failure is caught and at most logged")
            yield Finding(
                f"a failure of {analysis.quoted(clause.work)} is logged at most, and the message of "
                f"`{analysis.short(entry.function)}` counts as done: nothing tries it again",
                (point,),
            ).leading_to(clause.work)
