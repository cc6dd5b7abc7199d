"""Procedures: the entry points that answer to remote calls, with the names by which callers know them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edanalyze.discover.service import Services
from edanalyze.facts import ir
from edanalyze.link.entries import EntryPoint
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Instance, String


@dataclass(frozen=True, slots=True)
class Procedure:
    """An entry point that answers: `owners` are the names of what holds it, `procedures` its own."""

    entry: EntryPoint
    owners: tuple[str, ...]
    procedures: tuple[str, ...]

    @property
    def function(self) -> str:
        """The function that is run."""
        return self.entry.function


def procedures(evaluator: Evaluator, entries: Iterable[EntryPoint], services: Services) -> Iterator[Procedure]:
    """The procedures among entry points."""
    for entry in entries:
        if entry.kind in {"rpc", "handler"}:
            own = entry.function.rpartition(":")[2].rpartition(".")[2]
            names = {own, *(topic.literal for topic in entry.topics if topic.literal is not None)}
            yield Procedure(entry, tuple(sorted(_owners(evaluator, entry, services))), tuple(sorted(names)))


def _owners(evaluator: Evaluator, entry: EntryPoint, services: Services) -> set[str]:
    """What a caller may call the service that holds a procedure."""
    program = evaluator.program
    service = services.of(program.paths[entry.module])
    names = {service.name, *service.hosts} if service is not None else set()
    owner = program.functions[entry.function].owner if entry.function in program.functions else None
    if owner is None:
        return names
    own = evaluator.attributes.of(Instance(f"{entry.module}:{owner}"), "name")
    given = {value.literal for value in own if isinstance(value, String) and value.literal is not None}
    if given:
        return given
    for base in program.classes[f"{entry.module}:{owner}"].bases:
        if isinstance(base, ir.Attr | ir.Name):
            names.add((base.name if isinstance(base, ir.Attr) else base.id).removesuffix("Servicer"))
    return names | {owner.removesuffix("Servicer")}
