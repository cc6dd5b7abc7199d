"""The index of the data files: which import name needs which file, and which files belong together.

`python -m edanalyze.models.index` writes data/index.json anew after a data file has changed.
"""

from __future__ import annotations

import json

from edanalyze.models.load import DATA, document, library
from edanalyze.models.rows import Library

PATH = DATA / "index.json"


def build_index() -> dict[str, dict[str, list[str]]]:
    """What data/index.json must hold: import name -> files, file -> files whose classes it refers to."""
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
    return {"imports": dict(sorted(imports.items())), "requires": requires}


def render() -> str:
    """The text of data/index.json."""
    return json.dumps(build_index(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
