"""YAML as a tree of strings that know their line; safe for files from anywhere.

Deployment files are read for what is written in them, so every scalar stays the text it was (`"8001:80"`, `"yes"`,
`"007"`); only an empty value and null become None. Tags are kept beside their value instead of being interpreted.
The parser's events are put together without recursion, and aliases are shared, not copied: what a document would
expand to is counted and bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = {"", "~", "null", "Null", "NULL"}
_MOST_NODES = 200_000
_DEEPEST = 200


class Text(str):
    """A scalar, with the line it is on (1-based)."""

    line: int = 0


class Mapping(dict[str, Any]):
    """A mapping, with its line and the line of each key."""

    line: int = 0

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def at(self, key: str) -> int:
        """The line of a key; that of the mapping for a key it lacks."""
        return self.lines.get(key, self.line)


class Sequence(list[Any]):
    """A sequence, with its line."""

    line: int = 0

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class Tagged(msgspec.Struct, frozen=True):
    """A value under a tag of its own, as `!Ref Queue`: tag "Ref" and the value."""

    tag: str
    value: Any
    line: int


Node: TypeAlias = "Text | Mapping | Sequence | Tagged | None"


class YamlError(ValueError):
    """Text that is no YAML, or more of it than is read. `line` is 1-based, 0 if unknown."""

    def __init__(self, message: str, line: int = 0) -> None:
        self.line = line
        super().__init__(f"line {line}: {message}" if line else message)


def documents(text: str, first_line: int = 1) -> list[Node]:
    """The documents of a YAML stream; of a duplicated key the last one counts. Raises YamlError.

    `first_line` is the line at which `text` starts in its file.
    """
    found: list[Node] = []
    builder = _Builder(first_line)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                builder = _Builder(first_line)
            elif isinstance(event, yaml.DocumentEndEvent):
                found.append(builder.root)
            elif isinstance(event, yaml.NodeEvent):
                builder.start(event)
            elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                builder.end()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlError(str(error.problem or error.context), mark.line + first_line if mark else 0) from error
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise YamlError(str(error).partition("\n")[0]) from error
    return found


def mapping(node: Node) -> Mapping:
    """The node if it is a mapping, else an empty one."""
    return node if isinstance(node, Mapping) else Mapping(getattr(node, "line", 0))


def items(node: Node) -> list[Any]:
    """The items of a sequence; a single scalar or mapping counts as a sequence of one, nothing as none."""
    if isinstance(node, Sequence):
        return node
    return [] if node is None else [node]


def text(node: Node) -> str:
    """The node as a plain string if it is a scalar, else the empty string."""
    return str(node) if isinstance(node, Text) else ""


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, each shared one once."""
    pending: list[Node] = [node]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, Mapping):
            pending.extend(reversed(list(current.values())))
        elif isinstance(current, Sequence):
            pending.extend(reversed(current))
        elif isinstance(current, Tagged):
            pending.append(current.value)


class _Open(msgspec.Struct):
    """A collection whose end has not come yet."""

    value: Mapping | Sequence
    anchor: str | None
    tag: str
    size: int = 1
    key: str | None = None
    waits_for_value: bool = False


class _Builder:
    """One document in the making."""

    def __init__(self, first_line: int) -> None:
        self.root: Node = None
        self._first_line = first_line
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}

    def start(self, event: yaml.NodeEvent) -> None:
        line = event.start_mark.line + self._first_line if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise YamlError(f"alias *{event.anchor} stands for nothing, or for itself", line)
            self._add(*self._anchors[event.anchor], line)
            return
        named = getattr(event, "tag", None) or ""
        tag = named[1:] if named.startswith("!") else ""
        if isinstance(event, yaml.ScalarEvent):
            scalar = Text(event.value)
            scalar.line = line
            plain_null = event.implicit[0] and event.value in _NULLS
            self._finish(None if plain_null else scalar, event.anchor, tag, 1, line)
            return
        if len(self._open) >= _DEEPEST:
            raise YamlError(f"nested more than {_DEEPEST} deep", line)
        made = Mapping(line) if isinstance(event, yaml.MappingStartEvent) else Sequence(line)
        self._open.append(_Open(made, event.anchor, tag))

    def end(self) -> None:
        closed = self._open.pop()
        self._finish(closed.value, closed.anchor, closed.tag, closed.size, closed.value.line)

    def _finish(self, node: Node, anchor: str | None, tag: str, size: int, line: int) -> None:
        value = Tagged(tag, node, line) if tag else node
        if anchor:
            self._anchors[anchor] = (value, size)
        self._add(value, size, line)

    def _add(self, node: Node, size: int, line: int) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        parent.size += size
        if parent.size > _MOST_NODES:
            raise YamlError(f"more than {_MOST_NODES:,} values once its aliases are expanded", line)
        if isinstance(parent.value, Sequence):
            parent.value.append(node)
        elif not parent.waits_for_value:
            parent.key, parent.waits_for_value = str(node) if isinstance(node, Text) else "", True
            parent.value.lines.setdefault(parent.key, line)
        else:
            parent.waits_for_value = False
            _put(parent.value, parent.key or "", node, line)


def _put(into: Mapping, key: str, node: Node, line: int) -> None:
    if key != "<<":
        into[key] = node
        return
    for merged in items(node):
        for name, value in mapping(merged).items():
            if name not in into:
                into[name] = value
                into.lines.setdefault(name, mapping(merged).at(name))
