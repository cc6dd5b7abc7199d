"""EDA401 publish-without-correlation-id: a message starts a new, unconnected trace."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class PublishWithoutCorrelationId(Rule):
    """A message is published without an id that ties it to what caused it."""

    code = "EDA401"
    name = "publish-without-correlation-id"
    summary = "A message carries no correlation or trace id in headers, properties or payload."
    default = True

    what_it_does = """
    Reports a publish, reached from an entry point, whose message carries no correlation or trace id: not in its
    headers or properties, not in its payload, not in the model of the event. A publish behind a wrapper of the
    project is reported once, at the library call, unless the wrapper takes the id or the headers as a parameter and
    the caller leaves them out: then at the caller's call. Where instrumentation that the process switches on, a
    middleware or a signal handler adds the id by itself, nothing is reported.
    """
    why = """
    When something goes wrong three services later, the id is what connects the failure to the request that caused it.
    Without it, logs are searched by time and by guess.
    """
    example = """
    import json

    from fastapi import FastAPI
    from kafka import KafkaProducer

    app = FastAPI()
    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    @app.post("/orders")
    def place_order(order: dict):
        producer.send("orders", json.dumps({"order": order["id"]}).encode())  # error: [EDA401]
        return {"status": "accepted"}
    """
    use_instead = """
    import json

    from fastapi import FastAPI, Header
    from kafka import KafkaProducer

    app = FastAPI()
    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    @app.post("/orders")
    def place_order(order: dict, x_correlation_id: str = Header()):
        headers = [("correlation_id", x_correlation_id.encode())]
        producer.send("orders", json.dumps({"order": order["id"]}).encode(), headers=headers)
        return {"status": "accepted"}
    """
    known_problems = """
    *False alarms*: an agent that is attached outside the repository (in the base image, by an operator of the
    cluster), and ids under a name that does not say so. *Missed alarms*: an id that is carried but never set.
    """
    options = """
    - `[[tool.edanalyze.propagation]]` declares a project's own function that adds the id.
    """
    references = """
    - [Correlation identifier](https://www.enterpriseintegrationpatterns.com/patterns/messaging/CorrelationIdentifier.html)
    - [OpenTelemetry: context propagation](https://opentelemetry.io/docs/concepts/context-propagation/)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes reached from an entry point that carry no identifier by any way."""
        for missing in analysis.uncorrelated("publish"):
            yield Finding(
                f"{analysis.subject(missing)} without a correlation or trace id: nobody can tell what caused it",
                missing,
            )
