"""Methods of a project's class that a library's method of that class runs (the pattern *template method*)."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.analyse.effects.effect import Effect
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import ExternalInstance, Function, Instance, Value
from edanalyze.models import Api


class OwnMethods:
    """Finds them for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def storing(self, found: Iterable[Effect], receiver: Value | None) -> list[Function]:
        """The methods through which a library stores an object, where a project defines what it does otherwise."""
        roles = (
            effect.api.data.get("changes" if effect.verb == "update" else "creates")
            for effect in found
            if effect.kind == "write"
        )
        return [method for role in roles if isinstance(role, str) for method in self._named(receiver, role)]

    def run(self, rows: Iterable[Api], receiver: Value | None) -> list[Function]:
        """The methods that a library's method runs besides what it does itself."""
        found: list[Function] = []
        for api in rows:
            names = api.data.get("methods") if api.kind == "own_methods" else None
            for name in names if isinstance(names, list) else ():
                found += self._named(receiver, str(name))
        return found

    def _named(self, receiver: Value | None, name: str) -> list[Function]:
        """The methods of a name, or of all names that begin like one that ends with `*`."""
        owner = receiver.owner if isinstance(receiver, ExternalInstance) else receiver
        if not isinstance(owner, Instance):
            return []
        names = self._beginning(owner, name[:-1]) if name.endswith("*") else [name]
        values = (value for each in names for value in self._evaluator.attributes.of(owner, each))
        return [value for value in values if isinstance(value, Function)]

    def _beginning(self, owner: Instance, start: str) -> list[str]:
        scopes = self._evaluator.program.scopes
        inner = self._evaluator.classes.order(owner.id)[0]
        return sorted({name for cls in inner for name in scopes[cls].bindings if name.startswith(start)})
