"""EDA203 publish-in-commit-hook: an after-commit hook narrows the window and leaves it open."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class PublishInCommitHook(Rule):
    """A publish is deferred with an after-commit hook, which can still lose it."""

    code = "EDA203"
    name = "publish-in-commit-hook"
    summary = "A publish deferred with an after-commit hook is lost if the process dies after the commit."
    default = False
    rests_on = "transactions"

    what_it_does = """
    Reports a publish that runs in a hook after the commit: `transaction.on_commit`, Celery's `delay_on_commit`, an
    after-commit listener of SQLAlchemy, or a function of the project that defers in one of these ways. The place
    reported is the call inside the deferred function, or the deferring call when it is given the publishing function
    itself.
    """
    why = """
    The hook prevents phantom events and early consumers, and so is better than publishing in the transaction. It runs
    in memory, though: a process that is killed after the commit takes its pending hooks with it, and if the broker
    refuses the message, the change stays and its event is gone. Where every event counts, only a stored event helps.
    """
    example = """
    from functools import partial

    from celery import shared_task
    from django.db import transaction

    from shop.models import Order


    @shared_task
    def send_confirmation(order_pk: int) -> None: ...


    def place_order(number: str) -> None:
        with transaction.atomic():
            order = Order.objects.create(number=number)
            transaction.on_commit(partial(send_confirmation.delay, order.pk))  # error: [EDA203]
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
    For most tasks the hook is good enough, so the rule is off by default. *False alarms*: work that a scheduled job
    picks up anyway if the hook was lost. *Missed alarms*: hooks that are registered under
    a name which the analyser cannot resolve.
    """
    options = """
    - `enable = ["EDA203"]` switches the rule on.
    - `[[tool.edanalyze.after_commit]]` declares a project's own function that defers a call to after the commit.
    """
    references = """
    - [Celery: working with database transactions](https://docs.celeryq.dev/en/stable/userguide/tasks.html)
    - [Transactional outbox](https://microservices.io/patterns/data/transactional-outbox.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Publishes that run in an after-commit hook."""
        for found in analysis.transactions(self.code):
            yield Finding(
                f"{analysis.subject(found.witness)} in an after-commit hook: a crash between commit and hook still "
                "loses the message. Only an outbox row closes the gap",
                found.witness,
                found.before,
            )
