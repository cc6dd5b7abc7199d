"""Schemas that code points to land in the catalogue, with the place that declares them."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from edanalyze import api
from edanalyze.analyse.cataloguing.schemas import of_declared, of_type, united
from edanalyze.analyse.payloads.schematypes import type_of
from edanalyze.catalog import Message
from edanalyze.catalog.compatibility import changes
from edanalyze.catalog.fields import rows
from edanalyze.cli.app import app
from edanalyze.discover.schemas import SchemaError
from edanalyze.discover.schemas.avro import read_avro
from edanalyze.discover.schemas.jsonschema import read_json_schema
from edanalyze.exchange.payloadschema import schema_problem, schema_text

HEAD = """
import io
import json
import os
from pathlib import Path
import fastavro
import jsonschema
from confluent_kafka import Producer, SerializingProducer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from google.protobuf.json_format import MessageToJson
from protos import order_pb2
from protos.order_pb2 import Placed

HERE = Path(__file__).parent
registry = SchemaRegistryClient({"url": "http://registry:8081"})
producer = Producer({})

def load(name):
    with open(os.path.join(os.path.dirname(__file__), "schemas", f"{name}.avsc")) as file:
        return file.read()

SHIPPED = json.loads((HERE / "schemas" / "shipped.json").read_text())
TEXT = '{"type": "record", "name": "Told", "fields": [{"name": "sku", "type": "string"}]}'
TABLE = {"type": "record", "name": "Told", "fields": [{"name": "sku", "type": "string"}]}

