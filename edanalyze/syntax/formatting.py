"""Fold `"..." % values`, `"...".format(...)` and `"...".join([...])` into the string they build.

A fold that would lose, repeat or reorder an argument that does something when evaluated is refused
(the functions return None), so that every call of the file stays in the facts exactly once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from edanalyze.facts.ir import Attr, Const, Expr, Index, Items, Mapping, Name, Operation, Star
from edanalyze.syntax.strings import text

_PERCENT = re.compile(r"%(?:\(([^()]*)\))?[#0\- +]*(\*|[0-9]*)(?:\.(\*|[0-9]*))?[hlL]?([diouxXeEfFgGcrsab%])?")
_FIELD = re.compile(r"\.([^.\[]+)|\[([^\]]+)\]")


def is_plain(expr: Expr) -> bool:
    """Whether evaluating an expression does nothing: literals, names, attributes, indices and their operators."""
    kind = type(expr)
    if kind is Const or kind is Name:
        return True
    if isinstance(expr, Attr):
        return is_plain(expr.value)
    if isinstance(expr, Index):
        return is_plain(expr.value) and is_plain(expr.key)
    if isinstance(expr, Operation):
        return all(is_plain(operand) for operand in expr.operands)
    return False


def percent(left: Expr, values: Expr) -> Expr | None:
    """The string `left % values`, or None."""
    if type(left) is not Const or type(left.value) is not str:
        return None
    template = left.value
    parts: list[Expr] = []
    used: list[Expr] = []
    position = 0
    wanted = _count(template)
    if wanted is None:
        return None
    source = _PercentValues(values, wanted)
    for match in _PERCENT.finditer(template):
        parts.append(Const(template[position : match.start()]))
        position = match.end()
        if match[4] == "%":
            parts.append(Const("%"))
            continue
        value = source.take(match[1])
        if value is None:
            return None
        used.append(value)
        parts.append(value)
    if "%" in template[position:] or not _keeps(source.given(), used):
        return None
    parts.append(Const(template[position:]))
    return text(parts)


def _count(template: str) -> int | None:
    """The number of values that a template asks for; None when it is malformed or takes widths from values."""
    count = 0
    for match in _PERCENT.finditer(template):
        if match[4] is None or match[2] == "*" or match[3] == "*":
            return None
        count += match[4] != "%"
    return count


class _PercentValues:
    """The right operand of `%`, from which the fields of the template take their values."""

    def __init__(self, values: Expr, wanted: int) -> None:
        self._values = values
        self._wanted = wanted
        self._taken = 0

    def take(self, key: str | None) -> Expr | None:
        values = self._values
        if key is not None:
            return self._named(key)
        index = self._taken
        self._taken += 1
        if isinstance(values, Items) and values.kind == "tuple":
            if len(values.items) != self._wanted or any(type(item) is Star for item in values.items):
                return None
            return values.items[index]
        if self._wanted == 1:
            return values
        return Index(values, Const(index)) if is_plain(values) else None

    def _named(self, key: str) -> Expr | None:
        values = self._values
        if isinstance(values, Mapping):
            for name, value in reversed(values.items):
                if name is None:
                    return None
                if type(name) is Const and name.value == key:
                    return value
            return None
        return Index(values, Const(key)) if is_plain(values) else None

    def given(self) -> list[Expr]:
        """The expressions that the right operand evaluates."""
        values = self._values
        if isinstance(values, Mapping):
            return [part for pair in values.items for part in pair if part is not None]
        if isinstance(values, Items) and values.kind == "tuple":
            return list(values.items)
        return [values]


def _keeps(given: list[Expr], used: list[Expr]) -> bool:
    """Whether `used` holds every expression of `given` that does something, once and in the same order."""
    acting = [id(expr) for expr in given if not is_plain(expr)]
    return acting == [id(expr) for expr in used if not is_plain(expr)]


def str_format(template: str, arguments: tuple[Expr, ...], keywords: tuple[tuple[str, Expr], ...]) -> Expr | None:
    """The string `template.format(*arguments, **keywords)`, or None."""
    if any(type(argument) is Star for argument in arguments):
        return None
    named = dict(keywords)
    try:
        fields = list(_fields(template))
    except ValueError:
        return None
    parts: list[Expr] = []
    used: list[Expr] = []
    for constant, field in fields:
        parts.append(Const(constant))
        if field is None:
            continue
        root, path = field
        value = _argument(root, arguments, named)
        if value is None:
            return None
        used.append(value)
        parts.append(_follow(value, path))
    given = [*arguments, *(value for _, value in keywords)]
    return text(parts) if _keeps(given, used) else None


def _argument(root: str, arguments: tuple[Expr, ...], named: dict[str, Expr]) -> Expr | None:
    if root.isdigit():
        index = int(root)
        return arguments[index] if index < len(arguments) else None
    if root in named:
        return named[root]
    spread = named.get("")
    return Index(spread, Const(root)) if spread is not None and is_plain(spread) else None


def _fields(template: str) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """The pieces of a format string: literal text and the field behind it, as root and path (`0`, `.name[1]`).

    Fields inside a format specification set widths; they are accepted only when they take no value.
    """
    automatic = 0
    for constant, name, specification, _ in Formatter().parse(template):
        if name is None:
            yield constant, None
            continue
        if specification and "{" in specification:
            raise ValueError(specification)
        cut = re.match(r"[^.\[]*", name)
        root = cut[0] if cut else ""
        path = name[len(root) :]
        if not root:
            root = str(automatic)
            automatic += 1
        yield constant, (root, path)


def _follow(value: Expr, path: str) -> Expr:
    for match in _FIELD.finditer(path):
        if match[1] is not None:
            value = Attr(value, match[1])
        else:
            value = Index(value, Const(int(match[2]) if match[2].isdigit() else match[2]))
    return value


def joined(separator: str, arguments: tuple[Expr, ...], keywords: tuple[tuple[str, Expr], ...]) -> Expr | None:
    """The string `separator.join([...])` of a literal list or tuple, or None."""
    if keywords or len(arguments) != 1:
        return None
    items = arguments[0]
    if not isinstance(items, Items) or items.kind == "set" or any(type(item) is Star for item in items.items):
        return None
    parts: list[Expr] = []
    for item in items.items:
        if parts:
            parts.append(Const(separator))
        parts.append(item)
    return text(parts)
