"""EDA206 outbox-outside-transaction: an outbox row that does not share the fate of its change."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class OutboxOutsideTransaction(Rule):
    """An outbox row is written apart from the change that it describes."""

    code = "EDA206"
    name = "outbox-outside-transaction"
    summary = "An outbox row is written in another transaction than the change it describes, or after its commit."
    default = True
    rests_on = "transactions"

    what_it_does = """
    Reports a new outbox row that is not written in the transaction of the change it describes:

    - after the commit of the change, in a transaction of its own that changes nothing else;
    - after a write that has autocommitted;
    - in another session or connection than the one that holds the uncommitted change;
    - in an after-commit hook.

    An outbox row is recognised by the library that stores it, by the name of its class or table, or by a declared
    model. The place reported is the call, in the innermost function that holds the change and the call that leads to
    the row.
    """
    why = """
    An outbox closes the gap between a change and its event only because one commit stores both. In two transactions
    the gap is back: when the process dies between them, or the second one fails, the change is stored and no relay
    ever hears of it.
    """
    example = """
    from sqlalchemy.orm import Session

    from shop.models import Order, OutboxEvent


    def place_order(session: Session, number: str) -> None:
        session.add(Order(number=number))
        session.commit()
        session.add(OutboxEvent(topic="orders", payload=number))  # error: [EDA206]
        session.commit()
    """
    use_instead = """
    from sqlalchemy.orm import Session

    from shop.models import Order, OutboxEvent


    def place_order(session: Session, number: str) -> None:
        session.add(Order(number=number))
        session.add(OutboxEvent(topic="orders", payload=number))
        session.commit()
    """
    known_problems = """
    *False alarms*: a row that describes something else than the change before it, in a transaction whose own change is
    made by code that is not resolved. *Missed alarms*: a row that is committed before its change; sessions that come
    from one factory call, or from parameters, are taken for one; event stores, which may hold the change itself.
    """
    options = """
    - `[[tool.edanalyze.outbox]]` declares a project's own function that stores an event.
    """
    references = """
    - [Transactional outbox](https://microservices.io/patterns/data/transactional-outbox.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Outbox rows that a crash can part from their change."""
        for found in analysis.transactions("EDA206"):
            where = f"the change at {analysis.line(found.before[0])}" if found.before else "the commit"
            yield Finding(
                f"{analysis.subject(found.witness)} apart from {where}, in a transaction of its own: when the second "
                "one fails, the change is stored and nobody hears of it. Write both in one transaction",
                found.witness,
                before=found.before,
            )
