"""EDA504 contested-event-owner: two services publish the same event type."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class ContestedEventOwner(Rule):
    """More than one service publishes the same type of event."""

    code = "EDA504"
    name = "contested-event-owner"
    summary = "Two services publish the same type of event."
    default = True

    what_it_does = """
    Reports each call that publishes an event which another service publishes, too. Events are the same when they have
    the same type (a field, header or attribute that names it), else when they have the same class and topic, or go to
    the same topic and its name says what has happened. Commands, tasks and queues whose name says nothing are left
    alone: many may ask for the same thing.
    """
    why = """
    Whoever publishes an event decides what it means and when it changes. With two publishers nobody does: their shapes
    drift apart, and a consumer cannot tell which of the two facts it was told.
    """
    example = """
    `orders/pyproject.toml`

    ```toml
    [project]
    name = "orders"
    ```

    `orders/app.py`

    ```python
    from fastapi import FastAPI
    from kafka import KafkaProducer

    app = FastAPI()
    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    @app.post("/orders")
    def place(body: bytes) -> None:
        producer.send("order.paid", body)  # error: [EDA504]
    ```

    `payments/pyproject.toml`

    ```toml
    [project]
    name = "payments"
    ```

    `payments/app.py`

    ```python
    from fastapi import FastAPI
    from kafka import KafkaProducer

    app = FastAPI()
    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    @app.post("/captures")
    def capture(body: bytes) -> None:
        producer.send("order.paid", body)  # error: [EDA504]
    ```
    """
    use_instead = """
    `orders/pyproject.toml`

    ```toml
    [project]
    name = "orders"
    ```

    `orders/app.py`

    ```python
    from fastapi import FastAPI
    from kafka import KafkaProducer

    app = FastAPI()
    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    @app.post("/orders")
    def place(body: bytes) -> None:
        producer.send("order.placed", body)
    ```

    `payments/pyproject.toml`

    ```toml
    [project]
    name = "payments"
    ```

    `payments/app.py`

    ```python
    from fastapi import FastAPI
    from kafka import KafkaProducer

    app = FastAPI()
    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    @app.post("/captures")
    def capture(body: bytes) -> None:
        producer.send("payment.captured", body)
    ```
    """
    known_problems = """
    *False alarms*: two services that are versions of one and never run together; a migration from one to the other.
    *Missed alarms*: topics whose names come from configuration that is not known, and events whose type is put together
    at run time.
    """
    options = """
    - `shared-topics` lists topics or event types that several services publish on purpose.
    """
    references = """
    - [Data mesh principles: domain ownership](https://martinfowler.com/articles/data-mesh-principles.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Each call that publishes an event of several services."""
        for found in analysis.contested():
            known = [f"{service} ({analysis.line(point)})" for service, point in found.others]
            others = analysis.listed([*known, *(f"{service} ({place})" for service, place in found.elsewhere)])
            yield Finding(
                f"`{found.name}` is published by {found.service} here and by {others}: nobody owns what it means",
                found.witness,
                likely=found.likely,
            )
