"""EDA506 breaking-contract-change: a message is no longer what its consumers agreed on."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule

_BEFORE = """
    `contracts.lock`

    ```json
    {
      "version": 1,
      "compatibility": "full",
      "contracts": {
        "orders.placed": {
          "schema": {
            "type": "object",
            "properties": {"id": {"type": "integer"}, "total": {"type": "number"}},
            "required": ["id", "total"]
          }
        }
      }
    }
    ```

    `app.py`
"""


class BreakingContractChange(Rule):
    """What is sent is not compatible with the lock, or a consumer reads what nobody sends."""

    code = "EDA506"
    name = "breaking-contract-change"
    summary = "A message is not compatible with `contracts.lock`, or a consumer reads a field that nobody sends."
    default = True

    what_it_does = """
    Compares what is sent with `contracts.lock` in the root of the project, which `edanalyze contracts lock` writes;
    where there is no such file the rule says nothing. Reported are changes that break the agreed compatibility (a field
    that is gone, another type, a new required field), at the call that builds the message and at the reads of the
    field; required reads of fields that no producer sends; and messages that are still sent or received after the last
    day that the configuration (`deprecated`) or the lock gives them. Compatible changes, and fields whose type is
    not known, are left alone.
    """
    why = """
    Consumers are deployed at other times than producers. A field that is gone or has another type breaks them when the
    first new message arrives, and everything that was published before with it.
    """
    example = f"""{_BEFORE}
    ```python
    import json

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place(order_id: int) -> None:
        producer.send("orders.placed", json.dumps({{"id": order_id}}).encode())  # error: [EDA506]
    ```
    """
    use_instead = f"""{_BEFORE}
    ```python
    import json

    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place(order_id: int, total: float, note: str) -> None:
        event = {{"id": order_id, "total": total}}
        if note:
            event["note"] = note
        producer.send("orders.placed", json.dumps(event).encode())
    ```
    """
    known_problems = """
    *False alarms*: a change that was agreed on; update the lock. *Missed alarms*: fields whose type the code does not
    tell, and changes of meaning.
    """
    options = """
    - `compatibility` in `contracts.lock`, for all messages or for one: `backward`, `forward`, `full` or `none`.
    - `removed-fields` in `contracts.lock`: whether a required field may go under `backward`, `break` or `allow`.
    - `deprecated` in the configuration: the last day of messages, `"orders.placed@1" = "2026-06-30"`.
    """
    references = """
    - [Confluent: schema evolution and compatibility](https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Both ends of each broken contract."""
        for broken in analysis.broken_contracts():
            what = f"`{broken.field}` of `{broken.message}`" if broken.field else f"`{broken.message}`"
            yield Finding(f"{what}: {broken.what}", broken.witness)
