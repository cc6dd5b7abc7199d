"""EDA502 closed-consumer-schema: a consumer that rejects fields it does not know."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class ClosedConsumerSchema(Rule):
    """A message handler fails when its message has a field that it does not know."""

    code = "EDA502"
    name = "closed-consumer-schema"
    summary = "A message handler rejects messages with fields that it does not know."
    default = True

    what_it_does = """
    Reports a message that a handler parses into something closed: a model or struct that forbids unknown fields, a
    data class, attrs class, named tuple or plain constructor that is given `**payload` and has no `**kwargs`, a
    function that is called so, a JSON Schema with `additionalProperties: false`. It is reported at the call that
    parses the message, or at the handler whose parameter is declared as such a model. What a handler makes of events
    of its own process is not judged, nor are tasks that only their own service enqueues.
    """
    why = """
    Adding a field is the one change that a producer may make without asking. A consumer that rejects unknown fields
    turns it into an outage: its messages fail, are redelivered and fail again, until it is deployed anew.
    """
    example = """
    import json
    from dataclasses import dataclass

    from kafka import KafkaConsumer


    @dataclass
    class OrderPlaced:
        order_id: str
        total: int


    def work() -> None:
        for message in KafkaConsumer("orders.placed", bootstrap_servers="kafka:9092", group_id="billing"):
            order = OrderPlaced(**json.loads(message.value))  # error: [EDA502]
            print(order.total)
    """
    use_instead = """
    import json

    from kafka import KafkaConsumer
    from pydantic import BaseModel


    class OrderPlaced(BaseModel):  # ignores fields that it does not know
        order_id: str
        total: int


    def work() -> None:
        for message in KafkaConsumer("orders.placed", bootstrap_servers="kafka:9092", group_id="billing"):
            order = OrderPlaced(**json.loads(message.value))
            print(order.total)
    """
    known_problems = """
    *False alarms*: a command that only its own service sends, and that is deployed with it. *Missed alarms*: messages
    whose way to the parser is not followed (through dispatch tables and in-process buses), and serializers that
    reject unknown fields by default in some versions of their library.
    """
    options = """
    - `[[tool.edanalyze.record_load]]` declares a project's own function that parses a message.
    """
    references = """
    - [Martin Fowler: tolerant reader](https://martinfowler.com/bliki/TolerantReader.html)
    - [pydantic: extra](https://docs.pydantic.dev/latest/api/config/#pydantic.config.ConfigDict.extra)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """What message handlers parse into something that is closed, once for each place."""
        for entry in analysis.system.message_handlers:
            if entry.kind == "task" and not analysis.is_sent_from_elsewhere(entry):
                continue  # whoever enqueues it is deployed with it
            for parsed in analysis.system.payloads.parsed_for(entry):
                if parsed.closed:
                    yield Finding(
                        f"{parsed.point.message}, and {parsed.closed}: a field that a producer adds makes "
                        f"{analysis.messages_of(entry)} fail",
                        (parsed.point,),
                        likely=parsed.likely,
                    )
