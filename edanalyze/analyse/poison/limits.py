"""Limits of redelivery: tests on the number of attempts, and limits that a queue or consumer is declared with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.facts.children import expressions, statements, walk
from edanalyze.link.library import argument
from edanalyze.link.values import External

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.link.entries import EntryPoint

COUNTS = re.compile(
    r"attempt|retr(?:y|ies)|(?:^|_)tries|redeliver|deliver(?:y|ies)_?(?:count|limit)|num_delivered|x-death|death|"
    r"receive_?count|max_?(?:deliver|requeue)|requeues|failure_?count|fail_?count|error_?count|give_?up|(?:^|_)age(?:$|_)|expired",
    re.IGNORECASE,
)
"""Names and keys that tell how often (or how long) a message was tried."""
KINDS = re.compile(
    r"transient|recoverable|retr(?:y|iable|yable)|permanent|temporary|fatal|poison|isinstance|issubclass", re.IGNORECASE
)
"""Names that tell failures that pass from those that stay."""


def is_limit(test: ir.Expr) -> bool:
    """Whether a test tells attempts, or kinds of failure, apart."""
    return any(COUNTS.search(word) or KINDS.search(word) for word in words(test))


def counts(test: ir.Expr) -> bool:
    """Whether a test looks at the number of attempts."""
    return any(COUNTS.search(word) for word in words(test))


def words(expr: ir.Expr) -> Iterator[str]:
    """The names, attributes and texts in an expression."""
    for node in walk(expr):
        match node:
            case ir.Name(id=name) | ir.Attr(name=name) | ir.Const(value=str(name)):
                yield name
            case _:
                pass


class Limits:
    """Looks for limits in a system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._counting: dict[str, bool] = {}

    def in_code(self, functions: Iterable[str]) -> bool:
        """Whether any of the functions tests the number of attempts."""
        return any(self._counts(function) for function in functions)

    def _counts(self, function: str) -> bool:
        if function not in self._counting:
            facts = self._system.program.functions.get(function)
            body = facts.body if facts is not None else self._module_body(function)
            self._counting[function] = any(counts(test) for test in _tests(body))
        return self._counting[function]

    def _module_body(self, function: str) -> tuple[ir.Stmt, ...]:
        facts = self._system.program.modules.get(function.partition(":")[0])
        return facts.body if facts is not None and function.endswith(":") else ()

    def at_broker(self, entry: EntryPoint) -> bool:
        """Whether what an entry point receives from is declared with a limit of deliveries."""
        if entry.library in self._limited_libraries:
            return True
        topics = {topic.text for topic in entry.topics}
        declared = self._system.dead_letters.declared
        if any(each.entity == "subscription" and each.routed and each.library == entry.library for each in declared):
            return True
        return any(
            each.limited and (topics.intersection(each.names) or each.module == entry.module) for each in declared
        )

    @cached_property
    def _limited_libraries(self) -> frozenset[str]:
        """The libraries for which the project sets a limit on a consumer or subscription: `max_deliver=5`."""
        evaluator = self._system.evaluator
        models = evaluator.models.models
        rows = [
            (api, slot)
            for kind, role in (("dead_letter", "limit"), ("broker_retry", "count"))
            for api in models.of_kind(kind)
            if (slot := api.slots.get(role)) is not None and slot.entry is None
            if api.data.get("scope") not in {"producer", "task"} and not models.find(api.call, "handler")
        ]
        found: set[str] = set()
        for api, slot in rows:
            if api.library in found:
                continue
            for call, scope in evaluator.program.calls.get(api.call.rpartition(".")[2], ()):
                given = argument(slot, call)
                if given is None or given == ir.Const(None) or given == ir.Const(-1):
                    continue
                values = evaluator.values(call.function, evaluator.root(scope))
                names = [value.name for value in values if isinstance(value, External)]
                if any(models.canonical(name) == api.call for name in names):
                    found.add(api.library)
        return frozenset(found)


def _tests(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Expr]:
    for statement in statements(body):
        match statement:
            case ir.Branch(test=test) | ir.Assert(test=test):
                yield test
            case ir.Loop(kind="while", source=test):
                yield test
            case ir.Match(subject=subject):
                yield subject
            case _:
                pass
        for expr in expressions(statement):
            for node in walk(expr):
                match node:
                    case ir.Choice(kind="if", test=condition) if condition is not None:
                        yield condition
                    case ir.Choice(options=options):
                        yield from options
                    case ir.Operation(operator="<" | ">" | "<=" | ">=" | "not"):
                        yield node
                    case _:
                        pass
