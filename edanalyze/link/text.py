"""Strings: templates built by concatenation, formatting, joining of URLs, and reads of the environment."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.values import Constant, Display, ExternalInstance, Frame, Hole, Instance, String, Value, string

if TYPE_CHECKING:
    from edanalyze.link.evaluate import Evaluator

MOST_STRINGS = 12
# Methods of strings (and URL objects) that keep the text or only trim it.
KEEPING = frozenset(
    {"encode", "decode", "removesuffix", "unicode_string", "human_repr", "__str__", "title"}
    | {"with_query", "update_query", "extend_query", "with_fragment", "copy_merge_params", "copy_set_param"}
    | {"copy_add_param", "include_query_params", "replace_query_params"}
)
# Methods that change letters, of what is known of a text.
CASES: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper, "casefold": str.casefold}
TEXT_TYPES = frozenset(
    {"builtins.str", "builtins.int", "builtins.bytes", "yarl.URL", "httpx.URL", "furl.furl"}
    | {"pydantic.AnyHttpUrl", "pydantic.HttpUrl", "pydantic.AnyUrl"}
)
JOINS = frozenset({"urllib.parse.urljoin", "os.path.join", "posixpath.join", "requests.compat.urljoin"})
# URL classes that are also given scheme, host, port and path one by one.
BUILT = frozenset({"yarl.URL.build", "httpx.URL"})
_FIELD = re.compile(r"\{(\w*)[^{}]*\}")


class Texts:
    """String evaluation for an evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._lists: dict[tuple[str, ...], ir.Items] = {}  # values are remembered by identity

    @staticmethod
    def label(expr: ir.Expr) -> str:
        """A short name for a hole."""
        match expr:
            case ir.Name(id=name) | ir.Attr(name=name):
                return name
            case ir.Call(function=ir.Attr(name="get") | ir.Name(id="config"), arguments=(key, *_)):  # a setting
                return key.value if isinstance(key, ir.Const) and isinstance(key.value, str) else Texts.label(key)
            case ir.Call(function=function):
                return spelled(function).rsplit(".", 1)[-1] or "call"
            case ir.Index(key=ir.Const(value=str() as key)):
                return key
            case ir.Index(value=value):
                return spelled(value).rsplit(".", 1)[-1] or "item"
            case ir.Choice(options=options) if options:
                return Texts.label(options[0])
            case _:
                return "value"

    def choices(self, expr: ir.Expr, frame: Frame) -> list[String]:
        """The strings an expression may be; numbers are spelled, anything else is one hole."""
        found: list[String] = []
        for value in self._evaluator.values(expr, frame):
            if isinstance(value, String):
                found.append(value)
            elif isinstance(value, Constant) and value.value is not None and not isinstance(value.value, bool):
                found.append(string(str(value.value)))
        return list(dict.fromkeys(found))[:MOST_STRINGS] or [self.unknown(expr, frame)]

    def unknown(self, expr: ir.Expr, frame: Frame) -> String:
        """The hole of an expression that is no known text, called as a setting is where it is one."""
        for value in self._evaluator.values(expr, frame):
            if isinstance(value, ExternalInstance) and value.site is not None and value.name.endswith(".get()"):
                for key in self._evaluator.literals(next(iter(value.site.call.arguments), None), value.site.frame):
                    deployed = self._evaluator.settings.environment(frame.scope.module, key, None)
                    return deployed if deployed.literal is not None else String((Hole("unknown", key),))
        return String((Hole("unknown", self.label(expr)),))

    def join(self, parts: Iterable[ir.Expr], frame: Frame) -> list[Value]:
        """All strings that the parts may build, bounded."""
        return self._product([self.choices(part, frame) for part in parts])

    @staticmethod
    def _product(choices: list[list[String]]) -> list[Value]:
        found: list[Value] = []
        for combination in itertools.islice(itertools.product(*choices), MOST_STRINGS):
            found.append(string(*(piece for text in combination for piece in text.parts)))
        return found

    def operation(self, operator: str, operands: tuple[ir.Expr, ...], frame: Frame) -> Iterable[Value]:
        """`a + b` of strings, `url / "path"` of URL and path objects, unions of classes."""
        if operator == "+" and len(operands) == 2:
            if any(isinstance(value, String) for part in operands for value in self._evaluator.values(part, frame)):
                return self.join(operands, frame)
            left = [value for part in operands for value in self._evaluator.values(part, frame)]
            return left if any(isinstance(value, Display) for value in left) else []
        if operator == "/" and len(operands) == 2:
            left_strings = [value for value in self._evaluator.values(operands[0], frame) if isinstance(value, String)]
            if left_strings:
                right = self.choices(operands[1], frame)
                return self._product([left_strings, [string("/")], right])
        if operator == "not":
            values = self._evaluator.values(operands[0], frame)
            return [Constant(not value.value) for value in values if isinstance(value, Constant)]
        if operator == "%" and operands:
            return [value for value in self._evaluator.values(operands[0], frame) if isinstance(value, String)]
        return ()

    def method(self, call: ir.Call, frame: Frame) -> Iterable[Value]:
        """Methods of known strings and of displays: `template.format(...)`, `url.rstrip("/")`, `table.get(key)`."""
        if not isinstance(call.function, ir.Attr):
            return ()
        name = call.function.name
        found: list[Value] = []
        for value in self._evaluator.values(call.function.value, frame):
            if isinstance(value, String):
                found += self._string_method(value, name, call, frame)
            elif isinstance(value, Display):
                found += self._display_method(value, name, call, frame)
        return found

    def _split(self, text: str, call: ir.Call, frame: Frame) -> list[Value]:
        """The list that a text is split into: `TOPICS.split(",")`."""
        separators = self._evaluator.literals(call.arguments[0], frame) if call.arguments else [""]
        if len(separators) != 1 or len(call.arguments) > 1:
            return []
        pieces = tuple((text.split(separators[0]) if separators[0] else text.split())[:MOST_STRINGS])
        if pieces not in self._lists:
            self._lists[pieces] = ir.Items("list", tuple(map(ir.Const, pieces)))
        return [Display(self._lists[pieces], frame)]

    def configured(self, call: ir.Call, frame: Frame) -> list[Value]:
        """What `app.config.get(key, default)` gives; empty for any other call."""
        configuration = self._evaluator.configuration
        if type(call.function) is not ir.Attr or call.function.name != "get" or not call.arguments:
            return []
        if not configuration.is_mapping(call.function.value):
            return []
        found: list[Value] = []
        for key in self._evaluator.literals(call.arguments[0], frame):
            found += configuration.items(key, frame.scope.module)
        if not found and len(call.arguments) > 1:
            found += self._evaluator.values(call.arguments[1], frame)
        return found

    def _string_method(self, value: String, name: str, call: ir.Call, frame: Frame) -> list[Value]:
        if name in CASES:
            return [string(*(CASES[name](part) if isinstance(part, str) else part for part in value.parts))]
        if name in KEEPING:
            return [value]
        if name in {"strip", "rstrip", "lstrip"}:
            characters = self._evaluator.literals(call.arguments[0], frame) if call.arguments else [" "]
            parts = list(value.parts)
            if parts and characters and name != "lstrip" and isinstance(parts[-1], str):
                parts[-1] = parts[-1].rstrip(characters[0])
            if parts and characters and name != "rstrip" and isinstance(parts[0], str):
                parts[0] = parts[0].lstrip(characters[0])
            return [string(*parts)]
        if name == "split" and value.literal is not None:
            return self._split(value.literal, call, frame)
        if name in {"format", "format_map"}:
            return self._format(value, call, frame)
        if name == "replace" and len(call.arguments) >= 2 and value.literal is not None:
            old = self._evaluator.literals(call.arguments[0], frame)
            new = self.choices(call.arguments[1], frame)
            if old:
                return [self._replaced(value.literal, old[0], text) for text in new]
        if name in {"join", "joinpath", "with_path"} and call.arguments and value.parts:
            if name == "join" and isinstance(first := self._evaluator.first(call.arguments[0], frame), Display):
                if isinstance(first.expr, ir.Items):
                    pieces: list[list[String]] = []
                    for position, item in enumerate(first.expr.items):
                        pieces += ([[value]] if position else []) + [self.choices(item, first.frame)]
                    return self._product(pieces)
                return []
            if name == "join" and _is_url(value):
                return [_urljoin(value, path) for path in self.choices(call.arguments[0], frame)]
            if name == "join":
                return [String((Hole("unknown", self.label(call.arguments[0])),))]
            return self._product([[value], [string("/")], self.choices(call.arguments[0], frame)])
        return []

    @staticmethod
    def _replaced(text: str, old: str, new: String) -> Value:
        parts: list[str | Hole] = []
        for position, piece in enumerate(text.split(old) if old else [text]):
            if position:
                parts += new.parts
            parts.append(piece)
        return string(*parts)

    def _format(self, value: String, call: ir.Call, frame: Frame) -> list[Value]:
        names = dict(call.keywords)
        pieces: list[list[String]] = []
        position = 0
        for part in value.parts:
            if isinstance(part, Hole):
                pieces.append([String((part,))])
                continue
            last = 0
            for match in _FIELD.finditer(part):
                pieces.append([string(part[last : match.start()])])
                key = match.group(1)
                expr: ir.Expr | None = names.get(key)
                if key == "" or key.isdigit():
                    index = int(key) if key else position
                    position += 1
                    expr = call.arguments[index] if index < len(call.arguments) else None
                pieces.append([String((Hole("unknown", key),))] if expr is None else self.choices(expr, frame))
                last = match.end()
            pieces.append([string(part[last:])])
        return self._product(pieces)

    def _display_method(self, value: Display, name: str, call: ir.Call, frame: Frame) -> list[Value]:
        items = self._evaluator.items
        if name in {"get", "pop", "setdefault"} and call.arguments and isinstance(value.expr, ir.Mapping):
            key = self._evaluator.first(call.arguments[0], frame)
            found = items.member(value, key)
            if isinstance(call.function, ir.Attr):
                found += self._evaluator.registries.members(call.function.value, value, key)
            if not found and len(call.arguments) > 1:
                found = list(self._evaluator.values(call.arguments[1], frame))
            return found
        if name == "values" and isinstance(value.expr, ir.Mapping):
            return [value]
        if name in {"copy", "union"}:
            return [value]
        return []

    def library(self, name: str, call: ir.Call, frame: Frame) -> list[Value] | None:
        """Library functions that make text; None when `name` is none of them."""
        evaluator = self._evaluator
        if name in BUILT and any(keyword == "host" for keyword, _ in call.keywords):
            return self._built(dict(call.keywords), frame)
        if name in TEXT_TYPES:
            return list(self.choices(call.arguments[0], frame)) if call.arguments else [string("")]
        if name in JOINS and call.arguments:
            return self._joined(call, frame)
        slots = evaluator.models.environment(name)
        if slots is not None:
            variable, default = slots
            names = evaluator.literals(variable(call), frame)
            fallback = default(call)
            defaults = self.choices(fallback, frame) if fallback is not None else [None]
            return [
                evaluator.settings.environment(frame.scope.module, variable_name, text)
                for variable_name in names
                for text in defaults
                if not isinstance(
                    evaluator.first(fallback, frame) if fallback is not None else None, Instance | ExternalInstance
                )
            ]
        return None

    def _built(self, given: dict[str, ir.Expr], frame: Frame) -> list[Value]:
        """A URL put together from its parts, which are given by name."""

        def part(name: str, before: str = "", otherwise: str = "") -> list[String]:
            expr = given.get(name)
            texts = self.choices(expr, frame) if expr is not None else []
            return [string(before, *text.parts) for text in texts] or [string(otherwise)]

        pieces = [part("scheme", "", "http"), [string("://")], part("host"), part("port", ":"), part("path")]
        return self._product(pieces)

    def _joined(self, call: ir.Call, frame: Frame) -> list[Value]:
        """Joining of URLs: an absolute second part replaces the path of the first (RFC 3986)."""
        found: list[Value] = []
        choices = [self.choices(part, frame) for part in call.arguments]
        for combination in itertools.islice(itertools.product(*choices), MOST_STRINGS):
            current = combination[0]
            for following in combination[1:]:
                current = _urljoin(current, following)
            found.append(current)
        return found


def _is_url(text: String) -> bool:
    return bool(text.parts) and isinstance(text.parts[0], str) and "://" in text.parts[0]


def _urljoin(base: String, path: String) -> String:
    head = path.parts[0] if path.parts else ""
    if isinstance(head, str) and "://" in head:
        return path
    parts = list(base.parts)
    if isinstance(head, str) and head.startswith("/"):
        first = parts[0] if parts else ""
        if isinstance(first, str) and "://" in first:
            scheme, _, rest = first.partition("://")
            host, slash, _ = rest.partition("/")
            if slash or len(parts) == 1:
                return string(f"{scheme}://{host}", *path.parts)
        if parts and isinstance(parts[-1], str):
            parts[-1] = parts[-1].rstrip("/")
        return string(*parts, *path.parts)
    if parts and isinstance(parts[-1], str):
        last = parts[-1]
        if "://" in last and "/" not in last.partition("://")[2]:
            parts[-1] = last + "/"
        else:
            parts[-1] = last[: last.rfind("/") + 1]
    else:
        parts.append("/")
    return string(*parts, *path.parts)
