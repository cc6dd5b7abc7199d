"""EDA102 sync-http-fan-out: one entry point waits for many calls in a row."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule

ENTRIES = frozenset({"route", "handler", "task", "job", "rpc", "command"})


class SyncHttpFanOut(Rule):
    """One entry point waits for several services, one after another."""

    code = "EDA102"
    name = "sync-http-fan-out"
    summary = "One entry point makes three or more HTTP calls to services, one after another."
    default = True

    what_it_does = """
    Counts, for every entry point, the HTTP calls to other services of the system that are executed one after another
    on one path, also through functions it calls, and reports the entry point when there are three or more. Calls that
    run side by side (`gather`, a task group, an executor) count as one step, repetitions of a loop as one call, and
    calls on paths that exclude each other are not added up. Every call path through a shared function counts once.
    Calls to hosts outside the system do not count.
    """
    why = """
    The latencies of the calls add up, and each of them can fail after the ones before it have already changed
    something. An entry point of this kind is usually a workflow that nobody wrote down: no state to resume from, no
    compensation.
    """
    example = """
    import requests
    from flask import Flask, request

    app = Flask(__name__)


    @app.post("/checkout")
    def checkout():  # error: [EDA102]
        order = request.get_json()
        requests.post("http://customers/credit-checks", json=order, timeout=2)
        requests.post("http://stock/reservations", json=order, timeout=2)
        requests.post("http://shipping/bookings", json=order, timeout=2)
        return {"status": "done"}
    """
    use_instead = """
    from flask import Flask, request
    from sqlalchemy.orm import Session

    from shop.database import engine
    from shop.models import Order, OutboxEvent

    app = Flask(__name__)


    @app.post("/checkout")
    def checkout():
        order = request.get_json()
        with Session(engine) as session, session.begin():
            session.add(Order(**order))
            session.add(OutboxEvent(topic="order-placed", payload=order))  # customers, stock, shipping subscribe
        return {"status": "accepted"}, 202
    """
    known_problems = """
    *False alarms*: a composing gateway whose calls all read and whose callers expect the sum of their latencies;
    raise `fan-out` or suppress there. *Missed alarms*: calls whose host cannot be resolved to a service are not
    counted.
    """
    options = """
    - `fan-out = 3` is the number of calls in a row from which on an entry point is reported.
    - `[tool.edanalyze.services]` declares services and the host names under which others call them.
    """
    references = """
    - [Saga](https://microservices.io/patterns/data/saga.html)
    - [API composition](https://microservices.io/patterns/data/api-composition.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Entry points with many HTTP calls one after another on one path."""
        for entry in analysis.system.entries:
            if entry.value is None or entry.kind not in ENTRIES:
                continue
            calls = analysis.sequence(entry)
            if len(calls) >= analysis.config.fan_out:
                yield Finding(
                    f"`{analysis.short(entry.function)}` makes {len(calls)} HTTP calls one after the other: their "
                    "waiting times add up, and each can fail it",
                    (analysis.point(entry.function, "is the entry point"), *(witness[-1] for witness in calls)),
                )
