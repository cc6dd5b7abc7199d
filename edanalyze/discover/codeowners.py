"""CODEOWNERS: who answers for a file, as code hosts read it: the last pattern that matches decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edanalyze.discover.globs import Pattern, covers, pattern

PLACES = ("CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")


def code_owners(root: Path) -> Callable[[str], str]:
    """A function that gives the owners of a file (relative to the root), "" for a file that nobody owns."""
    for place in PLACES:
        try:
            text = (root / place).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        return _Owners(text).of
    return lambda path: ""


class _Owners:
    """The lines of one file."""

    def __init__(self, text: str) -> None:
        self._lines: list[tuple[Pattern, str]] = []
        for line in text.splitlines():
            words = line.partition("#")[0].split()
            if words and not words[0].startswith(("[", "^[")):  # a section of GitLab
                self._lines.append((pattern(words[0]), " ".join(words[1:])))

    def of(self, path: str) -> str:
        """The owners of a file."""
        return next((owners for each, owners in reversed(self._lines) if covers((each,), path)), "")
