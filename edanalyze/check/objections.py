"""What is wrong with settings beyond their types: rules that do not exist, and model tables that say nothing usable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePosixPath

from edanalyze.catalog.deprecation import day
from edanalyze.check import registry
from edanalyze.discover.config import SECTION, ConfigProblem
from edanalyze.discover.settings import Config
from edanalyze.models import problems

_LONGEST = 1000


def objections(config: Config, file: str) -> Iterator[ConfigProblem]:
    """Everything that is wrong with settings whose types are right; `file` is the name of where they stand."""
    selectors = {
        "select": config.select,
        "extend-select": config.extend_select,
        "ignore": config.ignore,
        "enable": config.enable,
        **{f"per-path[{at}].ignore": table.ignore for at, table in enumerate(config.per_path)},
    }
    rules = registry.rules()
    for key, names in selectors.items():
        for name in registry.unknown(rules, dict.fromkeys(names)):
            yield ConfigProblem(file, f"{SECTION}.{key}", f"no rule is called {name!r}")
    for at, table in enumerate(config.per_path):
        if not table.paths:
            yield ConfigProblem(file, f"{SECTION}.per-path[{at}].paths", "names no files: the table would do nothing")
    if not _lies_inside(config.baseline):
        yield ConfigProblem(file, f"{SECTION}.baseline", "has to be a file within the project, told from its root")
    for name, text in config.deprecated.items():
        if day(text) is None:
            yield ConfigProblem(
                file, f"{SECTION}.deprecated.{name}", f"expected a day such as 2026-06-30, got {text!r}"
            )
    for each in problems(config.models, file):
        key = f".{each.key}" if each.key else ""
        yield ConfigProblem(file, f"{SECTION}.{each.kind}[{each.index}]{key}", each.message)


def _lies_inside(path: str) -> bool:
    """Whether a path cannot lead out of the project, and can be a path at all."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return ".." not in parts and not os.path.isabs(path) and len(path) < _LONGEST and path.isprintable()
