"""EDA103 http-in-transaction: an HTTP call inside an open database transaction."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class HttpInTransaction(Rule):
    """An HTTP call is made while a database transaction is open."""

    code = "EDA103"
    name = "http-in-transaction"
    summary = "An HTTP call is made while a database transaction is open."
    default = True
    rests_on = "transactions"

    what_it_does = """
    Reports an HTTP call that is made while a database transaction is open: one opened explicitly (`atomic`, `begin`,
    `transaction`), here or in a caller, or one that a session began by itself and in which something was written. The
    place reported is the call, in the function that holds the opening and the call that leads to the request. After a
    commit or rollback on that path the transaction is over. A session that has only read so far, and autocommit, are
    left alone.
    """
    why = """
    The transaction keeps its connection and its row locks for as long as the other side takes to answer, up to the
    timeout. A slow partner then empties the connection pool and blocks writers that have nothing to do with it. And a
    rollback after the call cannot take the call back.
    """
    example = """
    import requests
    from django.db import transaction

    from shop.models import Order


    def place_order(number: str, amount: int) -> None:
        with transaction.atomic():
            order = Order.objects.create(number=number, amount=amount)
            requests.post("https://payments.example.com/charges", json={"order": number}, timeout=5)  # error: [EDA103]
            order.save()
    """
    use_instead = """
    import requests
    from django.db import transaction

    from shop.models import Order


    def place_order(number: str, amount: int) -> None:
        with transaction.atomic():
            Order.objects.create(number=number, amount=amount, status="pending")
        requests.post(
            "https://payments.example.com/charges",
            json={"order": number},
            headers={"Idempotency-Key": number},
            timeout=5,
        )
        Order.objects.filter(number=number).update(status="paid")
    """
    known_problems = """
    *False alarms*: a transaction opened on another database than the one that matters is a transaction all the same.
    *Missed alarms*: transactions opened by configuration alone, such as Django's `ATOMIC_REQUESTS`, are seen only
    where the setting can be read; those opened by the server (`SET autocommit = 0` on the connection) are not seen.
    """
    options = """
    - `[[tool.edanalyze.http]]`, `[[tool.edanalyze.scope]]` and `[[tool.edanalyze.commit]]` declare a project's own
      functions that call, open a transaction or commit.
    """
    references = """
    - [SQLAlchemy: transactions and connection management](https://docs.sqlalchemy.org/en/20/orm/session_transaction.html)
    - [Django: database transactions](https://docs.djangoproject.com/en/stable/topics/db/transactions/)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """HTTP calls under an open transaction."""
        for found in analysis.transactions(self.code):
            opened = found.before[0]
            yield Finding(
                f"{analysis.subject(found.witness)} while the transaction of {analysis.line(opened)} is open: its "
                "locks and its connection are held until the other side answers",
                found.witness,
                found.before,
            )
