"""EDA501 unversioned-event: a structured message that tells nobody in which version it is written."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class UnversionedEvent(Rule):
    """A published event has no version, no type and no schema id."""

    code = "EDA501"
    name = "unversioned-event"
    summary = "A published event has no version, no schema id and no registered schema."
    default = True

    what_it_does = """
    Reports a message with a known structure (a dict whose keys are written down, a data class, a model, a serializer)
    that holds no version: not in its fields, not in its envelope, headers or attributes, not in the name of its class
    or topic. An attribute beside the payload that names the event type counts as well as a version (a header, the
    detail type of EventBridge, the type of a CloudEvent), and so does a schema registry. Commands and requests over a
    queue are messages, too. It is reported at the call at which the payload is built. Scalars, opaque bytes, payloads
    whose structure is not known, replies, and tasks that the same service runs are left alone.
    """
    why = """
    A message is read by programs that are deployed at other times than the one that sends it, and often years later,
    when a log is replayed. Without a version a consumer cannot tell an old message from a new one, so that the first
    change of meaning breaks it silently.
    """
    example = """
    import json

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place_order(order_id: str, total: int) -> None:
        event = {"order_id": order_id, "total": total}
        producer.send("orders.placed", json.dumps(event).encode())  # error: [EDA501]
    """
    use_instead = """
    import json

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place_order(order_id: str, total: int) -> None:
        event = {"type": "order.placed", "version": 1, "order_id": order_id, "total": total}
        producer.send("orders.placed", json.dumps(event).encode())
    """
    known_problems = """
    *False alarms*: a version under a name that does not say so, or added by a proxy outside the code. A field called
    `version` silences the rule even when it counts changes of the entity. *Missed alarms*: payloads that are built
    from data whose keys are not in the code; a bare type name in the payload is shown only with `--min-confidence
    guess`, for many systems find their schemas by it.
    """
    options = """
    - `[[tool.edanalyze.serializer]]` with the flag `registry` declares a project's own serializer that registers
      schemas.
    """
    references = """
    - [CloudEvents: attributes](https://github.com/cloudevents/spec/blob/main/cloudevents/spec.md)
    - [Confluent: schema evolution and compatibility](https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Structured payloads without any trace of a version, at the call that builds them."""
        for payload, bare in analysis.unversioned():
            witness = payload.built_path
            what = "a bare type name and no version" if bare else "no version, type or schema id"
            yield Finding(
                f"{analysis.subject(witness)} with {what}: a consumer cannot tell an old message from a new one",
                witness,
                guess=bare,
                likely=not payload.certain,
            )
