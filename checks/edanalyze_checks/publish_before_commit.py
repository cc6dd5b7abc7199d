"""EDA202 publish-before-commit: a message leaves before its change is committed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edanalyze.analyse.witness import Witness
from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule

if TYPE_CHECKING:
    from edanalyze.analyse.transactions.transaction import Found


class PublishBeforeCommit(Rule):
    """A message is published while the transaction that holds its writes is still open."""

    code = "EDA202"
    name = "publish-before-commit"
    summary = "A message is published while the transaction that holds its change is still open."
    default = True
    rests_on = "transactions"

    what_it_does = """
    Reports a publish inside a database transaction that has written and commits later. In a transaction that was
    opened explicitly the write may also follow the publish; before the first statement of a session nothing is open.
    The transaction may be opened, and committed, by a caller. The place reported is the call, in the innermost
    function that holds the opening or the commit and the call that leads to the publish. A publish that is deferred
    to after the commit is left alone, whether by the framework's hook or by a function of the project that defers
    what it is given.
    """
    why = """
    If the transaction rolls back, the event has told of something that never happened. If it commits, the consumer
    may be faster: it reads the database and does not find the row that the message speaks of.
    """
    example = """
    from celery import shared_task
    from django.db import transaction

    from shop.models import Order


    @shared_task
    def send_confirmation(order_pk: int) -> None: ...


    def place_order(number: str) -> None:
        with transaction.atomic():
            order = Order.objects.create(number=number)
            send_confirmation.delay(order.pk)  # error: [EDA202]
    """
    use_instead = """
    from django.db import transaction

    from shop.models import Order, OutboxEvent


    def place_order(number: str) -> None:
        with transaction.atomic():
            order = Order.objects.create(number=number)
            OutboxEvent.objects.create(topic="order-placed", payload={"order": order.pk})  # a relay publishes it
    """
    known_problems = """
    *False alarms*: a publish whose consumer ignores what it cannot find and is told again later. *Missed alarms*: a
    transaction that is opened by configuration which the analyser cannot read.
    """
    options = """
    - `[[tool.edanalyze.publish]]`, `[[tool.edanalyze.scope]]` and `[[tool.edanalyze.after_commit]]` declare a project's
      own functions that publish, open a transaction, or defer a call to after the commit.
    """
    references = """
    - [Django: performing actions after commit](https://docs.djangoproject.com/en/stable/topics/db/transactions/)
    - [Transactional outbox](https://microservices.io/patterns/data/transactional-outbox.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes inside a transaction that writes and commits later."""
        for found in analysis.transactions(self.code):
            commit = found.before[0]
            opened = not commit.message.endswith("commits the transaction")
            yield Finding(
                f"{analysis.subject(found.witness)} before the commit at {analysis.line(commit)}: a rollback leaves a "
                "message about something that never happened, and its consumer can be faster than the commit",
                found.witness,
                found.before if opened else _ahead(found),
                guess=found.guess,
            ).leading_to(() if opened else found.before)


def _ahead(found: Found) -> Witness:
    """The uncommitted write, if it comes before the publish."""
    if not found.written:
        return ()
    first, publish = found.written[0], found.witness[0]
    later = first.function == publish.function and first.place.line > publish.place.line
    return () if later else found.written
