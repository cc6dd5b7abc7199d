"""Protocol Buffers definitions (proto2 and proto3): messages, enums, maps, oneofs and reserved names.

A reader of its own: those on the package index bring a grammar runtime along whose start-up costs more than a whole
run here, and give up a file at its first mistake. This one takes what it understands (declarations of messages, enums
and fields) and passes over the rest, so that options, extensions, services and new syntax cannot stop it.
https://protobuf.dev/reference/protobuf/proto3-spec/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from edanalyze.discover.schemas.declared import Budget, Schema, unknown

_NULL: Schema = {"type": "null"}
_INTEGERS = ("int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64")
SCALARS: dict[str, Schema] = {
    **{name: {"type": "number"} for name in ("double", "float")},
    **{name: {"type": "integer"} for name in _INTEGERS},
    "bool": {"type": "boolean"},
    "string": {"type": "string"},
    "bytes": {"type": "string", "format": "binary"},
}
WELL_KNOWN: dict[str, Schema] = {
    "Timestamp": {"type": "string", "format": "date-time"},
    "Duration": {"type": "string", "format": "duration"},
    "Struct": {"type": "object", "additionalProperties": True},
    "ListValue": {"type": "array", "items": {}},
    "Value": {},
    "Any": {"type": "object", "additionalProperties": True},
    "Empty": {"type": "object", "properties": {}},
    "FieldMask": {"type": "string"},
    **{
        f"{name}Value": {"anyOf": [SCALARS[name.lower()], _NULL]}
        for name in ("String", "Bytes", "Bool", "Float", "Double", "Int32", "Int64", "UInt32", "UInt64")
    },
}
_WELL = "google.protobuf."
_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)|(?P<word>[.\w][\w.\-]*)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<sign>.)""",
    re.S,
)
_MOST_TOKENS = 400_000
_LABELS = frozenset({"optional", "required", "repeated"})
_BLOCKS = frozenset({"message", "enum", "service", "extend", "oneof", "group"})


class Token(msgspec.Struct, frozen=True):
    """A word, text or sign, and its line."""

    text: str
    line: int


class ProtoField(msgspec.Struct, frozen=True):
    """A field: `label` is optional, required, repeated, map, oneof or "", `type` as it is written (a map's values)."""

    name: str
    type: str
    label: str
    number: int


class ProtoMessage(msgspec.Struct):
    """A message by its full name (package and outer messages before it)."""

    name: str
    line: int
    fields: list[ProtoField] = []
    reserved: list[str] = []


class Proto(msgspec.Struct):
    """One file: its messages and enums by full name, its package and imports."""

    package: str = ""
    imports: list[str] = []
    messages: dict[str, ProtoMessage] = {}
    enums: dict[str, list[str]] = {}


