"""`edanalyze models`: which libraries and calls are known, and where that is written."""

from __future__ import annotations

import difflib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edanalyze.cli.failures import Failure, explained

if TYPE_CHECKING:
    from edanalyze.models import Api


@click.command(short_help="List the libraries and calls that are known.")
@click.argument("library", required=False)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to list them."
)
def models(library: str | None, form: str) -> None:
    """List the libraries that edanalyze knows; with LIBRARY, each call it knows of that library.

    Your own wrappers, declared in pyproject.toml ([[tool.edanalyze.publish]] and the like), are listed as well.
    """
    with explained():
        known = _known()
        if library is not None:
            known = _of_library(known, library)
        if form == "json":
            from edanalyze.report import json

            click.echo(json.encode(known))
        elif library is None:
            _list_libraries(known)
        else:
            _list_calls(known)


def _known() -> list[Api]:
    """Everything that is shipped, and what the project in the working folder declares."""
    import msgspec

    from edanalyze.check.objections import objections
    from edanalyze.discover.config import read_config
    from edanalyze.discover.root import find_root
    from edanalyze.models import load, load_all
    from edanalyze.models.schema import KINDS

    shipped = load_all()
    own = load((), read_config(find_root([Path()]).path, KINDS, objections).models).own
    apis = [api for kind in KINDS for api in shipped.of_kind(kind)]
    shapes = [msgspec.structs.replace(shape.api, call=f"*.{shape.method}") for shape in shipped.shapes]
    return [*apis, *shapes, *own]


def _of_library(known: list[Api], library: str) -> list[Api]:
    wanted = library.lower()
    found = [api for api in known if wanted in (api.library.lower(), api.origin.rpartition(".")[0].lower())]
    if not found:
        names = {name.lower() for api in known for name in (api.library, api.origin.rpartition(".")[0])}
        close = difflib.get_close_matches(wanted, sorted(names), n=1)
        hint = f"did you mean {close[0]}?" if close else "`edanalyze models` lists the libraries"
        raise Failure(f"no library is called {library!r}; {hint}")
    return found


def _list_libraries(known: list[Api]) -> None:
    kinds: dict[tuple[str, str], Counter[str]] = {}
    for api in known:
        kinds.setdefault((api.library, api.origin), Counter())[api.kind] += 1
    width = max(len(library) for library, _ in kinds)
    for (library, origin), counted in sorted(kinds.items()):
        click.echo(
            f"{library:<{width}}  {', '.join(f'{kind} {count}' for kind, count in counted.most_common())}  ({origin})"
        )


def _list_calls(known: list[Api]) -> None:
    width = max(len(api.kind) for api in known)
    for api in known:
        slots = ", ".join(f"{role}={_slot(api, role)}" for role in api.slots)
        click.echo(f"{api.kind:<{width}}  {api.call or api.data.get('name', '')}" + (f"  ({slots})" if slots else ""))


def _slot(api: Api, role: str) -> str:
    slot = api.slots[role]
    return "|".join(str(each) for each in (slot.pos, slot.kw) if each is not None) or "any"
