"""Where the cache of a project lies."""

from __future__ import annotations

import os
from pathlib import Path

from edanalyze.discover.settings import CACHE

VARIABLE = "EDANALYZE_CACHE_DIR"
"""The environment variable that names the folder; it wins over the configuration."""


def location(root: Path, configured: str, loose: bool = False) -> Path | None:
    """The folder for the project at `root`: from the environment, the configuration, else `.edanalyze_cache` in it.

    Relative paths start at the root. None for loose files, which have no project to keep a folder in, unless a place
    is named.
    """
    named = os.environ.get(VARIABLE) or configured
    if named:
        return Path(os.path.normpath(root / os.path.expanduser(named)))
    return None if loose else root / CACHE
