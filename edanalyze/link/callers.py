"""Callers: the calls that may run a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.link.values import Class, Frame, Function, Instance, Value

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

MOST_CALLERS = 40


class Callers:
    """Finds callers for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._found: dict[str, list[tuple[ir.Call, Frame]]] = {}
        self._learned: dict[str, list[tuple[ir.Call, Frame]]] = {}

    def of(self, function: str) -> list[tuple[ir.Call, Frame]]:
        """The calls that may run a function, with the root frame each stands in."""
        if function not in self._found:
            self._found[function] = []
            self._found[function] = self._find(function)
        return self._found[function]

    def learn(self, callers: Mapping[str, Sequence[tuple[ir.Call, Frame]]]) -> None:
        """Take note of callers that go by another name; to be said before anything is evaluated."""
        self._learned = {function: list(calls) for function, calls in callers.items()}

    def goes_by_other_names(self, function: str) -> bool:
        """Whether callers of a function were learned that call it by another name."""
        return function in self._learned

    def _find(self, function: str) -> list[tuple[ir.Call, Frame]]:
        evaluator = self._evaluator
        facts = evaluator.program.functions[function]
        module = function.partition(":")[0]
        names = {facts.name}
        constructed: set[str] = set()
        if facts.name in {"__init__", "__call__"} and facts.owner is not None:
            owner = f"{module}:{facts.owner}"
            constructed = {owner, *evaluator.classes.descendants(owner)}
            names |= {identifier.rsplit(".", 1)[-1].rsplit(":", 1)[-1] for identifier in constructed}
        found = list(self._learned.get(function, ()))
        abstract = evaluator.classes.stands_for(function)
        for name in sorted(names):
            for call, scope in evaluator.program.calls.get(name, ()):
                frame = evaluator.root(scope)
                for value in evaluator.values(call.function, frame):
                    if self._runs(value, function, constructed) or (
                        abstract and self._may_run(value, function, abstract)
                    ):
                        found.append((call, frame))
                        break
                if len(found) >= MOST_CALLERS:
                    return found
        return found or evaluator.dispatch.callers(function)[:MOST_CALLERS]

    def _runs(self, value: Value, function: str, constructed: set[str]) -> bool:
        evaluator = self._evaluator
        if type(value) is Function:
            if value.id == function or value.closure is None:
                return value.id == function
            return any(inner.id == function for inner in evaluator.decorators.wrapped(value))
        if type(value) is Class and value.id in constructed:
            return evaluator.results.constructor(value.id) == function
        return False

    def _may_run(self, value: Value, function: str, abstract: frozenset[str]) -> bool:
        """Whether a called abstract method may turn out to be this one, going by the class of the object."""
        if type(value) is not Function or value.id not in abstract:
            return False
        receiver = value.receiver
        owner = function.rpartition(".")[0]
        return not isinstance(receiver, Instance) or owner in self._evaluator.classes.descendants(receiver.id)
