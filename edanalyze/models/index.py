"""The index of the data files: which import name needs which file, which files belong together, what draws edges.

`python -m edanalyze.models.index` writes data/index.json anew after a data file has changed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from edanalyze.models.load import DATA, document, library
from edanalyze.models.records import Api
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
    APIs at which an edge of the graph starts or ends -> the names in them that lead there.
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
            mentioned |= _given(api)
        needed = {owners[name] for name in mentioned if name in owners} - {file}
        if needed:
            requires[file] = sorted(needed)
    return {"imports": dict(sorted(imports.items())), "requires": requires, "edges": _edges([*libraries.values()])}


def _edges(libraries: Sequence[Library]) -> dict[str, list[str]]:
    """The packages with APIs that connect one process with another (not those inside one), and the names to import.

    The names are those of functions and classes at which an edge starts or ends, or through which one comes to them.
    """
    starts = {
        api.call.partition(":")[0]
        for known in libraries
        for api in known.apis
        if api.kind in _EDGES and not api.data.get("in_process")
    }
    packages = {_package(call) for call in starts} - {""}
    outer = [name for name in packages if not any(name.startswith(f"{other}.") for other in packages)]
    reached = _reached({_imported(call) for call in starts}, libraries)
    return {
        package: sorted({part for name in reached if name.startswith(f"{package}.") for part in _below(name, package)})
        for package in sorted(outer)
    }


def _reached(names: set[str], libraries: Sequence[Library]) -> set[str]:
    """These classes and functions with other names of them, their subclasses, and what gives their instances."""
    found: set[str] = set()
    while found != names:
        found = set(names)
        for known in libraries:
            names |= {alias for alias, meant in known.aliases.items() if meant in found}
            names |= {cls for cls, bases in known.bases.items() if not found.isdisjoint(bases)}
            names |= {_imported(api.call) for api in known.apis if not found.isdisjoint(_given(api))}
    return found


def _given(api: Api) -> set[str]:
    """The classes of which an API gives instances."""
    return {str(api.data[key]) for key in ("returns", "enters", "produces", "yields") if key in api.data}


def _imported(call: str) -> str:
    """The class or function that has to be imported for a dotted call."""
    parts = call.partition(":")[0].split(".")
    return ".".join(parts[: len(_package(call).split(".")) + 1])


def _below(name: str, package: str) -> list[str]:
    return name[len(package) + 1 :].split(".")


def _package(call: str) -> str:
    """The part of a dotted call before its first class, or before its function."""
    parts = call.partition(":")[0].split(".")[:-1]
    return ".".join(takewhile(lambda part: not part[:1].isupper(), parts))


def render() -> str:
    """The text of data/index.json."""
    return json.dumps(build_index(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
