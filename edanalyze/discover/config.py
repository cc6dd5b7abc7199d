"""Reading `[tool.edanalyze]`: every mistake is collected and told with file, key and what was expected."""

from __future__ import annotations

import difflib
import importlib
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from msgspec import inspect

from edanalyze.discover.settings import Config

_tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

SECTION = "tool.edanalyze"
_TYPE = inspect.type_info(Config)
_FIELDS = {
    field.encode_name: field
    for field in (_TYPE.fields if isinstance(_TYPE, inspect.StructType) else ())
    if field.name != "models"
}
_HELPED = 50
"""How many mistakes are worth a guess at what was meant: a guess takes its time."""
_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")


class ConfigProblem(msgspec.Struct, frozen=True):
    """One mistake: the file, the dotted key ("" for the file as a whole), what was expected.

    `line` and `column` (1-based) are known where the file is not valid TOML.
    """

    file: str
    key: str
    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(ValueError):
    """The settings cannot be used. `problems` holds all that is wrong with them, in the order of the file."""

    def __init__(self, problems: Collection[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


Objections: TypeAlias = "Callable[[Config, str], Iterable[ConfigProblem]]"
"""What else may be wrong with settings whose types are right, given them and the name of their file."""


def read_config(root: Path, model_kinds: Collection[str] = (), objections: Objections | None = None) -> Config:
    """The settings of the project at `root`; the defaults when its pyproject.toml is missing or says nothing.

    `model_kinds` are the names of the model tables a user may add (`publish`, `http`, …). `objections` are asked, too.
    Raises ConfigError with all problems.
    """
    file = root / "pyproject.toml"
    return read_settings(file, model_kinds, objections) if file.is_file() else Config()


def read_settings(file: Path, model_kinds: Collection[str] = (), objections: Objections | None = None) -> Config:
    """The settings in `[tool.edanalyze]` of a TOML file, whatever it is called; the defaults when it says nothing.

    Raises ConfigError with all problems.
    """
    data = parse_toml(file)
    tool = data.get("tool", {})
    table = tool.get("edanalyze", {}) if isinstance(tool, dict) else tool
    if not isinstance(table, dict):
        key = SECTION if isinstance(tool, dict) else "tool"
        raise ConfigError([ConfigProblem(file.name, key, f"expected a table, got {_shown(table)}")])
    return config_from_table(table, file.name, model_kinds, objections)


def written_keys(file: Path) -> frozenset[str]:
    """The keys that a file says in `[tool.edanalyze]`; none when there is no such file or section."""
    tool = parse_toml(file).get("tool", {}) if file.is_file() else {}
    table = tool.get("edanalyze", {}) if isinstance(tool, dict) else {}
    return frozenset(table) if isinstance(table, dict) else frozenset()


def parse_toml(file: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises ConfigError with one problem, with line and column where TOML gives them."""
    line = column = None
    try:
        data: dict[str, Any] = _tomllib.loads(file.read_bytes().decode("utf-8"))
        return data
    except _tomllib.TOMLDecodeError as error:
        text = str(error)
        if found := _POSITION.search(text):
            line, column = int(found[1]), int(found[2])
        message = f"not valid TOML: {_POSITION.sub('', text).strip()}"
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text: {error.reason} at byte {error.start}"
    except RecursionError:
        message = "not valid TOML: nested too deeply"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    raise ConfigError([ConfigProblem(file.name, "", message, line, column)])


def config_from_table(
    table: Mapping[str, Any],
    file: str,
    model_kinds: Collection[str] = (),
    objections: Objections | None = None,
) -> Config:
    """The settings of one `[tool.edanalyze]` table that came from `file`.

    `objections` are asked about the values whose types are right, even if others are wrong: the user shall hear of
    everything at once. Raises ConfigError with all problems.
    """
    problems: list[ConfigProblem] = []
    values: dict[str, Any] = {}
    models: dict[str, tuple[dict[str, Any], ...]] = {}
    for key, value in table.items():
        where = f"{SECTION}.{key}"
        if key in _FIELDS:
            before = len(problems)
            checked = _checked(value, _FIELDS[key].type, where, file, problems)
            if len(problems) == before:
                values[_FIELDS[key].name] = checked
        elif key in model_kinds:
            if isinstance(value, list) and all(isinstance(each, dict) for each in value):
                models[key] = tuple(value)
            else:
                problems.append(ConfigProblem(file, where, f"expected tables, written [[{where}]]"))
        else:
            likely = [*_FIELDS, *model_kinds] if len(problems) < _HELPED else []
            problems.append(ConfigProblem(file, where, _unknown(key, likely)))
    config = Config(**values, models=models)
    problems += objections(config, file) if objections is not None else ()
    if problems:
        raise ConfigError(problems)
    return config


def override(config: Config, source: str, **values: Any) -> Config:
    """`config` with the given fields replaced; None leaves a field alone.

    `source` names where the values come from (an option of the command line, `.flake8`) in problems.
    Names are those of the fields. Raises ConfigError for unknown names and wrong values.
    """
    given = {name.replace("_", "-"): value for name, value in values.items() if value is not None}
    problems: list[ConfigProblem] = []
    checked: dict[str, Any] = {}
    for key, value in given.items():
        if key not in _FIELDS:
            problems.append(ConfigProblem(source, key, _unknown(key, _FIELDS)))
        else:
            plain = list(value) if isinstance(value, tuple) else value
            checked[_FIELDS[key].name] = _checked(plain, _FIELDS[key].type, key, source, problems)
    if problems:
        raise ConfigError(problems)
    return msgspec.structs.replace(config, **checked)


def wanted(kind: inspect.Type) -> str:
    """What a value of this type is called in messages and in the reference."""
    match kind:
        case inspect.Metadata(type=inner):
            return wanted(inner)
        case inspect.VarTupleType(item_type=item):
            return f"a list of {wanted(item).removeprefix('a ')}s"
        case inspect.DictType(value_type=value):
            return "a table of tables" if isinstance(value, inspect.StructType) else "a table of values"
        case inspect.StructType():
            return "a table"
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(f'"{each}"' for each in values)
        case inspect.IntType(ge=least):
            return "a whole number" if least is None else f"a whole number of at least {least}"
        case inspect.BoolType():
            return "true or false"
        case inspect.UnionType() if (only := _optional(kind)) is not None:
            return wanted(only)
        case inspect.UnionType():
            return "a string, number, true or false"
    return "a string"


def _checked(value: Any, kind: inspect.Type, key: str, file: str, problems: list[ConfigProblem]) -> Any:
    """`value` as the type asks; what does not fit is added to `problems`."""
    match kind:
        case inspect.Metadata(type=inner):
            return _checked(value, inner, key, file, problems)
        case inspect.VarTupleType(item_type=item) if isinstance(value, list):
            return tuple(_checked(each, item, f"{key}[{at}]", file, problems) for at, each in enumerate(value))
        case inspect.DictType(key_type=names, value_type=inner) if isinstance(value, dict):
            if isinstance(names, inspect.LiteralType):
                words = [str(word) for word in names.values]
                strange = [name for name in value if name not in words]
                problems += [ConfigProblem(file, f"{key}.{name}", _unknown(name, words)) for name in strange]
            return {name: _checked(each, inner, f"{key}.{name}", file, problems) for name, each in value.items()}
        case inspect.StructType(cls=cls, fields=fields) if isinstance(value, dict):
            known = {field.encode_name: field for field in fields}
            given: dict[str, Any] = {}
            for name, each in value.items():
                if name in known:
                    given[known[name].name] = _checked(each, known[name].type, f"{key}.{name}", file, problems)
                else:
                    problems.append(ConfigProblem(file, f"{key}.{name}", _unknown(name, known)))
            return cls(**given)
        case inspect.LiteralType(values=values) if isinstance(value, str) and value in values:
            return value
        case inspect.IntType(ge=least) if type(value) is int and (least is None or value >= least):
            return value
        case inspect.BoolType() if isinstance(value, bool):
            return value
        case inspect.StrType() if isinstance(value, str):
            return value
        case inspect.UnionType() if (only := _optional(kind)) is not None:
            return _checked(value, only, key, file, problems)
        case inspect.UnionType() if isinstance(value, (str, int, float)):
            return value
    problems.append(ConfigProblem(file, key, f"expected {wanted(kind)}, got {_shown(value)}"))
    return None


def _optional(kind: inspect.UnionType) -> inspect.Type | None:
    """The one type besides None of a union that has but these."""
    others = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
    return others[0] if len(others) == 1 else None


def _unknown(key: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(key.replace("_", "-").lower(), list(known), n=1)
    return f'unknown key; did you mean "{close[0]}"?' if close else "unknown key"


def _shown(value: object) -> str:
    """A value in TOML's words, cut short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
