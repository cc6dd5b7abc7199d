"""EDA402 http-without-correlation-id: a call starts a new, unconnected trace."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class HttpWithoutCorrelationId(Rule):
    """An HTTP call to another service sends no id that ties it to what caused it."""

    code = "EDA402"
    name = "http-without-correlation-id"
    summary = "An HTTP call to another service sends no correlation or trace header."
    default = True

    what_it_does = """
    Reports an HTTP call to another service of the system, reached from an entry point, that sends no correlation or
    trace header. A call behind a wrapper of the project is reported once, at the library call, unless the wrapper
    takes the headers as a parameter and the caller leaves them out: then at the caller's call. Clients that are built
    with such a header, with an event hook that adds it, or under instrumentation which the process switches on, are
    left alone, and so are calls to third parties and calls that pass all incoming headers on.
    """
    why = """
    The called service then logs under an id of its own, or none. What belongs together can no longer be found
    together, and a trace ends at this call.
    """
    example = """
    import requests
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/orders")
    def place_order(order: dict):
        response = requests.post("http://stock:8000/reservations", json=order, timeout=2)  # error: [EDA402]
        return response.json()
    """
    use_instead = """
    import requests
    from fastapi import FastAPI, Header

    app = FastAPI()


    @app.post("/orders")
    def place_order(order: dict, x_correlation_id: str = Header()):
        headers = {"X-Correlation-ID": x_correlation_id}
        response = requests.post("http://stock:8000/reservations", json=order, headers=headers, timeout=2)
        return response.json()
    """
    known_problems = """
    *False alarms*: an agent that is attached outside the repository, and a service mesh whose sidecar adds the
    headers (most sidecars still need the application to pass them on). *Missed alarms*: calls whose host cannot be
    resolved.
    """
    options = """
    - `[[tool.edanalyze.propagation]]` declares a project's own function that adds the id.
    - `[tool.edanalyze.services]` declares services and the host names under which others call them.
    """
    references = """
    - [W3C: trace context](https://www.w3.org/TR/trace-context/)
    - [OpenTelemetry: context propagation](https://opentelemetry.io/docs/concepts/context-propagation/)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """HTTP calls to services of the system, reached from an entry point, without a correlation or trace header."""
        for missing in analysis.uncorrelated("http"):
            yield Finding(
                f"{analysis.subject(missing)} without a correlation or trace header: the trace ends here",
                missing,
            )
