"""EDA106 http-in-loop: one HTTP call per item."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.check.analysis import Analysis, Finding
from edanalyze.check.rule import Rule


class HttpInLoop(Rule):
    """An HTTP call is made for every item of a collection."""

    code = "EDA106"
    name = "http-in-loop"
    summary = "An HTTP call is made for every item of a collection."
    default = True

    what_it_does = """
    Reports an HTTP call that runs once per item of a collection, in a `for` loop or a comprehension, directly or
    through functions called from there. Loops that repeat one call are not collection loops: retries, polling,
    pagination. Neither is a loop over a message stream or a polled batch, nor one that sends batches of a fixed size.
    Calls that are started together and awaited together are left alone.
    """
    why = """
    The time taken grows with the data: what needs 50 milliseconds on the developer's machine needs a minute for the
    largest customer. The other side sees a burst per request. If a call in the middle fails, the first half has
    happened and the second has not.
    """
    example = """
    import requests


    def prices(product_ids: list[str]) -> dict[str, int]:
        found = {}
        for product_id in product_ids:
            response = requests.get(f"http://products/products/{product_id}", timeout=2)  # error: [EDA106]
            found[product_id] = response.json()["price"]
        return found
    """
    use_instead = """
    import requests


    def prices(product_ids: list[str]) -> dict[str, int]:
        response = requests.get("http://products/products", params={"id": product_ids}, timeout=2)
        return {product["id"]: product["price"] for product in response.json()}
    """
    known_problems = """
    *False alarms*: collections that never hold more than two or three items but are not written as literals. *Missed
    alarms*: recursion over a tree, and callbacks that a library calls once per item; migrations, and scripts (with a
    `__main__` part, in a folder named `scripts`, `tools`, `bin`, `examples` or the like) that no container starts;
    constants with one or two items.
    """
    options = """
    - `[[tool.edanalyze.http]]` declares a project's own function as an HTTP call.
    """
    references = """
    - [Requests: sessions and connection reuse](https://requests.readthedocs.io/en/latest/user/advanced/)
    - [API composition](https://microservices.io/patterns/data/api-composition.html)
    """

    def check(self, analysis: Analysis) -> Iterable[Finding]:
        """HTTP calls that a loop over a collection makes for each item."""
        for witness, loop in analysis.system.loops.calls():
            if analysis.system.occasional.is_run_by_hand(witness[0]):
                continue
            items = f" of `{loop}`" if loop else ""
            yield Finding(f"{analysis.subject(witness)} once per item{items}: n items cost n round trips", witness)
