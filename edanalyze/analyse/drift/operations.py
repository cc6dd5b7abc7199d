"""OpenAPI documents held against the routes of services and the requests to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edanalyze.analyse.binding.templates import pattern
from edanalyze.analyse.drift.names import key
from edanalyze.analyse.drift.records import Drift, are_few, in_document
from edanalyze.discover.documents import Document, Operation

if TYPE_CHECKING:
    from edanalyze.analyse.system import System
    from edanalyze.discover.service import Service
    from edanalyze.link.entries import EntryPoint

_READING = frozenset({"HEAD", "OPTIONS", "TRACE"})


def operations(documents: list[Document], system: System) -> Iterator[Drift]:
    """Requests to routes that the document of their service does not show, and operations without a route."""
    shown: dict[str, list[Document]] = {}
    for document in documents:
        service = _service(document, system)
        if service is not None:
            shown.setdefault(service.name, []).append(document)
    routes = _routes(system)
    for name, own in sorted(shown.items()):
        if _is_its_own(own, routes.get(name, [])):
            yield from _requests(name, own, system)
            yield from _unanswered(own, routes.get(name, []))


def _service(document: Document, system: System) -> Service | None:
    """The service that a document is about: by its folder, the hosts of its servers, its title or its name."""
    services = system.services
    own = services.of(document.file)
    if own is not None:
        return own
    for host in document.hosts:
        found = services.by_host(host)
        if found is not None:
            return found
    names = {key(document.title), key(document.file.rpartition("/")[2].partition(".")[0])}
    named = [each for each in services.all if key(each.name) in names]
    return named[0] if len(named) == 1 else None


def _routes(system: System) -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for entry in system.entries:
        if entry.kind == "route":
            found.setdefault(system.service_of(system.program.paths[entry.module]), []).append(entry)
    return found


def _is_its_own(documents: list[Document], routes: list[EntryPoint]) -> bool:
    """Whether documents and routes are about the same thing: half of what is documented is there."""
    all_of = [each for document in documents for each in document.operations]
    answered = sum(any(_answers(route, each) for route in routes) for each in all_of)
    return bool(all_of) and answered * 2 >= len(all_of) and all(route.path for route in routes)


def _requests(name: str, documents: list[Document], system: System) -> Iterator[Drift]:
    """The calls of others that reach a route which no document shows."""
    for call in system.binding.http_calls:
        if call.service != name or len(call.targets) != 1:
            continue
        route = call.targets[0]
        own = system.service_of(system.program.paths[call.site.module])
        if own == name or any(_answers(route, each) for document in documents for each in document.operations):
            continue
        files = ", ".join(sorted({each.file for each in documents}))
        near = [each for d in documents for each in d.operations if _same_path(route.path, each)]
        hint = f": it has {' and '.join(sorted({each.method for each in near}))} there" if near else ""
        text = f"`{route.name}` of {name} is called here, and {files} does not show it{hint}"
        yield Drift(text, call.path, call.confidence != "certain")


def _unanswered(documents: list[Document], routes: list[EntryPoint]) -> Iterator[Drift]:
    """Operations that no route answers.

    A document from which a framework takes its routes is right by itself, and where many operations have no route, it
    is rather the routes that are not seen.
    """
    if any(route.library == "openapi" for route in routes):
        return
    asked = [(document, each) for document in documents for each in document.operations if each.method not in _READING]
    missing = [each for each in asked if not any(_answers(route, each[1]) for route in routes)]
    if not are_few(len(missing), len(asked)):
        return
    for document, each in missing:
        other = sorted({"/".join(route.methods) for route in routes if _same_path(route.path, each)})
        hint = f"; the code answers {' and '.join(other)} there" if other else ""
        text = f"`{each.method} {each.base}{each.path}` is documented, and no route of the code answers it{hint}"
        yield Drift(text, (in_document(document.file, each.line, "documents the operation"),), True)


def _answers(route: EntryPoint, operation: Operation) -> bool:
    return bool({operation.method, "*"} & {*route.methods}) and _same_path(route.path, operation)


def _same_path(path: str, operation: Operation) -> bool:
    """Whether a route has the path of an operation, with or without what its servers put in front."""
    return any(_same(path, given) for given in (operation.path, f"{operation.base}{operation.path}"))


def _same(one: str, other: str) -> bool:
    """Whether two templates mean the same paths, whatever their parameters are called."""
    first, second = pattern(one), pattern(other)
    return first.segments == second.segments and first.rest == second.rest