"""
ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [{"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": None}],
}
SHIPPED = {
    "title": "Shipped",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "by": {"enum": ["a", "b"]}},
}
PROTO = 'syntax = "proto3";\n\nmessage Placed { string id = 1; repeated string lines = 2; }\n'
AVRO, JSON, DEFINED = "schemas/order.avsc:1", "schemas/shipped.json:1", "protos/order.proto:3"

FORMS: dict[str, tuple[str, list[str], str]] = {
    "Avro, read by a function": (
        """
            avro = AvroSerializer(registry, load("order"))
            def send(order):
                producer.produce("t", avro(order, None))
            """,
        ["id", "note"],
        AVRO,
    ),
    "Avro, read from a path": (
        """
            avro = AvroSerializer(registry, (HERE / "schemas/order.avsc").read_text())
            s = SerializingProducer({"value.serializer": avro})
            def send(order):
                s.produce("t", value=order)
            """,
        ["id", "note"],
        AVRO,
    ),
    "Avro, a schema object": (
        """
            avro = AvroSerializer(registry, Schema(load("order"), "AVRO"))
            def send(order):
                producer.produce("t", avro(order, None))
            """,
        ["id", "note"],
        AVRO,
    ),
    "Avro, a text": (
        """
            avro = AvroSerializer(registry, TEXT)
            def send(order):
                producer.produce("t", avro(order, None))
            """,
        ["sku"],
        "",
    ),
    "Avro, a dict as text": (
        """
            avro = AvroSerializer(schema_registry_client=registry, schema_str=json.dumps(TABLE))
            def send(order):
                producer.produce("t", avro(order, None))
            """,
        ["sku"],
        "",
    ),
    "JSON Schema in a serializer": (
        """
            js = JSONSerializer((HERE / "schemas" / "shipped.json").read_text(), registry)
            def send(order):
                producer.produce("t", js(order, None))
            """,
        ["id", "by"],
        JSON,
    ),
    "JSON Schema that is validated against": (
        """
            def send(order):
                event = {"id": order.id}
                jsonschema.validate(event, SHIPPED)
                producer.produce("t", json.dumps(event))
            """,
        ["id", "by"],
        JSON,
    ),
    "Protocol Buffers, an object": (
        """
            def send(order):
                event = order_pb2.Placed(id=order.id)
                producer.produce("t", event.SerializeToString())
            """,
        ["id", "lines"],
        DEFINED,
    ),
    "Protocol Buffers, an imported class": (
        """
            def send(order):
                producer.produce("t", Placed(id=order.id).SerializeToString())
            """,
        ["id", "lines"],
        DEFINED,
    ),
    "Protocol Buffers as JSON": (
        """
            def send(order):
                producer.produce("t", MessageToJson(Placed(id=order.id)).encode())
            """,
        ["id", "lines"],
        DEFINED,
    ),
    "Protocol Buffers, a serializer": (
        """
            proto = ProtobufSerializer(order_pb2.Placed, registry, {})
            def send(order):
                producer.produce("t", proto(order, None))
            """,
        ["id", "lines"],
        DEFINED,
    ),
}


def catalogue(folder: Path, code: str, generated: bool = False, **more: str) -> dict[str, Message]:
    """The messages of a module that stands beside schema files, by their ids."""
    content = {
        "pyproject.toml": "",
        "app.py": HEAD + textwrap.dedent(code),
        "schemas/order.avsc": json.dumps(ORDER),
        "schemas/shipped.json": json.dumps(SHIPPED),
        "protos/order.proto": PROTO,
        **more,
    }
    if generated:
        content["protos/__init__.py"] = ""
        content["protos/order_pb2.py"] = "from google.protobuf.internal import builder as _builder\nDESCRIPTOR = None\n"
    for path, text in content.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    found = api.catalogue(api.load_project([folder], api.Options(jobs=1)))
    return {message.id: message for message in found.messages}


@pytest.mark.parametrize("generated", [False, True], ids=["bare", "with generated modules"])
@pytest.mark.parametrize("form", FORMS)
def test_the_schema_that_is_sent_by_is_told(tmp_path: Path, form: str, generated: bool) -> None:
    code, fields, source = FORMS[form]
    message = catalogue(tmp_path, code, generated)["t"]
    assert list(message.schema.get("properties", {})) == fields
    assert message.schema_source == source
    assert [end.schema_source for end in message.producers] == [source]


def test_fastavro_writes_by_the_schema_before_the_record(tmp_path: Path) -> None:
    code = """
    SCHEMA = fastavro.schema.load_schema("schemas/order.avsc")
    def send(order):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, SCHEMA, order)
        producer.produce("t", out.getvalue())
    """
    catalogue(tmp_path, code)


def test_the_page_says_where_the_schema_is(tmp_path: Path) -> None:
    catalogue(tmp_path, FORMS["Protocol Buffers, an object"][0])
    page = CliRunner().invoke(app, ["catalog", str(tmp_path)]).output
    assert "- **Schema**: `protos/order.proto:3`" in page
    assert "| `lines` | array of string | no |  |" in page


def test_a_number_on_the_wire_that_changes_breaks_the_contract(tmp_path: Path) -> None:
    code = FORMS["Protocol Buffers, an object"][0]
    catalogue(tmp_path, code)
    assert CliRunner().invoke(app, ["contracts", "lock", str(tmp_path)]).exit_code == 0
    catalogue(tmp_path, code, **{"protos/order.proto": PROTO.replace("}", " string more = 3; }")})
    assert CliRunner().invoke(app, ["contracts", "check", str(tmp_path)]).output == ""
    catalogue(tmp_path, code, **{"protos/order.proto": PROTO.replace("lines = 2", "lines = 3")})
    told = CliRunner().invoke(app, ["contracts", "check", str(tmp_path)])
    assert (told.exit_code, "lines: its number 2 became 3" in told.output) == (1, True)


def test_a_consumer_that_validates_reads_the_fields_of_the_schema(tmp_path: Path) -> None:
    code = """
    from confluent_kafka import Consumer
    def work():
        consumer = Consumer({"group.id": "g"})
        consumer.subscribe(["t"])
        while True:
            message = consumer.poll(1)
            event = json.loads(message.value())
            jsonschema.validate(event, SHIPPED)
    """
    (message,) = catalogue(tmp_path, code).values()
    assert [(read.name, read.required) for read in message.consumers[0].reads] == [("by", False), ("id", True)]


def test_a_schema_file_that_is_no_schema_is_named(tmp_path: Path) -> None:
    code = FORMS["Avro, read by a function"][0]
    message = catalogue(tmp_path, code, **{"schemas/order.avsc": "{nonsense"})["t"]
    assert "properties" not in message.schema
    ran = CliRunner().invoke(app, ["catalog", str(tmp_path)])
    assert "not analysed: schemas/order.avsc: not valid JSON" in ran.stderr
    assert "schemas/order.avsc" in CliRunner().invoke(app, ["check", str(tmp_path)]).output


def test_a_schema_file_that_changes_is_read_again(tmp_path: Path) -> None:
    catalogue(tmp_path, FORMS["Avro, read by a function"][0])
    CliRunner().invoke(app, ["contracts", "lock", str(tmp_path)])
    assert "EDA506" not in CliRunner().invoke(app, ["check", str(tmp_path)]).output
    changed = {**ORDER, "fields": [{"name": "id", "type": "string"}]}
    (tmp_path / "schemas" / "order.avsc").write_text(json.dumps(changed))
    assert "integer became string" in CliRunner().invoke(app, ["check", str(tmp_path)]).output


EVENTS = """
openapi: 3.0.2
info: {title: Orders, version: 1.0.0}
paths: {}
components:
  schemas:
    Placed:
      x-amazon-events-source: shop.orders
      x-amazon-events-detail-type: OrderPlaced
      properties:
        source: {type: string}
        detail: {$ref: "#/components/schemas/Order"}
    Cancelled:
      x-amazon-events-source: shop.orders
      x-amazon-events-detail-type: OrderCancelled
      properties:
        detail: {properties: {never: {type: string}}}
    Order:
      required: [id]
      properties:
        id: {type: string, format: uuid}
        items: {type: array, items: {$ref: "shared.yaml#/Item"}}
