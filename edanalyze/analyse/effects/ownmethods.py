"""Methods of a project's class that a library's method of that class runs (the pattern *template method*)."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.analyse.effects.effect import Effect
from edanalyze.facts import ir
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.library import argument
from edanalyze.link.values import ExternalInstance, Function, Instance, Value
from edanalyze.models import Api


class OwnMethods:
    """Finds them for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._classes: dict[str, tuple[Api, ...]] = {}

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

    def made(self, made: Instance, call: ir.Call) -> list[Function]:
        """The methods that an object of a project's class runs once it is made by a call."""
        rows = self._classes.get(made.id)
        if rows is None:
            models = self._evaluator.models
            bases = self._evaluator.classes.order(made.id)[1]
            names = dict.fromkeys(name for base in bases for name in (base, *models.models.bases(base)))
            found = (api for name in names for api in models.rows(name, "own_methods"))
            rows = self._classes[made.id] = tuple(dict.fromkeys(found))
        given = (api for api in rows if "entity" in api.slots and argument(api.slots["entity"], call) is not None)
        return self.run(given, made)

    def _named(self, receiver: Value | None, name: str) -> list[Function]:
        """The methods of a name, or of all names that begin like one that ends with `*`."""
        owner = receiver.owner if isinstance(receiver, ExternalInstance) else receiver
        if not isinstance(owner, Instance):
            return []
        attribute, dot, method = name.partition(".")
        if dot:
            classes = self._evaluator.results.classes_in(owner, attribute)
            return [each for cls in classes for each in self._named(Instance(cls.id), method)]
        names = self._beginning(owner, name[:-1]) if name.endswith("*") else [name]
        values = (value for each in names for value in self._evaluator.attributes.of(owner, each))
        return [value for value in values if isinstance(value, Function)]

    def _beginning(self, owner: Instance, start: str) -> list[str]:
        scopes = self._evaluator.program.scopes
        inner = self._evaluator.classes.order(owner.id)[0]
        return sorted({name for cls in inner for name in scopes[cls].bindings if name.startswith(start)})
