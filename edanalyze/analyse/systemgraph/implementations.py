"""Implementations: the methods that may run where one is called that an abstract class or a protocol only declares."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Function, Instance

MOST = 8
_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


class Implementations:
    """Those of a program."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._program = evaluator.program
        self._classes = evaluator.classes
        self._structural: dict[str, list[str]] = {}

    def of(self, function: Function) -> list[str]:
        """The functions that calling one may run: itself, or what implements it for a receiver of unknown origin."""
        facts = self._program.functions.get(function.id)
        if facts is None or facts.owner is None:
            return [function.id]
        owner = f"{function.id.partition(':')[0]}:{facts.owner}"
        receiver = function.receiver
        if isinstance(receiver, Instance) and receiver.site is not None:
            return [function.id]
        if not (self._is_protocol(owner) or self._is_declared(function.id)):
            return [function.id]
        held = receiver.id if isinstance(receiver, Instance) else owner
        classes = self._classes.descendants(held)
        if self._is_protocol(owner):
            classes = list(dict.fromkeys([*classes, *self._fitting(owner)]))
        found = dict.fromkeys(
            method
            for cls in classes
            if (method := self._classes.method(cls, facts.name)) is not None and not self._is_declared(method)
        )
        found.pop(function.id, None)
        return list(found)[:MOST] or [function.id]

    def _is_protocol(self, cls: str) -> bool:
        return not _PROTOCOLS.isdisjoint(self._classes.order(cls)[1][:1]) or any(
            spelled(base).rpartition(".")[2] == "Protocol" for base in self._program.classes[cls].bases
        )

    def _is_declared(self, function: str) -> bool:
        """Whether a method stands for its overrides alone."""
        facts = self._program.functions[function]
        if any(spelled(each).rpartition(".")[2].startswith("abstract") for each in facts.decorators):
            return True
        body = [each for each in facts.body if not _is_text(each)]
        return len(body) == 1 and isinstance(body[0], ir.Raise) and "NotImplementedError" in _raised(body[0])

    def _fitting(self, protocol: str) -> list[str]:
        """The classes that have all methods of a protocol; none for one that asks for too little to tell."""
        if protocol not in self._structural:
            wanted = set(self._methods(protocol))
            fitting = [
                cls
                for cls in sorted(self._program.classes)
                if cls != protocol and not self._is_protocol(cls) and wanted <= set(self._methods(cls))
            ]
            self._structural[protocol] = fitting if wanted and len(fitting) <= MOST else []
        return self._structural[protocol]

    def _methods(self, cls: str) -> Iterator[str]:
        for ancestor in self._classes.order(cls)[0]:
            for name, bindings in self._program.scopes[ancestor].bindings.items():
                if any(binding.kind == "function" for binding in bindings) and name != "__init__":
                    yield name


def _is_text(statement: ir.Stmt) -> bool:
    return isinstance(statement, ir.Evaluate) and isinstance(statement.value, ir.Const)


def _raised(statement: ir.Raise) -> str:
    return spelled(statement.value) if statement.value is not None else ""
