"""EDA100 sync-http-in-request: a request waits for another service."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class SyncHttpInRequest(Rule):
    """A request handler waits for the answer of another service."""

    code = "EDA100"
    name = "sync-http-in-request"
    summary = "A request handler waits for an HTTP call to another service."
    default = False

    what_it_does = """
    Reports every HTTP call to another service that a request handler reaches, in its own body or through functions it
    calls. An awaited call counts: the event loop is free meanwhile, the caller of the handler is not.
    """
    why = """
    As long as the handler waits, its availability is at best the product of its own and the other service's, and its
    latency is the sum. The rule makes this coupling countable: it lists the places where a request could be answered
    from local data that events keep up to date, or be accepted now and completed later.
    """
    example = """
    import requests
    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/orders/{order_id}")
    def read_order(order_id: str):
        customer = requests.get(f"http://customers:8000/customers/{order_id}", timeout=2)  # error: [EDA100]
        return {"id": order_id, "customer": customer.json()}
    """
    use_instead = """
    from fastapi import FastAPI
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from orders.database import engine
    from orders.models import CustomerCopy  # kept up to date by a subscriber of customer events

    app = FastAPI()


    @app.get("/orders/{order_id}")
    def read_order(order_id: str):
        with Session(engine) as session:
            customer = session.scalar(select(CustomerCopy).where(CustomerCopy.order_id == order_id))
        return {"id": order_id, "customer": customer.name}
    """
    known_problems = """
    Many request handlers are right to ask another service, so the rule is off by default and best used for an
    inventory. *False alarms*: calls that are answered by a local cache in nearly all cases. *Missed alarms*: calls
    whose handler is found by a mechanism that the analyser does not resolve, such as a name read from a database.
    """
    options = """
    - `enable = ["EDA100"]` switches the rule on.
    - `[[tool.edanalyze.http]]` declares a project's own function as an HTTP call.
    """
    references = """
    - [API composition](https://microservices.io/patterns/data/api-composition.html)
    - [Command query responsibility segregation](https://microservices.io/patterns/data/cqrs.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """HTTP calls to other services that a request handler waits for."""
        for entry, call, item in analysis.calls_out(("route",)):
            yield Finding(
                f"`{analysis.short(entry.function)}` answers only after {analysis.callee(call)} has: what is slow or "
                "down there is slow or down here",
                (*call.path,),
                analysis.before(entry, item, call),
                likely=call.confidence != "certain",
            )
