"""EDA105 sync-http-cycle: services wait for each other."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class SyncHttpCycle(Rule):
    """A service calls another one that, directly or by way of others, calls back."""

    code = "EDA105"
    name = "sync-http-cycle"
    summary = "Services call each other and wait, in a circle."
    default = True

    what_it_does = """
    Draws the graph of services whose code is known, with an edge for each HTTP call and each remote procedure call that
    waits for its answer, and reports every call that lies on a cycle of it. The message names the shortest cycle that
    the call belongs to, and the trace goes round. The calls need not belong to one request: two services that need
    each other in different requests form a cycle, too. Health checks do not count, nor do calls of a service to itself.
    """
    why = """
    Services in a cycle cannot be deployed, started or changed one after the other: each needs the others to be there
    first, in a version that fits. Under load the cycle closes on itself: the workers of one service wait for the other,
    whose workers wait for the first, until nobody is left to answer.
    """
    example = """
    `docker-compose.yml`

    ```yaml
    services:
      orders:
        build: ./orders
      stock:
        build: ./stock
    ```

    `orders/main.py`

    ```python
    import httpx
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/orders")
    async def place_order(order: dict):
        async with httpx.AsyncClient() as client:
            await client.post("http://stock:8000/reservations", json=order)  # error: [EDA105]


    @app.get("/orders/{number}/lines")
    async def lines(number: str):
        return []
    ```

    `stock/main.py`

    ```python
    import httpx
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/reservations")
    async def reserve(order: dict):
        async with httpx.AsyncClient() as client:
            lines = await client.get(f"http://orders:8000/orders/{order['number']}/lines")  # error: [EDA105]
        return {"reserved": len(lines.json())}
    ```
    """
    use_instead = """
    `docker-compose.yml`

    ```yaml
    services:
      orders:
        build: ./orders
      stock:
        build: ./stock
    ```

    `orders/main.py`

    ```python
    import httpx
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/orders")
    async def place_order(order: dict):
        async with httpx.AsyncClient() as client:
            await client.post("http://stock:8000/reservations", json={"lines": order["lines"]})
    ```

    `stock/main.py`

    ```python
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/reservations")
    async def reserve(reservation: dict):
        return {"reserved": len(reservation["lines"])}
    ```
    """
    known_problems = """
    *False alarms*: an administrative call that is hardly ever made closes a cycle, too. *Missed alarms*: calls
    to a host that is not resolved, and cycles through services whose code is not part of the analysis.
    """
    options = """
    - `[tool.edanalyze.services]` declares services and the host names under which others call them.
    - `[tool.edanalyze.environment]` gives values to environment variables that hold addresses.
    """
    references = """
    - [Acyclic dependencies principle](https://en.wikipedia.org/wiki/Acyclic_dependencies_principle)
    - [Event-carried state transfer](https://martinfowler.com/articles/201701-event-driven.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Calls that lie on a cycle of services."""
        for ring in analysis.system.service_rings.find():
            yield Finding(
                f"`{ring.first.source}` waits for `{ring.first.target}` here, and gets back to itself "
                f"({' → '.join(ring.services)}): none of them can start, change or recover by itself",
                (*ring.first.path, *(point for each in ring.further for point in each.path)),
                likely=not all(each.certain for each in (ring.first, *ring.further)),
            )
