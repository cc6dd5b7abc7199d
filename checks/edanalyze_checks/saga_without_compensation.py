"""EDA701 saga-without-compensation: several others are changed, and a failure halfway is not undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edanalyze.analyse.witness import Witness, parting
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule

if TYPE_CHECKING:
    from edanalyze.analyse.flows.sagas import Saga


class SagaWithoutCompensation(Rule):
    """An entry point changes the state of several others in a row, and no way of failure undoes what was done."""

    code = "EDA701"
    name = "saga-without-compensation"
    summary = "Several services are changed one after the other, and nothing undoes the first when a later one fails."
    default = True

    what_it_does = """
    Reports an entry point that on one path makes two or more calls which change the state of others, where a later one
    can fail and no way of failure undoes the earlier ones. Counted are HTTP requests with other methods than GET,
    remote procedures, payments, and commands that are sent over a queue; the trace lists them. A request to a route
    whose code is known and changes nothing does not count, nor do requests that only ask (searches, checks; by the
    path or, where the callee is not known, by the function that sends them: `search_orders()`), sign in, or write logs
    and metrics.

    It is silent where an `except` or `finally` clause, or a branch for a bad answer, changes something elsewhere or
    calls what its name says undoes something; where a workflow engine or a saga library runs the steps; where the
    failure of the later call is ignored on purpose; and where the broker delivers the message again until all is done.
    """
    why = """
    There is no transaction around several services. When the second call fails, the first change stays: a payment
    without an order, a reservation that nobody releases. The user sees an error, tries again, and then there are two.
    """
    example = """
    import requests
    from flask import Flask, request

    app = Flask(__name__)


    @app.post("/orders")
    def place_order():  # error: [EDA701]
        order = request.get_json()
        paid = requests.post("http://payments:8000/charges", json=order, timeout=5)
        paid.raise_for_status()
        sent = requests.post("http://shipping:8000/parcels", json=order, timeout=5)
        sent.raise_for_status()
        return {"status": "placed"}
    """
    use_instead = """
    import requests
    from flask import Flask, request

    app = Flask(__name__)


    @app.post("/orders")
    def place_order():
        order = request.get_json()
        paid = requests.post("http://payments:8000/charges", json=order, timeout=5)
        paid.raise_for_status()
        try:
            sent = requests.post("http://shipping:8000/parcels", json=order, timeout=5)
            sent.raise_for_status()
        except requests.RequestException:
            requests.post("http://payments:8000/refunds", json=paid.json(), timeout=5)
            raise
        return {"status": "placed"}
    """
    known_problems = """
    *False alarms*: calls that another part of the system repeats or takes back (a reconciliation job), and services
    whose earlier change expires by itself. *Missed alarms*: any change elsewhere in a way of failure counts as the
    compensation, whether or not it undoes the right thing; messages that are neither named as commands nor ask for an
    answer do not count.
    """
    options = """
    - `[[tool.edanalyze.http]]` and `[[tool.edanalyze.publish]]` declare a project's own ways to call others.
    - `[[tool.edanalyze.saga]]` declares a project's own steps with compensations.
    """
    references = """
    - [Sagas (Garcia-Molina, Salem)](https://www.cs.cornell.edu/andru/cs711/2002fa/reading/sagas.pdf)
    - [Saga pattern](https://microservices.io/patterns/data/saga.html)
    - [Compensating transactions](https://learn.microsoft.com/azure/architecture/patterns/compensating-transaction)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Entry points whose changes elsewhere nothing undoes."""
        for saga in analysis.system.sagas.find():
            level = parting(saga.earlier, saga.later)
            yield Finding(
                f"`{analysis.short(saga.entry.function)}` changes {_count(saga)} others in a row; when "
                f"{_called(analysis, saga.later, level)} fails, what {_called(analysis, saga.earlier, level)} changed "
                "stays, and nothing undoes it",
                (
                    analysis.point(saga.entry.function, "is the entry point"),
                    *(point for witness in saga.changes for point in witness),
                ),
            )


def _count(saga: Saga) -> str:
    return {2: "two", 3: "three", 4: "four"}.get(len(saga.changes), str(len(saga.changes)))


def _called(analysis: Analysis, witness: Witness, level: int) -> str:
    """The call with which the way to a change parts from the way to another one."""
    at: Witness = witness[min(level, len(witness) - 1) :]
    return f"{analysis.quoted(at)} (line {at[0].place.line})"
