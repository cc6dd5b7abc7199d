"""A schema with the place that declares it, and what the readers of all formats share."""

from __future__ import annotations

from typing import Any

import msgspec

Schema = dict[str, Any]
DEEPEST = 24
"""How deeply types may be nested in each other."""
MOST = 4_000
"""How many types one message may consist of."""


class SchemaError(ValueError):
    """A text that is no schema of its format; the message says why."""


class DeclaredSchema(msgspec.Struct, frozen=True):
    """The schema of a message, its name, and the file (from the project's root) and line that declare it.

    `file` is "" for a schema that stands in code.
    """

    name: str
    schema: Schema
    file: str = ""
    line: int = 1

    @property
    def place(self) -> str:
        """`file:line`, "" for one in code."""
        return f"{self.file}:{self.line}" if self.file else ""


class Budget:
    """Counts the types of one message, so that references which multiply do not run away."""

    def __init__(self) -> None:
        self._left = MOST

    def spend(self, depth: int) -> str:
        """Why the next type is not read; "" while there is room."""
        self._left -= 1
        if depth > DEEPEST:
            return "it is nested too deeply"
        return "the schema is too large" if self._left < 0 else ""


def unknown(why: str) -> Schema:
    """The schema of what is not known."""
    return {"x-unknown": why}
