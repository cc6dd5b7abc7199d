"""EDA104 http-in-message-handler: a message handler waits for another service."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class HttpInMessageHandler(Rule):
    """A message handler waits for another service of the same system."""

    code = "EDA104"
    name = "http-in-message-handler"
    summary = "A message handler makes a synchronous HTTP call to another service of the system."
    default = True

    what_it_does = """
    Reports an HTTP call to another service of the system that a message handler reaches: a broker subscriber, a
    consumer loop, a task, a function behind an event source. A host belongs to the system when it is a service whose
    code or facts are known, a service deployed together with it, or a name that no public resolver knows. Hosts of
    third parties are reported only with `strict`.
    """
    why = """
    The queue was put between the services so that one can be down without the other noticing. A handler that calls
    back over HTTP undoes this: while the other service is down, messages pile up, are retried and end as dead
    letters, and each retry repeats whatever the handler did before the call.
    """
    example = """
    import json

    import pika
    import requests


    def on_order_placed(channel, method, properties, body):
        order = json.loads(body)
        requests.post("http://stock:8000/reservations", json=order, timeout=2)  # error: [EDA104]
        channel.basic_ack(method.delivery_tag)


    connection = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq"))
    channel = connection.channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    use_instead = """
    import json

    import pika


    def on_order_placed(channel, method, properties, body):
        order = json.loads(body)
        reservation = {"order": order["id"], "lines": order["lines"]}
        forwarded = pika.BasicProperties(headers=properties.headers)
        channel.basic_publish("stock", "reserve", json.dumps(reservation), forwarded)
        channel.basic_ack(method.delivery_tag)


    connection = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq"))
    channel = connection.channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    """
    known_problems = """
    *False alarms*: a service that merely stands in for a third party (a payment simulator) is a service of the
    system. *Missed alarms*: a call whose host comes from the message or cannot be resolved is not reported;
    nor are those of tasks that only a schedule starts.
    """
    options = """
    - `strict = true` reports calls to third parties as well.
    - `[tool.edanalyze.services]` declares services and the host names under which others call them.
    """
    references = """
    - [Asynchronous messaging](https://microservices.io/patterns/communication-style/messaging.html)
    - [Event-carried state transfer](https://martinfowler.com/articles/201701-event-driven.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """HTTP calls to other services that a message handler waits for."""
        for entry, call, item in analysis.waits_of_handlers():
            yield Finding(
                f"the handler `{analysis.short(entry.function)}` waits for {analysis.callee(call)}: while that is "
                "down, messages fail and pile up",
                (*call.path,),
                analysis.before(entry, item, call),
                likely=call.confidence != "certain",
            )
