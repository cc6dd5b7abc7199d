"""The records of library knowledge: one API, the arguments that matter to it, and shapes of unresolved calls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


class Slot(msgspec.Struct, frozen=True, gc=False):
    """Where a call carries a role: position without the receiver, keyword, or both.

    `variadic` takes every positional argument from `pos` on; `rest` all keywords the callee does not name;
    `entry` is a key of the dict (or of each dict of a list) passed there, `field` an attribute of the object
    passed there; `default` is what the callee uses when the argument is missing, where that matters.
    """

    pos: int | None = None
    kw: str | None = None
    variadic: bool = False
    rest: bool = False
    entry: str | None = None
    field: str | None = None
    default: str | int | float | bool | None = None


class Api(msgspec.Struct, frozen=True, eq=False):
    """What is known of one callable: its kind, its canonical dotted name, slots and attributes.

    `call` is empty for knowledge that has a name only (a header, a setting): then `data["name"]` holds it.
    `origin` is the file the row stands in, or "pyproject.toml".
    """

    kind: str
    call: str
    library: str
    slots: Mapping[str, Slot]
    data: Mapping[str, Json]
    origin: str


class Shape(msgspec.Struct, frozen=True, eq=False):
    """What a call on an unresolved receiver stands for, judged by names (confidence "likely").

    `receiver` is searched in the last identifier of the receiver expression; `api.call` is empty.
    `url_required`: only with (true) or only without (false) an argument that looks like a URL or a path.
    """

    receiver: str
    method: str
    url_required: bool | None
    api: Api

    def matches(self, receiver: str, method: str) -> bool:
        """Whether a call of `method` on something called `receiver` has this shape."""
        return method == self.method and re.search(self.receiver, receiver) is not None


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with a table: the file, which table of its kind (from 0), the key, and what."""

    file: str
    kind: str
    index: int
    key: str
    message: str

    def __str__(self) -> str:
        key = f".{self.key}" if self.key else ""
        return f"{self.file}: [[{self.kind}]] number {self.index + 1}{key}: {self.message}"


class ModelError(ValueError):
    """Tables that do not follow the schema; `problems` lists everything wrong with them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
