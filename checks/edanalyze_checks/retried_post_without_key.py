"""EDA303 retried-post-without-key: a request that changes something is sent again, and looks like another one."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class RetriedPostWithoutKey(Rule):
    """A POST or PATCH is retried automatically without an idempotency key."""

    code = "EDA303"
    name = "retried-post-without-key"
    summary = "A POST or PATCH is retried automatically and carries no idempotency key."
    default = True

    what_it_does = """
    Reports a POST or PATCH that code sends again by itself, without an idempotency key in a header, in the URL's
    parameters or in the body. What retries: decorators and objects of retry libraries (tenacity, backoff, stamina,
    retrying), clients whose retry policy covers POST (urllib3's `Retry` with `allowed_methods`, mounted adapters,
    httpx-retries, aiohttp-retry), tasks that their queue runs again (Celery's `autoretry_for` and `retry`, dramatiq by
    default, RQ's `Retry`, huey), decorators of the project, and loops that try until it succeeds.

    The place reported is the call in the retried code that leads to the request; where a retried forwarder is given the
    method by its callers, their calls.
    """
    why = """
    A timeout does not say whether the request was carried out. A client that sends it again without a key places two
    orders, or charges twice; with a key, the receiver answers the second with the result of the first.
    """
    example = """
    import httpx
    from tenacity import retry, stop_after_attempt


    @retry(stop=stop_after_attempt(3))
    def charge(order: dict) -> None:
        httpx.post("https://payments.example.com/charges", json=order, timeout=5).raise_for_status()  # error: [EDA303]
    """
    use_instead = """
    import httpx
    from tenacity import retry, stop_after_attempt


    @retry(stop=stop_after_attempt(3))
    def charge(order: dict) -> None:
        headers = {"Idempotency-Key": order["id"]}
        httpx.post("https://payments.example.com/charges", json=order, headers=headers, timeout=5).raise_for_status()
    """
    known_problems = """
    *False alarms*: a receiver outside the project that tells a repetition by a field whose name does not say so.
    *Missed alarms*: requests whose method is not known; URLs that look like a query (`/search`, `/token`); a key that
    the receiver ignores.
    """
    options = """
    - `[[tool.edanalyze.retry]]` declares a project's own decorator that retries, `[[tool.edanalyze.idempotency_key]]` a
      header or argument that is a key.
    """
    references = """
    - [The Idempotency-Key HTTP header field](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)
    - [AWS Builders' Library: making retries safe with idempotent APIs](https://aws.amazon.com/builders-library/making-retries-safe-with-idempotent-APIs/)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Requests that are sent again and look like others."""
        for found in analysis.system.resubmissions.found():
            lacking = "with a new idempotency key for each attempt" if found.fresh else "without an idempotency key"
            yield Finding(
                f"{analysis.quoted(found.witness)} sends a {found.method} that is retried {lacking}: when only the "
                "answer was lost, the receiver does it twice",
                found.witness,
                before=(found.why,),
                likely=found.likely,
            )
