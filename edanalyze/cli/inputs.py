"""What a command is given: folders and files of a project, and facts files of other systems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def divided(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The paths of a project, and the facts files: those that end in `.json`."""
    facts = tuple(path for path in paths if path.suffix == ".json" and not path.is_dir())
    return tuple(path for path in paths if path not in facts), facts
