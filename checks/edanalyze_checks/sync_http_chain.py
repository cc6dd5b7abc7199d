"""EDA101 sync-http-chain: services wait for services that wait for services."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class SyncHttpChain(Rule):
    """A call waits for a service that itself waits for another one."""

    code = "EDA101"
    name = "sync-http-chain"
    summary = "An HTTP call waits for a service that waits for a further service."
    default = True

    what_it_does = """
    Follows HTTP calls from an entry point to the route that answers them, and on from that handler's own calls. Where
    such a chain is two hops long or longer, it reports the first hop: the call, in the function that fixes the URL of
    the service that is called. The trace lists the further hops. Only services whose code is analysed, or whose
    exported facts were merged, can continue a chain.
    """
    why = """
    Every service in a chain has to be up for the first one to answer, latencies add up, and a slow last service fills
    the worker pools of all before it. Timeouts and retries multiply along the way: three tries on each of three hops
    are twenty-seven calls.
    """
    example = """
    `docker-compose.yml`

    ```yaml
    services:
      shop:
        build: ./shop
      orders:
        build: ./orders
      stock:
        build: ./stock
    ```

    `shop/main.py`

    ```python
    import httpx
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/checkout")
    async def checkout(basket: dict):
        async with httpx.AsyncClient() as client:
            response = await client.post("http://orders:8000/orders", json=basket)  # error: [EDA101]
        return response.json()
    ```

    `orders/main.py`

    ```python
    import httpx
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/orders")
    async def create_order(order: dict):
        async with httpx.AsyncClient() as client:
            await client.post("http://stock:8000/reservations", json=order)
        return {"status": "accepted"}
    ```

    `stock/main.py`

    ```python
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/reservations")
    async def reserve(order: dict):
        return {"status": "reserved"}
    ```
    """
    use_instead = """
    `docker-compose.yml`

    ```yaml
    services:
      shop:
        build: ./shop
      orders:
        build: ./orders
      stock:
        build: ./stock
    ```

    `shop/main.py`

    ```python
    import httpx
    from fastapi import FastAPI

    app = FastAPI()


    @app.post("/checkout")
    async def checkout(basket: dict):
        async with httpx.AsyncClient() as client:
            response = await client.post("http://orders:8000/orders", json=basket)
        return response.json()
    ```

    `orders/main.py`

    ```python
    from fastapi import FastAPI
    from faststream.kafka import KafkaBroker

    app = FastAPI()
    broker = KafkaBroker("kafka:9092")


    @app.post("/orders")
    async def create_order(order: dict):
        await broker.publish(order, "order-placed")
        return {"status": "accepted"}
    ```

    `stock/main.py`

    ```python
    from faststream import FastStream
    from faststream.kafka import KafkaBroker

    broker = KafkaBroker("kafka:9092")
    app = FastStream(broker)


    @broker.subscriber("order-placed")
    async def reserve(order: dict):
        print("reserve", order)
    ```
    """
    known_problems = """
    *Missed alarms*: a chain ends, for the analyser, at the first service whose code it does not see, and at a URL
    whose host it cannot resolve; `--verbose` lists those. *False alarms*: a hop that is skipped in nearly all cases,
    for example behind a cache, counts like any other; mark it as optional.
    """
    options = """
    - `# edanalyze: optional` at the end of a call's line says that the answer does not depend on it. A chain whose two
      hops are both optional is not reported.
    - `[tool.edanalyze.services]` declares services and the host names under which others call them.
    - `[tool.edanalyze.environment]` gives values to environment variables that hold addresses.
    """
    references = """
    - [Choreography and orchestration of sagas](https://microservices.io/patterns/data/saga.html)
    - [Asynchronous messaging](https://microservices.io/patterns/communication-style/messaging.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """Calls to a route of another service whose handler calls a further service."""
        for entry, call, item, further in analysis.chains():
            yield Finding(
                f"{analysis.callee(call)} calls {analysis.callee(further)} before it answers: a chain of "
                f"{analysis.length(further)} synchronous hops that is down when any link is",
                (*call.path, *further.path),
                analysis.before(entry, item, call),
                likely=call.confidence != "certain" or further.confidence != "certain",
            )
