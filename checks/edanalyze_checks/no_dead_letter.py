"""EDA602 no-dead-letter: failed messages of a queue have nowhere to go."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from edanalyze.analyse.witness import Point
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule

WORDS = {"event-source-mapping": "event source"}


class NoDeadLetter(Rule):
    """A queue or subscription is declared without dead-letter routing."""

    code = "EDA602"
    name = "no-dead-letter"
    summary = "A queue or subscription is declared without a place for the messages that its consumer fails on."
    default = True

    what_it_does = """
    Reports the declaration of a queue or subscription that says nothing about dead letters: `queue_declare` without
    `x-dead-letter-exchange`, an SQS queue without `RedrivePolicy`, a Pub/Sub subscription without
    `dead_letter_policy`, a decorator that declares the queue of its handler. Declarations in SAM, CloudFormation and
    Serverless templates count too: queues without `RedrivePolicy`, and functions that read a stream or subscribe to
    an SNS topic while neither the subscription nor the function names a destination for what fails. These are
    reported in the template, by `edanalyze check`; flake8 looks at Python files only.

    Left alone are queues of one connection (exclusive, named by the server), passive declarations, queues that hold
    dead letters themselves, Kafka topics and Redis stream groups, and libraries that keep failed messages unasked
    (dramatiq, RQ, Azure Service Bus) or have no dead letters at all (Celery).
    """
    why = """
    A message that its consumer cannot handle is either dropped, and nobody learns what was lost, or delivered again
    and again, and holds up the ones behind it. With a dead-letter queue it waits where somebody can look at it and
    send it once more.
    """
    example = """
    import pika

    from billing.invoices import create_invoice

    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.queue_declare("order-placed", durable=True)  # error: [EDA602]
    channel.basic_consume("order-placed", create_invoice)
    channel.start_consuming()
    """
    use_instead = """
    import pika

    from billing.invoices import create_invoice

    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.exchange_declare("dead-letters", "fanout", durable=True)
    channel.queue_declare("order-placed.dead", durable=True)
    channel.queue_bind("order-placed.dead", "dead-letters")
    channel.queue_declare("order-placed", durable=True, arguments={"x-dead-letter-exchange": "dead-letters"})
    channel.basic_consume("order-placed", create_invoice)
    channel.start_consuming()
    """
    known_problems = """
    *False alarms*: queues that a policy of the broker takes care of where no file of the project says so; list them.
    *Missed alarms*: options that are put together where the analyser cannot follow, queues that Terraform or RabbitMQ
    definitions alone declare (the definitions are read for what they say of queues declared in code), SNS
    subscriptions of queues (the queue itself is judged) and rules of an event bus.
    """
    options = """
    - `dead-lettered-topics = ["orders.*"]` lists queues and subscriptions (patterns) that have dead letters by a
      policy of the broker.
    """
    references = """
    - [Dead letter channel](https://www.enterpriseintegrationpatterns.com/patterns/messaging/DeadLetterChannel.html)
    - [RabbitMQ: dead letter exchanges](https://www.rabbitmq.com/docs/dlx)
    - [Amazon SQS: dead-letter queues](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Declarations, in code and in templates, after which a message that fails has nowhere to go."""
        patterns = analysis.config.dead_lettered_topics
        for each in analysis.system.dead_letters.missing():
            if any(fnmatch.fnmatch(each.name, pattern) for pattern in patterns):
                continue
            noun = WORDS.get(each.entity, each.entity)
            yield Finding(
                f"the {noun} `{each.name}` has no dead-letter routing: a message that its consumer fails on is "
                "dropped, or comes again for ever",
                (Point(each.module or each.path, each.function, each.place, f"declares the {noun}", each.likely),),
            )
