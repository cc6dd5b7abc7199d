"""From the tables of one file to `Api` and `Shape` records, and the check against the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from edanalyze.models.notation import expand, slot
from edanalyze.models.records import Api, Json, Problem, Shape, Slot
from edanalyze.models.schema import KINDS, Kind

Table = Mapping[str, object]
_IDENTITY = ("call", "name", "also")


class Library(msgspec.Struct, frozen=True, eq=False):
    """Everything one file says: its APIs, other names of functions, classes and shapes.

    `aliases` maps another import path to the canonical name; `bases` a class to its base classes.
    """

    apis: tuple[Api, ...]
    aliases: Mapping[str, str]
    bases: Mapping[str, tuple[str, ...]]
    shapes: tuple[Shape, ...]


def read(tables: Mapping[str, Sequence[Table]], library: str, origin: str) -> Library:
    """The records of checked tables (kind -> rows). `[defaults.kind]` must be merged already."""
    apis: list[Api] = []
    aliases: dict[str, str] = {}
    bases: dict[str, tuple[str, ...]] = {}
    shapes: list[Shape] = []
    for kind_name, rows in tables.items():
        kind = KINDS[kind_name]
        for row in rows:
            if kind_name == "shape":
                shapes.extend(_shapes(row, library, origin))
                continue
            made = _apis(kind, row, library, origin)
            if "also" in row:
                aliases.update(_aliases([api.call for api in made], row["also"]))
            if kind_name == "class":
                parents = tuple(_texts(row.get("bases", ())))
                bases.update({api.call: parents for api in made})
            else:
                apis.extend(made)
    return Library(tuple(apis), aliases, bases, tuple(shapes))


def _apis(kind: Kind, row: Table, library: str, origin: str) -> list[Api]:
    slots: dict[str, Slot] = {}
    data: dict[str, Json] = {}
    for key, value in row.items():
        if key in kind.slots:
            slots[key] = slot(value)
        elif key == "name" or key not in _IDENTITY:
            data[key] = value  # type: ignore[assignment]
    calls = [full for name in _texts(row.get("call", ())) for full in expand(name)]
    if data.get("method") == "*":
        return [
            Api(kind.name, call, library, slots, {**data, "method": call.rpartition(".")[2].upper()}, origin)
            for call in calls
        ]
    return [Api(kind.name, call, library, slots, data, origin) for call in calls or [""]]


def _shapes(row: Table, library: str, origin: str) -> Iterator[Shape]:
    meant = row["as"]
    assert isinstance(meant, dict)
    kind = KINDS[meant["kind"]]
    attributes = {key: value for key, value in meant.items() if key != "kind"}
    required = row.get("url_required")
    for method in expand(str(row["method"])):
        # The method's own name stands in for the callee, so that `method = "*"` works as elsewhere.
        (api,) = _apis(kind, {**attributes, "call": method}, library, origin)
        yield Shape(
            str(row["receiver"]),
            method,
            None if required is None else bool(required),
            msgspec.structs.replace(api, call=""),
        )


def _aliases(calls: Sequence[str], also: object) -> Iterator[tuple[str, str]]:
    """Other names and what they stand for: the call with the same last name, or the only call."""
    by_last = {call.rpartition(".")[2]: call for call in calls}
    for name in _texts(also):
        for other in expand(name):
            yield other, by_last.get(other.rpartition(".")[2], calls[0])


def _texts(value: object) -> Sequence[str]:
    return [value] if isinstance(value, str) else value  # type: ignore[return-value]


def check(tables: Mapping[str, object], file: str) -> list[Problem]:
    """Everything in which the tables (kind -> rows) do not follow the schema."""
    problems: list[Problem] = []
    for kind_name, rows in tables.items():
        kind = KINDS.get(kind_name)
        if kind is None:
            problems.append(Problem(file, kind_name, 0, "", "there is no such kind of table"))
        elif not isinstance(rows, (list, tuple)):
            problems.append(Problem(file, kind_name, 0, "", f"write it as an array of tables, [[{kind_name}]]"))
        else:
            for index, row in enumerate(rows):
                problems += [
                    Problem(file, kind_name, index, key, message) for key, message in _problems_of_row(kind, row)
                ]
    return problems


def _problems_of_row(kind: Kind, row: object) -> Iterator[tuple[str, str]]:
    if not isinstance(row, Mapping):
        yield "", "a row is a table"
        return
    if kind.name != "shape" and "call" not in row and "name" not in row:
        yield "call", "which callable is meant? A table needs `call` (or `name`)"
    for key, value in row.items():
        message = _problem_of_value(kind, key, value)
        if message:
            yield key, message
    for words in kind.required:
        if not any(word in row for word in words.split("|")):
            yield words, f"missing: {kind.name} needs {' or '.join(words.split('|'))}"


def _problem_of_value(kind: Kind, key: str, value: object) -> str:
    if key in ("call", "also"):
        return "" if _is_names(value) else "a dotted name, or a list of them"
    if key == "name":
        return "" if isinstance(value, str) and value else "a text"
    if key == "as" and kind.name == "shape":
        return _problem_of_meant(value)
    if key in kind.slots:
        try:
            slot(value)
        except ValueError as error:
            return str(error)
        return ""
    if key not in kind.attributes:
        return f"{kind.name} has no such key"
    type_name = kind.attributes[key]
    if not _has_type(value, type_name):
        return f"must be {'a ' if type_name in ('text', 'number', 'table', 'list') else ''}{type_name}"
    choices = kind.choices.get(key)
    if choices:
        wrong = [word for word in _texts(value) if word not in choices]
        if wrong:
            return f'"{wrong[0]}" is none of {", ".join(choices)}'
    return ""


def _problem_of_meant(value: object) -> str:
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str) or value["kind"] not in KINDS:
        return "a table with the `kind` it stands for"
    kind = KINDS[value["kind"]]
    for key, inner in value.items():
        message = "" if key == "kind" else _problem_of_value(kind, key, inner)
        if message:
            return f"{key}: {message}"
    return ""


def _is_names(value: object) -> bool:
    names = [value] if isinstance(value, str) else value
    return isinstance(names, list) and bool(names) and all(isinstance(name, str) and name for name in names)


def _has_type(value: object, type_name: str) -> bool:
    if type_name == "text":
        return isinstance(value, str)
    if type_name == "flag":
        return isinstance(value, bool)
    if type_name == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    if type_name == "value":
        return isinstance(value, (str, int, float, bool))
    if type_name == "list":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if type_name == "table":
        return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    return isinstance(value, list) and all(isinstance(item, list) for item in value)
