"""Resubmissions: requests that code sends again by itself, and nothing tells the receiver that they are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.records import HttpCall
from edanalyze.analyse.effects.effect import Effect
from edanalyze.analyse.effects.origin import Origins
from edanalyze.analyse.handling.asking import only_asks
from edanalyze.analyse.handling.keys import keys
from edanalyze.analyse.http.clientretries import ClientRetries
from edanalyze.analyse.http.retries import Handed, Region, Retries
from edanalyze.analyse.reach import says
from edanalyze.analyse.trees.trees import Aside, Step, Tree, parts
from edanalyze.analyse.witness import Point, Witness
from edanalyze.facts import ir
from edanalyze.facts.children import walk
from edanalyze.link.scopes import Scope
from edanalyze.link.values import External, Frame, Function

if TYPE_CHECKING:
    from edanalyze.analyse.system import System

_METHODS = frozenset({"POST", "PATCH"})
_CARRIES = re.compile(r"header|kwargs|option|extra|param", re.I)
MOST_CALLERS = 12


@dataclass(frozen=True, slots=True)
class Resubmission:
    """A request that is sent again: `witness` leads from the reported call to the library's, `why` repeats it.

    `fresh`: there is a key, but each attempt makes a new one.
    """

    witness: Witness
    why: Point
    method: str
    likely: bool
    fresh: bool = False


class Resubmissions:
    """Finds the requests."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._evaluator = system.evaluator
        self._retries = Retries(system)
        self._clients = ClientRetries(system.evaluator)
        self._origins = Origins(system.evaluator)

    def found(self) -> Iterator[Resubmission]:
        """One record for each reported call, in a stable order."""
        seen: set[tuple[str, ir.Place]] = set()
        for found in self._all():
            place = (found.witness[0].module, found.witness[0].place)
            if place not in seen:
                seen.add(place)
                yield found

    def _all(self) -> Iterator[Resubmission]:
        for region in self._retries.regions():
            for witness, step in self._requests(region.body, region.function, region.frame):
                if region.until is None or witness[0].place.line <= region.until:
                    yield from self._judged(witness, step, region.why, region)
        for handed in self._retries.handed():
            yield from self._of_handed(handed)
        for call in self._system.binding.http_calls:
            why = self._clients.resends(call.effect, call.step, _METHODS.intersection(call.methods))
            if why is not None:
                point = Point(call.module, call.function, call.place, says(call.effect), call.effect.likely)
                fixed = call.effect.api.data.get("method") or call.effect.argument("url") is None
                witness = (point,) if fixed else call.path
                yield from self._judged_call(call, witness, (*call.path, point), why, None)

    # ---------------------------------------------------------------- requests

    def _requests(self, tree: Tree, function: str, frame: Frame) -> Iterator[tuple[Witness, Step]]:
        """The HTTP requests that a tree waits for, with the paths to them."""
        for node in tree:
            if isinstance(node, Step):
                step = self._system.contexts.in_frame(node, frame)
                for effect in step.effects:
                    if effect.kind == "http":
                        point = Point(step.scope.module, function, step.call.place, says(effect), effect.likely)
                        yield (point,), step
                for target in step.targets:
                    point = self._system.contexts.call_point(step, target, function)
                    inner = self._system.contexts.frame(target, step.call, frame)
                    for item in self._system.reach.effects(target, inner):
                        if item.effect.kind == "http" and not item.deferred:
                            yield (point, *item.witness), item.step
            elif not isinstance(node, Aside) or node.kind == "concurrent":
                for part in parts(node):
                    yield from self._requests(part, function, frame)

    def _of_handed(self, handed: Handed) -> Iterator[Resubmission]:
        frame = self._evaluator.root(handed.scope)
        owner = handed.scope.lexical
        for value in self._evaluator.values(handed.argument, frame):
            if isinstance(value, Function) and value.id in self._system.program.functions:
                name = value.id.rpartition(".")[2].rpartition(":")[2]
                inside = isinstance(handed.argument, ir.Lambda)
                point = Point(owner.module, owner.id, handed.call.place, f"`{name}` is called")
                for item in self._system.reach.effects(value):
                    if item.effect.kind == "http" and not item.deferred:
                        witness = item.witness if inside else (point, *item.witness)
                        yield from self._judged(witness, item.step, handed.why, None)
            elif isinstance(value, External):
                for api in self._evaluator.models.rows(value.name, "http"):
                    method = str(api.data.get("method", ""))
                    if method in _METHODS and not any(True for _ in keys(handed.call, handed.scope, self._evaluator)):
                        effect = Effect("http", api, value.name, handed.call, handed=True)
                        point = Point(owner.module, owner.id, handed.call.place, says(effect))
                        yield Resubmission((point,), handed.why, method, False)

    # ------------------------------------------------------------------ verdict

    def _judged(self, witness: Witness, step: Step, why: Point, region: Region | None) -> Iterator[Resubmission]:
        """The uses of a request that a region repeats: reported in it, or where its forwarder is given the method."""
        inside = {(point.module, point.place) for point in witness}
        bound = False
        for call in self._system.binding.of_physical(step.scope.module, step.call.place):
            if (call.site.module, call.site.place) in inside:
                reported = witness
            elif any((point.module, point.place) == (witness[0].module, witness[0].place) for point in call.path):
                reported = call.path
            else:
                continue
            bound = True
            if _METHODS.intersection(call.methods):
                yield from self._judged_call(call, reported, (*witness, *call.path), why, region)
        if not bound and len(witness) > 1:
            yield from self._judged_unbound(witness, step, why)

    def _judged_unbound(self, witness: Witness, step: Step, why: Point) -> Iterator[Resubmission]:
        """A request whose address is known for other ways to it alone: of this one, that it is sent again."""
        methods = {str(effect.api.data.get("method", "")) for effect in step.effects if effect.kind == "http"}
        method = next(iter(methods & _METHODS), "")
        if method and not any(True for point in witness for _ in self._keys(point)):
            yield Resubmission(witness, why, method, any(effect.likely for effect in step.effects))

    def _judged_call(
        self, call: HttpCall, reported: Witness, path: Witness, why: Point, region: Region | None
    ) -> Iterator[Resubmission]:
        if call.targets and self._system.redelivery.repeats_nothing(call.targets):
            return
        if only_asks(call):
            return
        given = [(key, scope) for point in path for key, scope in self._keys(point)]
        fresh = bool(given) and region is not None and all(self._is_made_anew(key, s, region) for key, s in given)
        if (given and not fresh) or (not given and self._is_given_above(call.site)):
            return
        method = next(name for name in ("POST", "PATCH") if name in call.methods)
        yield Resubmission(reported, why, method, call.effect.likely, fresh)

    def _keys(self, point: Point) -> Iterator[tuple[ir.Expr, Scope]]:
        for call, inner in self._calls(point):
            yield from ((key, inner) for key in keys(call, inner, self._evaluator))

    def _calls(self, point: Point) -> Iterator[tuple[ir.Call, Scope]]:
        scope = self._system.program.scopes.get(point.function)
        return (
            (call, inner) for call, inner in (scope.calls if scope is not None else ()) if call.place == point.place
        )

    def _is_made_anew(self, key: ir.Expr, scope: Scope, region: Region) -> bool:
        """Whether each attempt of a retried function makes another key."""
        return (
            region.function == scope.id
            and region.body is self._system.contexts.tree(region.function).body
            and self._origins.is_fresh(key, self._evaluator.root(scope))
        )

    def _is_given_above(self, site: Point) -> bool:
        """Whether callers hand a key through the headers or options that the function at a call passes on."""
        scope = self._system.program.scopes.get(site.function)
        if scope is None or scope.function is None:
            return False
        passed = {
            node.id
            for call, _ in self._calls(site)
            for value in (*call.arguments, *(value for _, value in call.keywords))
            for node in walk(value)
            if isinstance(node, ir.Name) and _CARRIES.search(node.id)
        }
        if not any(parameter.name in passed for parameter in scope.function.parameters):
            return False
        callers = self._evaluator.callers.of(scope.id)[:MOST_CALLERS]
        return any(True for caller, frame in callers for _ in keys(caller, frame.scope, self._evaluator))
