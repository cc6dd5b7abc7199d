"""EDA403 correlation-id-dropped: a handler ignores the id of its message and goes on."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class CorrelationIdDropped(Rule):
    """A message handler ignores the ids of its message, yet publishes or calls further."""

    code = "EDA403"
    name = "correlation-id-dropped"
    summary = "A message handler ignores the correlation id of its message, yet publishes or calls further."
    default = True

    what_it_does = """
    Reports, once at the handler's `def`, a message handler that publishes or calls another service and reads none of
    the ids its message carries, although a producer in the analysed code is known to set one. Reading and forwarding
    the headers, or automatic extraction by instrumentation or the framework, is enough.
    """
    why = """
    Every other service took care to pass the id on, and here the trace breaks: what this handler causes can no longer
    be connected to what caused it.
    """
    example = """
    `shop/app.py`

    ```python
    import json

    import pika
    from fastapi import FastAPI, Header

    app = FastAPI()
    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


    @app.post("/orders")
    def place_order(order: dict, x_correlation_id: str = Header()):
        properties = pika.BasicProperties(correlation_id=x_correlation_id)
        channel.basic_publish("", "order-placed", json.dumps(order), properties)
    ```

    `stock/worker.py`

    ```python
    import json

    import pika


    def on_order_placed(channel, method, properties, body):  # error: [EDA403]
        order = json.loads(body)
        channel.basic_publish("", "stock-reserved", json.dumps({"order": order["id"]}))
        channel.basic_ack(method.delivery_tag)


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    ```
    """
    use_instead = """
    `shop/app.py`

    ```python
    import json

    import pika
    from fastapi import FastAPI, Header

    app = FastAPI()
    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


    @app.post("/orders")
    def place_order(order: dict, x_correlation_id: str = Header()):
        properties = pika.BasicProperties(correlation_id=x_correlation_id)
        channel.basic_publish("", "order-placed", json.dumps(order), properties)
    ```

    `stock/worker.py`

    ```python
    import json

    import pika


    def on_order_placed(channel, method, properties, body):
        order = json.loads(body)
        forwarded = pika.BasicProperties(correlation_id=properties.correlation_id)
        channel.basic_publish("", "stock-reserved", json.dumps({"order": order["id"]}), forwarded)
        channel.basic_ack(method.delivery_tag)


    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_consume("order-placed", on_order_placed)
    channel.start_consuming()
    ```
    """
    known_problems = """
    *Missed alarms*: messages of producers that are not part of the analysed code are not known to carry an id. *False
    alarms*: an agent that is attached outside the repository.
    """
    options = """
    - `[[tool.edanalyze.propagation]]` declares a project's own function that extracts or forwards the id.
    """
    references = """
    - [Correlation identifier](https://www.enterpriseintegrationpatterns.com/patterns/messaging/CorrelationIdentifier.html)
    - [OpenTelemetry: context propagation](https://opentelemetry.io/docs/concepts/context-propagation/)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Handlers whose producers send an identifier that neither they nor their helpers read."""
        tracing = analysis.system.tracing
        for entry in analysis.system.message_handlers:
            onward = tracing.drops(entry)
            sender = tracing.identified_producer(entry) if onward is not None else None
            if onward is not None and sender is not None:
                yield Finding(
                    f"`{analysis.short(entry.function)}` drops the id that {analysis.line(sender)} sends with "
                    f"{analysis.messages_of(entry)}: what it sends on cannot be traced back",
                    (analysis.point(entry.function, "handles the message and reads no id"), *onward.witness),
                    (sender,),
                )
