"""EDA704 undocumented-dependency: code and checked-in documents tell of different dependencies."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class UndocumentedDependency(Rule):
    """The code has a dependency that a document does not show, or the other way round."""

    code = "EDA704"
    name = "undocumented-dependency"
    summary = "A dependency that the checked-in contracts and diagrams do not show, or that only they show."
    default = False

    what_it_does = """
    Holds what the code sends, receives and calls against the documents that are checked in beside it, and reports what
    only one side knows: in code at the call or handler, in a document at its line.

    - *AsyncAPI* (2.x and 3.0): topics that are sent or received and have no channel; channels that nothing uses.
    - *EventBridge schemas* (`x-amazon-events-source`): events of another source or type than documented, where they are
      sent and in the rules of templates; documented events that nobody sends. *Rules*, in templates and in files that
      hold a pattern of events: a source under which the code does not send such events.
    - *OpenAPI*: requests of other services to routes that the document of their service does not show; operations that
      no route answers.
    - *Diagrams*: Mermaid, Graphviz and PlantUML in files of their own (`.mmd`, `.dot`, `.puml`) and in Markdown; a
      dependency between two services that a diagram shows without connecting them, and an arrow between two services of
      which neither depends on the other. Names are compared without words like *service*, in singular or plural.
    - A *graph* as `edanalyze graph --format json` writes it: services and topics that it lacks, or has too many.

    A document in the folder of a service speaks of that service, any other of the whole system. Where a name is nearly
    that of the other side, the message says so. Tasks, replies and dead letters need no document. Documents say what is
    there besides only when all topics and calls of the services they speak of are resolved and written in Python.
    """
    why = """
    Others build on the document: they subscribe to the topic that it names, and filter for the source that it promises.
    When code and document part, nothing fails; the messages just do not arrive. A diagram that lacks an arrow is worse
    than none when it is used to decide what may be switched off.
    """
    example = """
    `asyncapi.yaml`

    ```yaml
    asyncapi: 3.0.0
    info: { title: Shop, version: "1" }
    channels:
      placed:  # error: [EDA704]
        address: shop.order
    ```

    `app.py`

    ```python
    from kafka import KafkaConsumer, KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place(body: bytes) -> None:
        producer.send("shop.orders", body)  # error: [EDA704]


    def work() -> None:  # error: [EDA704]
        for message in KafkaConsumer("shop.orders", bootstrap_servers="kafka:9092", group_id="billing"):
            print(message.value)
    ```
    """
    use_instead = """
    `asyncapi.yaml`

    ```yaml
    asyncapi: 3.0.0
    info: { title: Shop, version: "1" }
    channels:
      placed:
        address: shop.orders
    ```

    `app.py`

    ```python
    from kafka import KafkaConsumer, KafkaProducer

    producer = KafkaProducer(bootstrap_servers="kafka:9092")


    def place(body: bytes) -> None:
        producer.send("shop.orders", body)


    def work() -> None:
        for message in KafkaConsumer("shop.orders", bootstrap_servers="kafka:9092", group_id="billing"):
            print(message.value)
    ```
    """
    known_problems = """
    *False alarms*: diagrams of a part of the system, of a plan or of another system whose services have the same names
    (folders named `adr`, `rfc`, `proposals`, `blog` and the like are passed over); documents that a gateway rewrites.
    *Missed alarms*: diagrams are read as well as may be, and what is not understood is passed over; a topic or URL that
    is not resolved; documents that show many things which the code lacks (they are about something else, or the code is
    not seen through); documents that are written in code, generated when built, or kept elsewhere; payloads (EDA506).
    """
    options = """
    - `exclude` leaves documents out, as it does source files.
    - `[tool.edanalyze.services]` names services as the documents do.
    """
    references = """
    - [AsyncAPI 3.0](https://www.asyncapi.com/docs/reference/specification/v3.0.0)
    - [Amazon EventBridge schemas](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """What only one side knows, at its place."""
        for drift in analysis.drifts():
            yield Finding(drift.message, drift.witness, likely=drift.likely)
