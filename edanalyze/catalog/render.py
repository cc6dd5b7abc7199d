"""Writing a catalogue in one of its formats."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from edanalyze.catalog.asyncapi import to_asyncapi
from edanalyze.catalog.eventcatalog import to_eventcatalog
from edanalyze.catalog.markdown import to_markdown
from edanalyze.catalog.records import Catalogue


class CatalogueError(ValueError):
    """A request that makes no sense; the message says why."""


def to_json(catalogue: Catalogue) -> str:
    """The catalogue as JSON (docs/schema/catalog.schema.json), indented, in a stable order."""
    return msgspec.json.format(msgspec.json.encode(catalogue), indent=1).decode() + "\n"


def to_types(catalogue: Catalogue) -> str:
    """The names of all events that leave their process, as CloudEvents have them in `type`, one a line."""
    names = sorted(
        {message.name for message in catalogue.messages if message.kind != "command" and not message.internal}
    )
    return "".join(f"{name}\n" for name in names)


_RENDERERS: dict[str, Callable[[Catalogue], str]] = {
    "markdown": to_markdown,
    "json": to_json,
    "asyncapi": to_asyncapi,
    "cloudevents": to_types,
}
FOLDERS = ("eventcatalog",)
FORMATS = (*_RENDERERS, *FOLDERS)


def render(catalogue: Catalogue, form: str) -> str:
    """The text of a catalogue in one of the formats that are one file. Raises CatalogueError for the others."""
    if form not in _RENDERERS:
        raise CatalogueError(f"{form} is a folder of files: name one with -o")
    return _RENDERERS[form](catalogue)


def files(catalogue: Catalogue, form: str) -> dict[str, str]:
    """The files of a catalogue by their relative paths, in one of `FOLDERS`."""
    assert form in FOLDERS
    return to_eventcatalog(catalogue)
