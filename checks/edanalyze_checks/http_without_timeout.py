"""EDA107 http-without-timeout: a request waits for ever for an answer."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class HttpWithoutTimeout(Rule):
    """A request handler makes an HTTP call that nothing limits in time."""

    code = "EDA107"
    name = "http-without-timeout"
    summary = "A request handler waits for an HTTP call without a timeout."
    default = False

    what_it_does = """
    Reports an HTTP call that a request handler waits for and that nothing limits in time: neither an argument of the
    call, nor the client or session that makes it, its adapters, its own class, a block with a deadline around it, nor
    the default of the library. requests, urllib and urllib3 wait for ever unless told otherwise; httpx, aiohttp and
    niquests have defaults. `timeout=None` is no timeout. The call is reported in the wrapper that makes it, once;
    where the wrapper takes the timeout as a parameter and a caller leaves it out, that caller's call is reported.
    """
    why = """
    A service that hangs is worse than one that is down: each request that waits for it holds a worker, and when all
    workers wait, the service that called hangs, too. Its own callers follow.
    """
    example = """
    import requests
    from flask import Flask

    app = Flask(__name__)
    session = requests.Session()


    @app.get("/orders/<number>")
    def order(number):
        return session.get(f"http://orders:8000/orders/{number}").json()  # error: [EDA107]
    """
    use_instead = """
    import requests
    from flask import Flask

    app = Flask(__name__)
    session = requests.Session()


    @app.get("/orders/<number>")
    def order(number):
        return session.get(f"http://orders:8000/orders/{number}", timeout=(1, 5)).json()
    """
    known_problems = """
    *False alarms*: a limit that a proxy or a service mesh sets. *Missed alarms*: a timeout whose value is not resolved
    counts as one; a connect timeout alone counts, too; calls of clients that are not resolved are not judged.
    """
    options = """
    - `[[tool.edanalyze.http]]` and `[[tool.edanalyze.client]]` say where a `timeout` is given, and whether
      there is a `default_timeout`.
    """
    references = """
    - [Bulkheads and timeouts](https://learn.microsoft.com/azure/architecture/patterns/bulkhead)
    - [requests: timeouts](https://requests.readthedocs.io/en/latest/user/advanced/#timeouts)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Requests without a timeout that request handlers wait for."""
        for found in analysis.system.timeouts.missing():
            what = analysis.quoted(found.witness)
            cause = (
                f"{what} takes a timeout, and none is given here"
                if found.by_caller
                else f"{what} has no timeout, neither of its own nor from its client or library"
            )
            yield Finding(
                f"{cause}: when the other side hangs, so does `{analysis.short(found.entry.function)}`",
                found.witness,
                (analysis.point(found.entry.function, "is the entry point"), *found.before),
            )
