"""EDA702 event-loop: the handling of a message leads to the same message again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edanalyze.analyse.witness import Point
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule

if TYPE_CHECKING:
    from edanalyze.analyse.flows.eventrings import EventRing, Passing


class EventLoop(Rule):
    """Handlers publish to each other in a circle, and nothing that they look at ends it."""

    code = "EDA702"
    name = "event-loop"
    summary = "Message handlers publish to each other in a circle."
    default = True

    what_it_does = """
    Draws the graph of message handlers, with an edge from each handler to those that receive what it publishes, and
    reports every publish that lies on a cycle of it; the trace goes round. A write counts as a publish where a change
    stream tells other code of it. Only what a message certainly gets to counts: where a handler first looks at what
    the message says or at what is stored (a status, a version, an attempt counter), that may end the circle, and the
    rule is silent. So it is about what runs in an `except` clause, for each item of a collection, or in one case of a
    `match`. A look whether an object exists, whether a message could be read or whether a call went well ends nothing.
    Types count: a handler that only takes `created` does not take the `updated` that is sent to the same topic.
    """
    why = """
    One message is enough. It goes round for ever, as fast as the brokers and handlers can, and each round writes,
    publishes and calls whatever the handlers do. With two messages on the way there are two circles. Nothing in the
    system gets slower than before or fails, so the first sign is often the bill.
    """
    example = """
    `orders/main.py`

    ```python
    from faststream import FastStream
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")
    app = FastStream(broker)


    @broker.subscriber("stock-changed")
    async def on_stock_changed(change: dict):
        await broker.publish({"sku": change["sku"]}, "order-changed")  # error: [EDA702]
    ```

    `stock/main.py`

    ```python
    from faststream import FastStream
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")
    app = FastStream(broker)


    @broker.subscriber("order-changed")
    async def on_order_changed(change: dict):
        await broker.publish({"sku": change["sku"]}, "stock-changed")  # error: [EDA702]
    ```
    """
    use_instead = """
    `orders/main.py`

    ```python
    from faststream import FastStream
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")
    app = FastStream(broker)


    @broker.subscriber("stock-changed")
    async def on_stock_changed(change: dict):
        if change["cause"] == "order":
            return
        await broker.publish({"sku": change["sku"]}, "order-changed")
    ```

    `stock/main.py`

    ```python
    from faststream import FastStream
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")
    app = FastStream(broker)


    @broker.subscriber("order-changed")
    async def on_order_changed(change: dict):
        await broker.publish({"sku": change["sku"], "cause": "order"}, "stock-changed")
    ```
    """
    known_problems = """
    *False alarms*: a circle that the broker ends (a limit on hops, a filter of the subscription), or a handler that
    writes what is stored already, so that a change stream has nothing to tell. *Missed alarms*: any test on the way
    counts as a guard, also one that never ends the circle; topics that are not resolved.
    """
    options = """
    - `[[tool.edanalyze.publish]]` and `[[tool.edanalyze.handler]]` declare a project's own ways to send and to receive.
    """
    references = """
    - [Event-driven pitfalls](https://martinfowler.com/articles/201701-event-driven.html)
    - [Recursive loops of serverless functions](https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes that lie on a cycle of handlers."""
        for ring in analysis.system.event_rings.find():
            first = ring.first
            yield Finding(
                f"handling what {analysis.quoted(first.witness)} sends to `{first.name}` leads back here "
                f"({_round(ring)}), and no test of a state ends it: one message goes round for ever",
                (*first.witness, *(point for each in ring.further for point in _steps(analysis, each))),
                (analysis.point(first.start, "is the handler"), *first.before),
                likely=not all(each.certain for each in (first, *ring.further)),
            )


def _round(ring: EventRing) -> str:
    names = [ring.first.name, *(each.name for each in ring.further), ring.first.name]
    return " → ".join(names)


def _steps(analysis: Analysis, passing: Passing) -> tuple[Point, ...]:
    return (analysis.point(passing.start, "handles it"), *passing.before, *passing.witness)