def read_proto(text: str) -> Proto:
    """What a definition declares. Never fails: what is not understood is passed over."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._found = Proto()

    def parse(self) -> Proto:
        """Read the whole file; blocks are followed with a stack of their own, so depth is no matter."""
        stack: list[tuple[str, str]] = []
        while self._at < len(self._tokens):
            token = self._next()
            if token.text == "}":
                if stack:
                    stack.pop()
                continue
            if token.text == ";":
                continue
            kind, scope = stack[-1] if stack else ("file", "")
            opened = self._statement(token, kind, scope)
            if opened is not None:
                stack.append(opened)
        return self._found

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _statement(self, token: Token, kind: str, scope: str) -> tuple[str, str] | None:
        """Read one statement; the block it opens, if any."""
        if kind == "enum":
            self._constant(token, scope)
            return None
        rest = self._rest()
        words = [token.text, *(each.text for each in rest)]
        opens = words[-1] == "{"
        match words:
            case ["package", name, *_] if kind == "file":
                self._found.package = name
            case ["import", *more] if kind == "file":
                self._found.imports += [each.strip("\"'") for each in more if each[:1] in {'"', "'"}]
            case ["message" | "enum" as word, name, "{"]:
                full = f"{scope or self._found.package}.{name}".strip(".")
                if word == "message":
                    self._found.messages[full] = ProtoMessage(full, token.line)
                else:
                    self._found.enums[full] = []
                return (word, full)
            case ["oneof", _, "{"] if kind == "message":
                return ("oneof", scope)
            case ["reserved", *more] if kind == "message":
                self._found.messages[scope].reserved += [each.strip("\"'") for each in more if each not in {",", ";"}]
            case _ if kind in {"message", "oneof"} and not opens:
                self._field(words, kind, scope)
        return ("other", scope) if opens else None

    def _constant(self, token: Token, scope: str) -> None:
        rest = self._rest()
        if rest and rest[0].text == "=" and token.text not in {"option", "reserved"}:
            self._found.enums[scope].append(token.text)

    def _rest(self) -> list[Token]:
        """The tokens up to the end of a statement, or the brace that opens a block; what options hold is left out."""
        found: list[Token] = []
        depth = 0
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if not depth and token.text == "}":
                return found
            self._at += 1
            if token.text in {"[", "("}:
                depth += 1
            elif token.text in {"]", ")"}:
                depth = max(depth - 1, 0)
            elif not depth and token.text == "{" and found and found[-1].text == "=":
                self._skip_braces()  # `option (x) = {`
            elif not depth:
                if token.text == ";":
                    return found
                found.append(token)
                if token.text == "{":
                    return found
        return found

    def _skip_braces(self) -> None:
        depth = 1
        while depth and self._at < len(self._tokens):
            text = self._next().text
            depth += {"{": 1, "}": -1}.get(text, 0)

    def _field(self, words: list[str], kind: str, scope: str) -> None:
        label = "oneof" if kind == "oneof" else ""
        if words and words[0] in _LABELS and len(words) > 4:
            label, words = words[0], words[1:]
        if words[:2] == ["map", "<"] and ">" in words:
            end = words.index(">")
            label, words = "map", [words[end - 1], *words[end + 1 :]]
        match words:
            case [type_name, name, "=", number, *_] if number.isdecimal():
                self._found.messages[scope].fields.append(ProtoField(name, type_name, label, int(number)))


def _tokens(text: str) -> Iterator[Token]:
    line = 1
    for count, match in enumerate(_TOKEN.finditer(text)):
        if count > _MOST_TOKENS:
            return
        if match.lastgroup != "skip":
            yield Token(match[0], line)
        line += match[0].count("\n")


Find = Callable[[str, str], "tuple[Proto, str] | None"]
"""`find(name, scope)`: the file that declares a type as it is referred to, and the type's full name."""


def message_schema(proto: Proto, name: str, find: Find = lambda name, scope: None) -> Schema:
    """The JSON Schema of a message; `find` looks for types that the file itself does not declare."""
    return _Builder(find).message(proto, proto.messages[name], 0)


class _Builder:
    def __init__(self, find: Find) -> None:
        self._find = find
        self._budget = Budget()
        self._open: set[str] = set()

    def message(self, proto: Proto, message: ProtoMessage, depth: int) -> Schema:
        why = self._budget.spend(depth)
        if why:
            return unknown(why)
        if message.name in self._open:
            return unknown("it holds itself")
        self._open.add(message.name)
        properties: dict[str, Schema] = {}
        for field in message.fields:
            made = dict(self._type(proto, field.type, message.name, depth))
            if field.label == "repeated":
                made = {"type": "array", "items": made}
            elif field.label == "map":
                made = {"type": "object", "additionalProperties": made}
            properties[field.name] = {**made, "x-number": field.number}
        self._open.discard(message.name)
        found: Schema = {"type": "object", "title": message.name.rpartition(".")[2], "properties": properties}
        required = [field.name for field in message.fields if field.label == "required"]
        if required:
            found["required"] = required
        return found

    def _type(self, proto: Proto, name: str, scope: str, depth: int) -> Schema:
        if name in SCALARS:
            return SCALARS[name]
        plain = name.lstrip(".")
        if plain.startswith(_WELL):
            return WELL_KNOWN.get(plain.removeprefix(_WELL), unknown(f"`{plain}` is not known"))
        found = local(proto, name, scope)
        where, full = (proto, found) if found else (self._find(name, scope) or (proto, ""))
        if full in where.enums:
            return {"enum": list(where.enums[full])}
        if full in where.messages:
            return self.message(where, where.messages[full], depth + 1)
        return unknown(f"the type `{plain}` is defined elsewhere")


def local(proto: Proto, name: str, scope: str) -> str:
    """The full name of a type as it is referred to inside `scope`, innermost first; "" if it is not declared here."""
    if name.startswith("."):
        return name[1:] if name[1:] in {*proto.messages, *proto.enums} else ""
    while True:
        full = f"{scope}.{name}".strip(".")
        if full in proto.messages or full in proto.enums:
            return full
        if not scope:
            return ""
        scope = scope.rpartition(".")[0]
