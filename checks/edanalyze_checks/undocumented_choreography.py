"""EDA703 undocumented-choreography: a long chain of events that nobody leads and no diagram shows."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule

_SHOP = """
    `docker-compose.yml`

    ```yaml
    services:
      orders: { build: orders }
      payments: { build: payments }
      stock: { build: stock }
      parcels: { build: parcels }
      mail: { build: mail }
    ```

    `orders/main.py`

    ```python
    from fastapi import FastAPI
    from faststream.kafka import KafkaBroker

    app = FastAPI()
    broker = KafkaBroker("kafka:9092")


    @app.post("/orders")
    async def place(order: dict):
        await broker.publish(order, "order-placed")@MARKER
    ```

    `payments/main.py`

    ```python
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")


    @broker.subscriber("order-placed")
    async def capture(order: dict):
        await broker.publish({"order": order["id"]}, "payment-captured")
    ```

    `stock/main.py`

    ```python
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")


    @broker.subscriber("payment-captured")
    async def pick(payment: dict):
        await broker.publish({"order": payment["order"]}, "goods-picked")
    ```

    `parcels/main.py`

    ```python
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")


    @broker.subscriber("goods-picked")
    async def send(goods: dict):
        await broker.publish({"order": goods["order"]}, "parcel-sent")
    ```

    `mail/main.py`

    ```python
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")


    @broker.subscriber("parcel-sent")
    async def notify(parcel: dict): ...
    ```
    """


class UndocumentedChoreography(Rule):
    """Events lead to events over four hops or more, without a coordinator and without a diagram."""

    code = "EDA703"
    name = "undocumented-choreography"
    summary = "A chain of four or more events without a coordinator that no checked-in diagram shows."
    default = False

    what_it_does = """
    Follows messages from handler to handler and reports the call that begins a chain of four hops or more: a message
    is sent, its handler sends another one, and so on. A chain has a coordinator where one service stands at an end of
    every hop (an orchestrated saga, a service that talks to itself), or where code on the way is called a saga, an
    orchestrator, a workflow or the like. It is documented where one checked-in diagram (Mermaid, Graphviz or PlantUML,
    also in Markdown, or a graph that edanalyze saved) connects the services of every hop, directly or by way of brokers
    and topics. Retries, dead letters and replies are no hops.
    """
    why = """
    Each service of a choreography knows the next event alone. What the whole does, where it stops when one of them
    fails and who waits for its end can be read nowhere, unless somebody has drawn it. The longer the chain, the
    likelier it is that a change in the middle breaks an end that its author has never heard of.
    """
    example = _SHOP.replace("@MARKER", "  # error: [EDA703]")
    use_instead = (
        _SHOP.replace("@MARKER", "")
        + """
    `docs/order-to-parcel.mmd`

    ```text
    flowchart LR
      orders -->|order-placed| payments
      payments -->|payment-captured| stock
      stock -->|goods-picked| parcels
      parcels -->|parcel-sent| mail
    ```
    """
    )
    known_problems = """
    *False alarms*: the chain is documented elsewhere, or a workflow engine outside of the code leads it. *Missed
    alarms*: topics on which several types of messages go (which of them a handler takes is not judged), topics that
    are not resolved, hops over change streams and over systems that are known by facts files alone.
    """
    options = """
    - `[tool.edanalyze.services]` names services as the diagrams do.
    """
    references = """
    - [Choreography and orchestration of sagas](https://microservices.io/patterns/data/saga.html)
    - [What do you mean by "event-driven"?](https://martinfowler.com/articles/201701-event-driven.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """The call that begins each chain."""
        for chain in analysis.choreographies():
            yield Finding(
                f"a chain of {len(chain.hops)} hops begins here, without a coordinator or a diagram that shows it: "
                f"{' → '.join(chain.topics)}, over {', '.join(dict.fromkeys(chain.services))}",
                chain.witness,
                likely=chain.likely,
            )