"""
BUS = """
import boto3
bus = boto3.client("events")
def place(order):
    bus.put_events(Entries=[{"Source": "shop.orders", "DetailType": "OrderPlaced", "Detail": order.body}])
def cancel(order_id: int):
    bus.put_events(
        Entries=[{"Source": "shop.orders", "DetailType": "OrderCancelled", "Detail": json.dumps({"id": order_id})}]
    )
"""


def test_what_the_code_does_not_tell_of_an_event_is_as_its_type_is_documented(tmp_path: Path) -> None:
    shared = "Item:\n  properties:\n    sku: {type: string}\n"
    messages = catalogue(tmp_path, BUS, **{"resources/events.yaml": EVENTS, "resources/shared.yaml": shared})
    placed, cancelled = messages["OrderPlaced"], messages["OrderCancelled"]
    assert placed.schema["required"] == ["id"]
    assert placed.schema["properties"] == {
        "id": {"type": "string", "format": "uuid"},
        "items": {
            "type": "array",
            "items": {"type": "object", "properties": {"sku": {"type": "string"}}},
        },
    }
    assert placed.schema_source == "resources/events.yaml:7"
    assert (list(cancelled.schema["properties"]), cancelled.schema_source) == (["id"], "")


def test_an_event_is_named_by_the_type_that_it_is_addressed_by(tmp_path: Path) -> None:
    code = """
    import boto3
    bus = boto3.client("events")
    def done(order_id: int, well: bool):
        kind = "OrderDelivered" if well else "OrderReturned"
        bus.put_events(Entries=[{"Source": "s", "DetailType": kind, "Detail": json.dumps({"id": order_id})}])
    """
    messages = catalogue(tmp_path, code)
    assert {(each.name, each.channel) for each in messages.values()} == {
        ("OrderDelivered", "OrderDelivered"),
        ("OrderReturned", "OrderReturned"),
    }


WORDS = (
    "type properties items anyOf oneOf allOf $ref required enum const default title name fields symbols values "
    "logicalType namespace additionalProperties nullable format $defs description"
).split()
LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["object", "record", "map", "null", "#", "#/a"])
)
DATA = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(data=DATA)
def test_whatever_a_schema_file_holds_becomes_a_schema_that_everything_can_use(data: Any) -> None:
    for read in (read_json_schema, read_avro):
        try:
            schema = read(data)
        except SchemaError:
            continue
        shown = of_declared(schema)
        other = united([shown, of_type(type_of(schema))])
        list(rows(shown))
        list(changes(shown, other))
        assert schema_problem(schema_text(shown)) == ""
