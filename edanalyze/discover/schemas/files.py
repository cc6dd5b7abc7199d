"""The schema files of a project: found by the names under which code speaks of them, read when they are needed."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.schemas.avro import is_avro, read_avro
from edanalyze.discover.schemas.declared import DEEPEST, DeclaredSchema, SchemaError
from edanalyze.discover.schemas.jsonschema import is_json_schema, read_json_schema
from edanalyze.discover.schemas.protobuf import Proto, local, message_schema, read_proto

if TYPE_CHECKING:
    from edanalyze.discover.yamltree import Node

ENDINGS = (".avsc", ".avro", ".proto", ".json")
EVENT_TYPE = "x-amazon-events-detail-type"
GENERATED = "_pb2"
"""What the compiler of Protocol Buffers puts behind the name of a definition to name the module it makes of it."""
_NAME = re.compile(r'"name"\s*:\s*"(?:[\w.]+\.)?(\w+)"')


class SchemaFiles:
    """The schema files among the files of a project. Those that cannot be used are refused, with the reason."""

    def __init__(self, files: DeployFiles) -> None:
        self._files = files
        self._by_name: dict[str, list[str]] = {}
        for path in files.paths:
            if path.endswith(ENDINGS):
                self._by_name.setdefault(posixpath.basename(path), []).append(path)
        self._protos: dict[str, Proto] = {}
        self._data: dict[str, Any] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there is no file that could be a schema."""
        return not self._by_name

    # ------------------------------------------------------------------- finding

    def find(self, name: str, near: str) -> str | None:
        """The file that code in the file `near` means by a path or its end, such as `schemas/order.avsc`.

        None where there is none, or several that fit equally well.
        """
        wanted = [part for part in name.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
        candidates = self._by_name.get(wanted[-1], []) if wanted else []
        ranked: dict[tuple[int, int], list[str]] = {}
        for path in candidates:
            parts = path.split("/")
            matching = 0
            while matching < min(len(parts), len(wanted)) and parts[-1 - matching] == wanted[-1 - matching]:
                matching += 1
            ranked.setdefault((matching, _common(parts, near.split("/"))), []).append(path)
        best = ranked[max(ranked)] if ranked else []
        return best[0] if len(best) == 1 else None

    # ------------------------------------------------------------------- reading

    def declared(self, path: str) -> DeclaredSchema | None:
        """The schema in an Avro or JSON Schema file, or that of a definition's only message; None for no schema."""
        if path.endswith(".proto"):
            messages = [name for name in self.proto(path).messages if "." not in name or name.count(".") == 1]
            return self._message(path, messages[0]) if len(messages) == 1 else None
        data = self._data_of(path)
        if data is None:
            return None
        return self._read(data, path, self._files.text(path) or "")

    def event(self, path: str, name: str) -> DeclaredSchema | None:
        """The schema of what an event of a type holds, in a file of EventBridge schemas; None where there is none."""
        data = self._data_of(path)
        schemas = data.get("components", {}) if isinstance(data, dict) else {}
        schemas = schemas.get("schemas", {}) if isinstance(schemas, dict) else {}
        for key, node in schemas.items() if isinstance(schemas, dict) else ():
            if isinstance(node, dict) and node.get(EVENT_TYPE) == name:
                whole = read_json_schema({"$ref": f"#/components/schemas/{key}"}, path, self._other, data)
                held = whole.get("properties", {}).get("detail", whole)
                return DeclaredSchema(name, held, path, _line_of(self._files.text(path) or "", str(key)))
        return None

    def literal(self, text: str) -> DeclaredSchema | None:
        """The schema that a text in code is; None when it is none."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return self.literal_data(data)

    def literal_data(self, data: Any) -> DeclaredSchema | None:
        """The schema that data in code is; None when it is none."""
        return self._read(data, "", "") if isinstance(data, dict | list) else None

    def _read(self, data: Any, path: str, text: str) -> DeclaredSchema | None:
        try:
            if is_avro(data):
                schema = read_avro(data)
            elif is_json_schema(data):
                schema = read_json_schema(data, path, self._other)
            else:
                return None
        except (SchemaError, RecursionError) as error:
            if path:
                self._files.refuse(path, f"no schema: {error}")
            return None
        name = str(schema.get("title", "")) or posixpath.basename(path).partition(".")[0]
        return DeclaredSchema(name, schema, path, _line(text, name))

    def _data_of(self, path: str) -> Any:
        if path.endswith((".yaml", ".yml")):
            if path not in self._data:
                self._data[path] = next((_plain(node, 0) for node in self._files.yaml(path)), None)
            return self._data[path]
        if path not in self._data:
            self._data[path] = None
            text = self._files.text(path)
            try:
                self._data[path] = json.loads(text) if text is not None else None
            except (ValueError, RecursionError) as error:
                self._files.refuse(path, f"not valid JSON: {error}")
        return self._data[path]

    def _other(self, path: str, reference: str) -> Any:
        """What a file holds that a schema refers to by a path from its own folder."""
        target = below(folder_of(path), reference) if path and "://" not in reference else None
        if target is None or not self._files.exists(target):
            return None
        data = self._data_of(target)
        return (target, data) if data is not None else None

    # ---------------------------------------------------------- protocol buffers

    def proto(self, path: str) -> Proto:
        """What a definition declares."""
        if path not in self._protos:
            self._protos[path] = read_proto(self._files.text(path) or "")
        return self._protos[path]

    def generated(self, dotted: str, near: str) -> DeclaredSchema | None:
        """The message of a generated class, `orders.order_pb2.Order.Line`, as code in the file `near` names it."""
        module, mark, name = dotted.partition(f"{GENERATED}.")
        if not mark:
            return None
        path = self.find(f"{module.replace('.', '/')}.proto", near)
        if path is None:
            return None
        proto = self.proto(path)
        full = local(proto, name, proto.package)
        return self._message(path, full) if full in proto.messages else None

    def _message(self, path: str, full: str) -> DeclaredSchema:
        proto = self.proto(path)

        def find(name: str, scope: str) -> tuple[Proto, str] | None:
            for imported in self._imports(path):
                other = self.proto(imported)
                found = local(other, name, scope) or local(other, name, other.package)
                if found:
                    return other, found
            return None

        return DeclaredSchema(
            full.rpartition(".")[2], message_schema(proto, full, find), path, proto.messages[full].line
        )

    def _imports(self, path: str) -> list[str]:
        """The files that a definition imports, also through others."""
        found: list[str] = []
        pending = [path]
        while pending and len(found) < 100:
            for name in self.proto(pending.pop()).imports:
                target = self.find(name, path)
                if target is not None and target not in found:
                    found.append(target)
                    pending.append(target)
        return found


def _common(one: list[str], other: list[str]) -> int:
    """How many folders two paths share from the root."""
    count = 0
    for left, right in zip(one[:-1], other[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count


def _plain(node: Node, depth: int) -> Any:
    """A tree of YAML as JSON has it; numbers stay texts, since nothing here counts."""
    if depth > DEEPEST * 4:
        return None
    if isinstance(node, dict):
        return {str(key): _plain(each, depth + 1) for key, each in node.items()}
    if isinstance(node, list):
        return [_plain(each, depth + 1) for each in node]
    return {"true": True, "false": False}.get(str(node), str(node)) if node is not None else None


def _line_of(text: str, key: str) -> int:
    """The line of a text that begins with a key; 1 when none does."""
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if line.strip().strip("\"'{").startswith((f"{key}:", f'{key}"'))), 1)


def _line(text: str, name: str) -> int:
    """The line of a JSON text that names a type; 1 when none does."""
    return next((text.count("\n", 0, m.start()) + 1 for m in _NAME.finditer(text) if m[1] == name), 1)
