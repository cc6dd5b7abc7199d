"""Namespaces: plain objects that only hold what is given to them, `settings = SimpleNamespace(queue="orders")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edanalyze.link.values import ExternalInstance, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

NAMESPACES = frozenset({"types.SimpleNamespace", "argparse.Namespace"})


def held(evaluator: Evaluator, namespace: ExternalInstance, name: str) -> tuple[Value, ...]:
    """What a namespace holds under a name: as it was made with, or as the code that made it put it in."""
    site = namespace.site
    if site is None:
        return ()
    found = [value for key, expr in site.call.keywords if key == name for value in evaluator.values(expr, site.frame)]
    for store in site.frame.scope.put_into(site.call, name):
        found += evaluator.binding(store.binding, site.frame)
    return tuple(found)
