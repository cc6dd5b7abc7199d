"""Triage: which files are worth a LibCST parse.

Both readers of the syntax layer find the same facts, so the choice costs or saves time and changes no result. LibCST
reads the files that import something at which an edge of the graph starts or ends, for there findings lie; the
others, most of a large system, and test code are read from the running Python's own syntax tree.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING

from edanalyze.discover.leftout import is_in_tests, is_test_file
from edanalyze.models.load import edge_packages

if TYPE_CHECKING:
    from edanalyze.syntax import Reader

SWITCH = "EDANALYZE_READER"
"""The environment variable that turns triage off: `concrete` (LibCST) or `abstract` (CPython) reads all files."""


def reader(path: str, source: bytes) -> Reader:
    """The reader that is asked first for a file at a path below the root, with these bytes."""
    chosen = os.environ.get(SWITCH)
    if chosen == "concrete":
        return "concrete"
    if chosen == "abstract":
        return "abstract"
    folder, _, name = path.rpartition("/")
    if is_test_file(name) or is_in_tests(folder):
        return "abstract"
    return "concrete" if _bears(b"\n" + source) else "abstract"


def _bears(source: bytes) -> bool:
    """Whether something is imported at which edges start or end."""
    for found in _imports().finditer(source):
        package, names = found[2], found[3]
        if package is None:
            return True
        leading = edge_packages()[package.decode()]
        if any(name == b"*" or name.decode() in leading for name in _NAME.findall(names)):
            return True
    return False


_NAME = re.compile(rb"[A-Za-z0-9_]+|\*")


@cache
def _imports() -> re.Pattern[bytes]:
    """An import of a package with edges, or from such a package: its name, and the names that are imported."""
    packages = "|".join(map(re.escape, edge_packages()))
    below = rf"(?<=f)rom[ \t]+({packages})\b[\w.]*[ \t]+import\b[ \t]*(\([^)]*|[^\n]*)"
    # Most lines start with another letter, which one look tells.
    return re.compile(rf"\n[ \t]*[if](?:(?<=i)mport[ \t]+({packages})\b|{below})".encode())
