"""Why a file could not be turned into facts."""

from __future__ import annotations


class SyntaxFailure(Exception):
    """A file that cannot be lowered: `path` as given to `lower`, `reason` in one short line."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
