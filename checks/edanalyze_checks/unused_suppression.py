"""EDA901 unused-suppression: a comment silences a rule that has nothing to say there."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Finding
from edanalyze.check.comments import Comments
from edanalyze.check.rule import CommentRule


class UnusedSuppression(CommentRule):
    """A comment silences a rule that has nothing to say there."""

    code = "EDA901"
    name = "unused-suppression"
    summary = "A comment silences a rule that has nothing to say there."
    default = True

    what_it_does = """
    Reports each rule that a comment names (`# noqa: EDA201`, `# edanalyze: ignore[publish-after-commit]`,
    `# edanalyze: ignore-file[EDA402]`) without silencing a finding, and `# edanalyze: ignore` without names that
    silences none. Only what was looked for in the same run is judged: a rule that is switched off for the run, for
    the path, or that failed might have needed the comment. Codes of other tools, and `# noqa` without codes, are left
    alone.
    """
    why = """
    The comment says that a mistake is known and accepted here. When the mistake is gone, or has moved to another line,
    the comment stays behind and will silence the next one that is made in its place.
    """
    example = """
    Judged: EDA201, EDA901.

    ```python
    import json

    import pika
    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from orders.database import engine
    from orders.models import Order

    app = FastAPI()
    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


    @app.post("/orders")
    def place_order(order_id: str):
        with Session(engine) as session:  # edanalyze: ignore[publish-after-commit] resent at night  # error: [EDA901]
            session.add(Order(id=order_id))
            session.commit()
        channel.basic_publish("", "order-placed", json.dumps({"order": order_id}))  # error: [EDA201]
    ```
    """
    use_instead = """
    Judged: EDA201, EDA901.

    ```python
    import json

    import pika
    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from orders.database import engine
    from orders.models import Order

    app = FastAPI()
    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


    @app.post("/orders")
    def place_order(order_id: str):
        with Session(engine) as session:
            session.add(Order(id=order_id))
            session.commit()
        # edanalyze: ignore[publish-after-commit] resent at night
        channel.basic_publish("", "order-placed", json.dumps({"order": order_id}))
    ```
    """
    known_problems = """
    *False alarms*: none are known. A comment that only a run with other options needs (`--enable`, `--strict`) is
    judged by the run at hand: put such options into the configuration. *Missed alarms*: `# noqa` without codes, which
    may be meant for any tool; the beginning of a code that flake8 shares with other plugins (`# noqa: E`); a comment
    in a deployment file, or in a file that cannot be analysed.
    """
    options = """
    - `ignore = ["EDA901"]` switches it off.
    """
    references = """
    - [flake8: selecting and ignoring violations](https://flake8.pycqa.org/en/latest/user/violations.html)
    - [Mypy: warn_unused_ignores](https://mypy.readthedocs.io/en/stable/config_file.html#confval-warn_unused_ignores)
    """

    def check_comments(self, comments: Comments) -> Iterable[Finding]:
        """Selectors, and comments without any, that silenced nothing."""
        for comment in comments.judged:
            for selector in comment.unused:
                yield Finding(
                    f"`{selector.text}` silences nothing here: remove it, or move it to the line that is reported",
                    (comment.point("silences nothing", selector),),
                )
            if comment.idle:
                yield Finding(
                    "the comment silences nothing: remove it, or move it to the line that is reported",
                    (comment.point("silences nothing"),),
                )
