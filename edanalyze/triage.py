"""Triage: which files are worth a LibCST parse.

Both readers of the syntax layer find the same facts, so the choice costs or saves time and changes no result. LibCST
reads the files that import something at which an edge of the graph starts or ends, for there findings lie; the
others, most of a large system, are read from the running Python's own syntax tree.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING

from edanalyze.models.load import edge_packages

if TYPE_CHECKING:
    from edanalyze.syntax import Reader

SWITCH = "EDANALYZE_READER"
"""The environment variable that turns triage off: `concrete` (LibCST) or `abstract` (CPython) reads all files."""


def reader(source: bytes) -> Reader:
    """The reader that is asked first for a file of these bytes."""
    chosen = os.environ.get(SWITCH)
    if chosen == "concrete":
        return "concrete"
    if chosen == "abstract":
        return "abstract"
    return "concrete" if _bearing().search(b"\n" + source) is not None else "abstract"


@cache
def _bearing() -> re.Pattern[bytes]:
    """An import of something at which edges start or end."""
    names = "|".join(map(re.escape, edge_packages()))
    return re.compile(rf"\n[ \t]*(?:from|import)[ \t]+(?:{names})\b".encode())
