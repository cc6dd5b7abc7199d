"""Loads the files of the libraries that a project imports.

Parsing all of them would cost each run a tenth of a second, so an index tells which files an import needs; a file is
parsed once per process. A test checks the files in the package against the schema, `load` the user's own tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from edanalyze.models.records import ModelError
from edanalyze.models.registry import Models
from edanalyze.models.rows import Library, check, read

DATA = Path(__file__).parent / "data"
OWN = "pyproject.toml"
ALWAYS = "core"
"""The file that belongs to no library: shapes, header names, patterns of SQL."""


def load(imports: Iterable[str], own: Mapping[str, Sequence[Mapping[str, object]]] | None = None) -> Models:
    """Knowledge of the libraries that the dotted names in `imports` belong to, and of the user's tables.

    `own` maps a kind to the tables of `[tool.edanalyze]`. Raises ModelError with all that is wrong in them.
    """
    return Models((library(name) for name in files_for(imports)), _own(own or {}))


def load_all() -> Models:
    """Knowledge of all libraries."""
    return Models(library(path.stem) for path in sorted(DATA.glob("*.toml")))


def files_for(imports: Iterable[str]) -> list[str]:
    """The data files (without suffix) that these imports need, with those they refer to."""
    waiting = _named_by(imports)
    found = {ALWAYS}
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _index()["requires"].get(file, ())
    return sorted(found)


def imported(imports: Iterable[str]) -> tuple[str, ...]:
    """The names of the known libraries that these imports belong to, sorted; the language's own are left out."""
    named = {str(document(file)["library"]["name"]) for file in _named_by(imports)}
    return tuple(sorted(name for name in named if not name.startswith("Python: ")))


def _named_by(imports: Iterable[str]) -> list[str]:
    names = set(imports)
    prefixes = {name[:end] for name in names for end in (*_dots(name), len(name))}
    known = _index()["imports"].items()
    return [file for name, files in known if _touches(name, names, prefixes) for file in files]


def _dots(name: str) -> list[int]:
    return [place for place, letter in enumerate(name) if letter == "."]


def _touches(known: str, names: set[str], prefixes: set[str]) -> bool:
    """An import needs a library when it lies below its name, or is a package around it (`import google.cloud`)."""
    return known in prefixes or any(known[:end] in names for end in _dots(known))


def digest() -> str:
    """A hash of all data files: changes whenever the knowledge does."""
    total = hashlib.sha256()
    for path in sorted(DATA.glob("*.toml")):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def edge_packages() -> Mapping[str, Sequence[str]]:
    """The packages with APIs at which an edge of the graph starts or ends, and the names in them that lead there."""
    edges: Mapping[str, Sequence[str]] = _index()["edges"]
    return edges


@cache
def _index() -> Any:
    return json.loads((DATA / "index.json").read_text(encoding="utf-8"))


@cache
def library(file: str) -> Library:
    """The knowledge in one data file (its name without suffix), parsed at most once."""
    content = document(file)
    return read(tables_of(content), content["library"]["name"], f"{file}.toml")


def tables_of(content: Mapping[str, Any]) -> dict[str, list[dict[str, object]]]:
    """The tables of a parsed data file, kind -> rows, with its `[defaults.kind]` filled in."""
    defaults = content.get("defaults", {})
    return {
        kind: [{**defaults.get(kind, {}), **row} for row in rows]
        for kind, rows in content.items()
        if kind not in ("library", "defaults")
    }


def document(file: str) -> dict[str, Any]:
    """The parsed TOML of a data file."""
    return msgspec.toml.decode((DATA / f"{file}.toml").read_bytes(), type=dict[str, Any])


def _own(tables: Mapping[str, Sequence[Mapping[str, object]]]) -> Library | None:
    if not tables:
        return None
    problems = check(tables, OWN)
    if problems:
        raise ModelError(problems)
    return read(tables, OWN, OWN)
