"""Loads the files of the libraries that a project imports.

All files together take half a second to parse, so an index tells which file an import needs; a file is parsed once
per process. The files in the package are checked against the schema by a test, a user's tables whenever they are read.
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
    return Models((_library(name) for name in files_for(imports)), _own(own or {}))


def load_all() -> Models:
    """Knowledge of all libraries."""
    return Models(_library(path.stem) for path in sorted(DATA.glob("*.toml")))


def files_for(imports: Iterable[str]) -> list[str]:
    """The data files (without suffix) that these imports need, with those they refer to."""
    index = _index()
    names = set(imports)
    prefixes = {name[:end] for name in names for end in (*_dots(name), len(name))}
    waiting = [file for known, files in index["imports"].items() if _touches(known, names, prefixes) for file in files]
    found = {ALWAYS}
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += index["requires"].get(file, ())
    return sorted(found)


def _dots(name: str) -> list[int]:
    return [place for place, letter in enumerate(name) if letter == "."]


def _touches(known: str, names: set[str], prefixes: set[str]) -> bool:
    """An import needs a library when it lies below its name, or is a package around it (`import google.cloud`)."""
    return known in prefixes or ("." in known and any(known.startswith(f"{name}.") for name in names))


def digest() -> str:
    """A hash of all data files: changes whenever the knowledge does."""
    total = hashlib.sha256()
    for path in sorted(DATA.glob("*.toml")):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def build_index() -> dict[str, dict[str, list[str]]]:
    """What data/index.json must hold: import name -> files, file -> files whose classes it refers to."""
    imports: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    libraries: dict[str, Library] = {}
    for path in sorted(DATA.glob("*.toml")):
        head = _document(path.stem)["library"]
        for name in head.get("imports", ()):
            imports.setdefault(name, []).append(path.stem)
        library = libraries[path.stem] = _library(path.stem)
        owners.update(dict.fromkeys(library.bases, path.stem))
        owners.update({alias: owners[cls] for alias, cls in library.aliases.items() if cls in library.bases})
    requires: dict[str, list[str]] = {}
    for file, library in libraries.items():
        mentioned = {base for bases in library.bases.values() for base in bases}
        for api in library.apis:
            mentioned |= {str(api.data[key]) for key in ("returns", "enters", "produces", "yields") if key in api.data}
        needed = {owners[name] for name in mentioned if name in owners} - {file}
        if needed:
            requires[file] = sorted(needed)
    return {"imports": dict(sorted(imports.items())), "requires": requires}


@cache
def _index() -> Any:
    return json.loads((DATA / "index.json").read_text(encoding="utf-8"))


@cache
def _library(file: str) -> Library:
    document = _document(file)
    head = document.pop("library")
    defaults = document.pop("defaults", {})
    tables = {
        kind: [{**defaults[kind], **row} for row in rows] if kind in defaults else rows
        for kind, rows in document.items()
    }
    return read(tables, head["name"], f"{file}.toml")


def _document(file: str) -> dict[str, Any]:
    return msgspec.toml.decode((DATA / f"{file}.toml").read_bytes(), type=dict[str, Any])


def _own(tables: Mapping[str, Sequence[Mapping[str, object]]]) -> Library | None:
    if not tables:
        return None
    problems = check(tables, OWN)
    if problems:
        raise ModelError(problems)
    return read(tables, OWN, OWN)
