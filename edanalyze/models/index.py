"""The index of the data files: which import name needs which file, which files belong together, what draws edges.

`python -m edanalyze.models.index` writes data/index.json anew after a data file has changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from edanalyze.models.load import DATA, document, library
from edanalyze.models.rows import Library

PATH = DATA / "index.json"

_EDGES = frozenset(
    """
    consumer event_source graphql handler handler_class http http_declaration http_request mail outbox payment publish
    publish_decorator route route_call rpc_call rpc_invoke rpc_method soap workflow
    """.split()
)
"""Kinds of API that start or end an edge of the graph."""


def build_index() -> dict[str, Any]:
    """What data/index.json must hold.

    `imports`: import name -> files; `requires`: file -> files whose classes it refers to; `edges`: the packages with
    APIs at which an edge of the graph starts or ends.
    """
    imports: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    libraries: dict[str, Library] = {}
    for path in sorted(DATA.glob("*.toml")):
        head = document(path.stem)["library"]
        for name in head.get("imports", ()):
            imports.setdefault(name, []).append(path.stem)
        known = libraries[path.stem] = library(path.stem)
        owners.update(dict.fromkeys(known.bases, path.stem))
        owners.update({alias: path.stem for alias, cls in known.aliases.items() if cls in known.bases})
    requires: dict[str, list[str]] = {}
    for file, known in libraries.items():
        mentioned = {base for bases in known.bases.values() for base in bases}
        for api in known.apis:
            mentioned |= {str(api.data[key]) for key in ("returns", "enters", "produces", "yields") if key in api.data}
        needed = {owners[name] for name in mentioned if name in owners} - {file}
        if needed:
            requires[file] = sorted(needed)
    return {"imports": dict(sorted(imports.items())), "requires": requires, "edges": _edges(libraries.values())}


def _edges(libraries: Iterable[Library]) -> list[str]:
    """The packages with APIs that connect one process with another, without those inside one of them."""
    packages = {
        _package(api.call)
        for known in libraries
        for api in known.apis
        if api.kind in _EDGES and not api.data.get("in_process")
    } - {""}
    return sorted(name for name in packages if not any(name.startswith(f"{other}.") for other in packages))


def _package(call: str) -> str:
    """The part of a dotted call before its first class, or before its function."""
    parts = call.partition(":")[0].split(".")[:-1]
    return ".".join(takewhile(lambda part: not part[:1].isupper(), parts))


def render() -> str:
    """The text of data/index.json."""
    return json.dumps(build_index(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
