"""EDA507 leaky-event: a message is a copy of a table row."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class LeakyEvent(Rule):
    """A published event holds a whole table row."""

    code = "EDA507"
    name = "leaky-event"
    summary = "An event holds an ORM instance, its `__dict__` or a whole table row."
    default = True

    what_it_does = """
    Reports a message that holds a table row as it is, also nested in a field: an instance of a mapped class, its
    `__dict__`, a dump of all its columns (`model_to_dict`, Django's serializers, `values()` without names,
    `model_dump()` of a mapped model, a comprehension over the columns), a serializer of all fields, a Mongo document,
    the image of a DynamoDB stream. It is reported at the call at which the payload is built. A schema, a response
    model or a dict with chosen fields between the row and the message is an explicit contract and silences it.
    """
    why = """
    What is published is a contract. When the contract is the table, every column becomes public: a migration breaks
    consumers nobody knows of, and a column that was added for internal use (a password hash, a margin) leaves the
    service unnoticed.
    """
    example = """
    import json

    from django.db import models
    from django.forms.models import model_to_dict
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    class Order(models.Model):
        number = models.CharField(max_length=20)
        margin = models.DecimalField(max_digits=8, decimal_places=2)


    def publish(number: str) -> None:
        order = Order.objects.get(number=number)
        producer.send("orders", json.dumps(model_to_dict(order)).encode())  # error: [EDA507]
    """
    use_instead = """
    import json

    from django.db import models
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    class Order(models.Model):
        number = models.CharField(max_length=20)
        margin = models.DecimalField(max_digits=8, decimal_places=2)


    def publish(number: str) -> None:
        order = Order.objects.get(number=number)
        producer.send("orders", json.dumps({"version": 1, "number": order.number}).encode())
    """
    known_problems = """
    *False alarms*: a mapped class that was designed as a message. *Missed alarms*: a function that copies the columns
    by other means than those named above, and rows of SQL statements.
    """
    options = """
    - `[[tool.edanalyze.record_dump]]` with the flag `whole_row` declares a project's own function that dumps a row,
      `[[tool.edanalyze.orm_model]]` a base class of rows.
    """
    references = """
    - [Martin Fowler: event-carried state transfer](https://martinfowler.com/articles/201701-event-driven.html)
    - [AWS: DynamoDB Streams](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Payloads that hold whole rows, once for each call that builds one."""
        for payload in analysis.system.payloads.all:
            if payload.leaks:
                leak = payload.leaks[0]
                where = f" in `{leak.field}`" if leak.field else ""
                witness = payload.path_from(leak.function)
                yield Finding(
                    f"{analysis.subject(witness)} that holds a whole table row{where} ({leak.api}): "
                    "its columns become a contract",
                    witness,
                    likely=not payload.certain,
                )
