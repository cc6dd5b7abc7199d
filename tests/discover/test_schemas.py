"""Schema files: what is read of Protocol Buffers, Avro and JSON Schema, and that nothing in them stops a run."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from edanalyze.discover.deployfiles import DeployFiles
from edanalyze.discover.files import walk
from edanalyze.discover.root import find_root
from edanalyze.discover.schemas import SchemaFiles
from edanalyze.discover.schemas.avro import read_avro
from edanalyze.discover.schemas.jsonschema import read_json_schema
from edanalyze.discover.schemas.protobuf import message_schema, read_proto
from edanalyze.discover.settings import Config

PROTO = """
syntax = "proto3";
package acme.orders;
import "money.proto";
import public "google/protobuf/timestamp.proto";
option (acme.file) = { owner: "orders" nested { a: 1 } };

/* message Hidden { string no = 1; } */
message Placed {
  option deprecated = true;
  reserved 4, 6 to 8;
  reserved "old", "older";
  enum State { UNKNOWN = 0; NEW = 1 [deprecated = true, (acme.x) = {a: "}"}]; reserved 2; }
  message Line { string sku = 1; double price = 2; Line inner = 3; }
  string id = 1;  // message Hidden { string no = 1; }
  repeated Line lines = 2 [json_name = "items"];
  optional string note = 3;
  map<string, .acme.orders.Placed.Line> extra = 5;
  State state = 9;
  google.protobuf.Timestamp at = 10;
  oneof payment { string card = 11; int64 cash = 12; }
  common.Money total = 13;
  google.protobuf.StringValue voucher = 14;
  missing.Thing thing = 15;
}
service Orders { rpc Place (Placed) returns (Placed) { option (google.api.http) = { post: "/x" }; } }
extend Placed { string more = 100; }
message Last { required int32 number = 1; }
"""
MONEY = "package acme.common;\nmessage Money { string currency = 1; }\n"


def files(folder: Path, **content: str) -> SchemaFiles:
    """The schema files of a project that holds these files (`__` stands for `/`, `_0` for `.`)."""
    (folder / "pyproject.toml").write_text("")
    for name, text in content.items():
        path = folder / name.replace("__", "/").replace("_0", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return SchemaFiles(DeployFiles(walk(find_root([folder]), Config())))


def test_messages_of_protocol_buffers(tmp_path: Path) -> None:
    found = files(tmp_path, protos__orders_0proto=PROTO, protos__money_0proto=MONEY)
    placed = found.generated("protos.orders_pb2.Placed", "app.py")
    assert placed is not None and placed.place == "protos/orders.proto:9"
    fields = placed.schema["properties"]
    assert {name: each.get("x-number") for name, each in fields.items()} == {
        "id": 1,
        "lines": 2,
        "note": 3,
        "extra": 5,
        "state": 9,
        "at": 10,
        "card": 11,
        "cash": 12,
        "total": 13,
        "voucher": 14,
        "thing": 15,
    }
    assert "required" not in placed.schema
    assert fields["lines"]["items"]["properties"]["price"] == {"type": "number", "x-number": 2}
    assert fields["lines"]["items"]["properties"]["inner"]["x-unknown"] == "it holds itself"
    assert list(fields["extra"]["additionalProperties"]["properties"]) == ["sku", "price", "inner"]
    assert fields["state"]["enum"] == ["UNKNOWN", "NEW"]
    assert fields["at"]["format"] == "date-time"
    assert list(fields["total"]["properties"]) == ["currency"]
    assert {"type": "null"} in fields["voucher"]["anyOf"]
    assert "missing.Thing" in fields["thing"]["x-unknown"]


def test_required_fields_nested_and_reserved_names_of_protocol_buffers() -> None:
    proto = read_proto(PROTO)
    assert list(proto.messages) == ["acme.orders.Placed", "acme.orders.Placed.Line", "acme.orders.Last"]
    assert message_schema(proto, "acme.orders.Last")["required"] == ["number"]
    assert proto.messages["acme.orders.Placed"].reserved == ["4", "6", "to", "8", "old", "older"]


def test_a_nested_class_and_a_near_file_are_meant(tmp_path: Path) -> None:
    found = files(tmp_path, a__orders_0proto=PROTO, b__orders_0proto="message Placed { string b = 1; }")
    for folder, first in (("a", "id"), ("b", "b")):
        placed = found.generated("orders_pb2.Placed", f"{folder}/app.py")
        assert placed is not None and next(iter(placed.schema["properties"])) == first
    line = found.generated("a.orders_pb2.Placed.Line", "x.py")
    assert line is not None and list(line.schema["properties"]) == ["sku", "price", "inner"]
    assert found.generated("orders_pb2.Placed", "c/app.py") is None
    assert found.generated("a.orders_pb2.Nothing", "x.py") is None


AVRO: dict[str, Any] = {
    "type": "record",
    "name": "Order",
    "namespace": "acme",
    "fields": [
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"]}, "default": "NEW"},
        {"name": "before", "type": ["null", "State"]},
        {"name": "again", "type": "acme.State"},
        {
            "name": "lines",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Line",
                    "fields": [{"name": "price", "type": {"type": "bytes", "logicalType": "decimal"}}],
                },
            },
        },
        {"name": "tags", "type": {"type": "map", "values": "long"}},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 16}},
        {"name": "placed", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "parent", "type": ["null", "Order"]},
        {"name": "far", "type": "other.Thing"},
    ],
}


def test_records_of_avro() -> None:
    schema = read_avro(AVRO)
    assert schema["title"] == "Order"
    assert schema["required"] == ["id", "before", "again", "lines", "tags", "hash", "placed", "parent", "far"]
    fields = schema["properties"]
    assert fields["id"] == {"type": "string", "format": "uuid"}
    assert fields["note"] == {"anyOf": [{"type": "null"}, {"type": "string"}]}
    assert fields["state"] == {"enum": ["NEW", "PAID"], "default": "NEW"}
    assert fields["before"]["anyOf"][1] == fields["again"] == {"enum": ["NEW", "PAID"]}
    assert fields["lines"]["items"]["properties"] == {"price": {"type": "string", "format": "decimal"}}
    assert fields["tags"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert fields["hash"] == {"type": "string", "format": "binary"}
    assert fields["placed"]["format"] == "date-time"
    assert "holds itself" in fields["parent"]["anyOf"][1]["x-unknown"]
    assert "elsewhere" in fields["far"]["x-unknown"]


def test_the_last_of_several_avro_types_is_the_message() -> None:
    kinds = [{"type": "enum", "name": "State", "symbols": ["A"]}, {**AVRO, "fields": [{"name": "s", "type": "State"}]}]
    assert read_avro(kinds)["properties"] == {"s": {"enum": ["A"]}}


def test_json_schemas_with_references_and_combinations(tmp_path: Path) -> None:
    address = {
        "$defs": {"city": {"type": "string"}},
        "type": "object",
        "properties": {"city": {"$ref": "#/$defs/city"}},
    }
    placed = {
        "title": "Placed",
        "required": ["id", "nothing"],
        "properties": {
            "id": {"type": ["integer", "null"]},
            "address": {"$ref": "defs/address.json"},
            "again": {"$ref": "#/properties/address"},
            "self": {"$ref": "#"},
            "gone": {"$ref": "#/$defs/x"},
            "net": {"$ref": "https://example.org/x.json"},
            "up": {"$ref": "../../../etc/passwd.json"},
            "how": {"oneOf": [{"const": "a"}, {"type": "integer", "nullable": True}]},
            "all": {"allOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": True}}]},
            "more": {"type": "object", "additionalProperties": {"type": "number"}},
        },
        "additionalProperties": False,
    }
    found = files(tmp_path, s__placed_0json=json.dumps(placed), s__defs__address_0json=json.dumps(address))
    declared = found.declared("s/placed.json")
    assert declared is not None and (declared.name, declared.schema["required"]) == ("Placed", ["id"])
    fields = declared.schema["properties"]
    assert fields["id"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert fields["address"] == fields["again"] == {"type": "object", "properties": {"city": {"type": "string"}}}
    assert all("x-unknown" in fields[name] for name in ("self", "gone", "net", "up"))
    assert fields["how"] == {"anyOf": [{"const": "a"}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}]}
    assert fields["all"] == {"type": "object", "properties": {"b": {}, "a": {}}, "required": ["a"]}
    assert fields["more"] == {"type": "object", "additionalProperties": {"type": "number"}}


# --------------------------------------------------------------------- hostile


def deep(word: str, inner: Any, count: int = 500) -> Any:
    for _ in range(count):
        inner = {"type": "array", word: inner} if word == "items" else {"type": "map", "values": inner}
    return inner


def test_deep_wide_and_multiplying_schemas_end() -> None:
    assert "nested too deeply" in json.dumps(read_avro(deep("values", "string")))
    assert "nested too deeply" in json.dumps(read_json_schema(deep("items", {})))
    doubling = {
        "$defs": {
            f"d{n}": {"properties": {"a": {"$ref": f"#/$defs/d{n + 1}"}, "b": {"$ref": f"#/$defs/d{n + 1}"}}}
            for n in range(60)
        },
        "$ref": "#/$defs/d0",
    }
    assert "too large" in json.dumps(read_json_schema(doubling))
    proto = read_proto("".join(f"message M{n} {{ M{n + 1} a = 1; M{n + 1} b = 2; }}\n" for n in range(60)))
    assert "too" in json.dumps(message_schema(proto, "M0"))


def test_any_text_is_read_as_a_definition() -> None:
    chosen = random.Random(7)
    words = [*PROTO.split(), "{", "}", ";", "=", '"', "'", "/*", "//", "\x00", "message", "oneof", "map<", ">", "enum"]
    for _ in range(400):
        text = " ".join(chosen.choice(words) for _ in range(chosen.randrange(60)))
        proto = read_proto(text)
        for name in proto.messages:
            message_schema(proto, name)
    read_proto("message A { " * 5000)
    read_proto("{" * 50_000 + "}" * 60_000)


@pytest.mark.parametrize(
    "data",
    [{}, [], None, 7, "string", {"type": 5}, {"type": "record"}, {"type": "record", "name": 5, "fields": {"a": 1}},
     {"type": "record", "name": "A", "fields": [1, {}, {"name": "x"}, {"name": "y", "type": {}}]},
     {"type": "enum", "symbols": 5}, {"properties": 5}, {"properties": {"a": 5, "b": []}}, {"$ref": 5},
     {"$ref": "#/a/b"},
     {"type": [5, "x"]}, {"enum": 5}, {"allOf": 5}, {"allOf": [5]}, {"anyOf": []}, {"required": 5, "properties": {}},
     {"required": [5, "a"], "properties": {"a": False}}, {"items": 5}, {"const": {}}, {"additionalProperties": 5}],
)  # fmt: skip
def test_nonsense_gives_some_schema_or_none(tmp_path: Path, data: Any) -> None:
    found = files(tmp_path, a_0json=json.dumps(data), a_0avsc=json.dumps(data))
    for path in ("a.json", "a.avsc"):
        declared = found.declared(path)
        assert declared is None or isinstance(declared.schema, dict)
    json.dumps(read_json_schema(data))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"type": "record", "fields": [' * 3000])
def test_files_that_are_no_json_are_refused_with_the_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "a.avsc").write_text(text)
    deployed = DeployFiles(walk(find_root([tmp_path]), Config()))
    assert SchemaFiles(deployed).declared("a.avsc") is None
    assert [(each.path, "not valid JSON" in each.reason) for each in deployed.unanalysed] == [("a.avsc", True)]
