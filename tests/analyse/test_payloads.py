"""Payloads: what published messages hold, where they are built, and what travels beside them."""

from __future__ import annotations

import textwrap
from pathlib import Path

from edanalyze.analyse.payloads.records import EventName, Payload, Shape, Type
from edanalyze.analyse.system import System
from tests.analyse.systems import system

KAFKA = """
import json
from kafka import KafkaProducer
producer = KafkaProducer()
"""


def sent(folder: Path, code: str, head: str = KAFKA, **more: str) -> list[Payload]:
    """The payloads of a few modules."""
    return list(made(folder, code, head, **more).payloads.all)


def made(folder: Path, code: str, head: str = KAFKA, **more: str) -> System:
    """The system of a few modules."""
    files = {"app.py": head + textwrap.dedent(code), **{f"{name}.py": text for name, text in more.items()}}
    return system(folder, files)


def fields(shape: Shape | None) -> dict[str, str]:
    """Fields with their types, a `?` after optional ones."""
    assert shape is not None
    return {each.name + ("" if each.required else "?"): spelled(each.type) for each in shape.fields}


def spelled(kind: Type) -> str:
    """A type with the fields of objects."""
    if kind.shape is not None:
        return str(fields(kind.shape))
    return str(kind)


def only(folder: Path, code: str, head: str = KAFKA, **more: str) -> Payload:
    """The only payload."""
    (payload,) = sent(folder, code, head, **more)
    return payload


# ------------------------------------------------------------------- mappings


def test_a_dict_display_is_a_mapping_with_typed_fields(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        import uuid
        from datetime import datetime
        def place(order_id: int, name):
            producer.send("orders", json.dumps({
                "id": order_id, "text": f"order {name}", "at": datetime.now().isoformat(), "open": name == "x",
                "key": uuid.uuid4(), "lines": [{"sku": "a", "count": 2}], "note": None,
            }).encode())
        """,
    )
    assert fields(payload.shape) == {
        "id": "int",
        "text": "str",
        "at": "str",
        "open": "bool",
        "key": "uuid",
        "lines": "list of object",
        "note": "null",
    }
    assert payload.shape is not None and not payload.shape.open


def test_a_dict_that_is_built_step_by_step_has_all_its_fields(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        def place(order_id: int, gift):
            event = {"id": order_id, "draft": True}
            event["total"] = 3.5
            event.update({"currency": "EUR"}, channel="web")
            if gift:
                event["wrapping"] = "red"
            del event["draft"]
            producer.send("orders", json.dumps(event).encode())
        """,
    )
    assert fields(payload.shape) == {
        "id": "int",
        "total": "float",
        "currency": "str",
        "channel": "str",
        "wrapping?": "str",
    }


def test_merged_and_called_dicts_have_the_fields_of_all_parts(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        BASE = {"source": "shop"}
        def place(order_id: int):
            producer.send("orders", json.dumps({**BASE, **dict(id=order_id), "v": 1} | {"last": "x"}).encode())
        """,
    )
    assert fields(payload.shape) == {"source": "str", "id": "int", "v": "int", "last": "str"}
    assert payload.shape is not None and payload.shape.fields[0].constant == "shop"


def test_a_mapping_with_unknown_parts_is_open_and_says_why(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        import requests
        def place():
            producer.send("orders", json.dumps({**requests.get("http://x").json(), "id": 1}).encode())
        """,
    )
    assert payload.shape is not None and payload.shape.open and "merged" in payload.shape.why


def test_what_a_wrapper_adds_to_the_payload_of_its_caller_counts(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        def publish(topic, payload):
            payload["version"] = 2
            producer.send(topic, json.dumps(payload).encode())
        def place(order_id: int):
            publish("orders", {"id": order_id})
        """,
    )
    assert fields(payload.shape) == {"id": "int", "version": "int"}
    assert payload.site.function == "app:place"
    assert payload.function == "app:publish"


def test_an_envelope_is_filled_with_what_the_caller_hands_in(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        def publish(topic, data):
            producer.send(topic, json.dumps({"type": topic, "data": data}).encode())
        def place(order_id: int):
            publish("orders", {"id": order_id})
        """,
    )
    assert fields(payload.shape) == {"type": "str", "data": "{'id': 'int'}"}


def test_payloads_through_objects_and_helpers_are_found(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        def describe(order_id: int):
            return {"id": order_id}
        class Publisher:
            def _send(self, msg):
                producer.send("orders", json.dumps(msg).encode())
            def send(self, msg):
                self._send(msg)
        publisher = Publisher()
        def place(order_id: int):
            publisher.send(describe(order_id))
        """,
    )
    assert fields(payload.shape) == {"id": "int"}
    assert payload.site.function == "app:place"


def test_each_caller_of_a_wrapper_is_a_payload_of_its_own_topic(tmp_path: Path) -> None:
    system_ = made(
        tmp_path,
        """
        def publish(topic, payload):
            producer.send(topic, json.dumps(payload).encode())
        def place():
            publish("orders.placed", {"id": 1})
        def cancel():
            publish("orders.cancelled", {"reason": "late"})
        """,
    )
    shapes = {
        call.topic: fields(payload.shape) for call in system_.binding.publishes for payload in system_.payloads.of(call)
    }
    assert shapes == {"orders.placed": {"id": "int"}, "orders.cancelled": {"reason": "str"}}


# -------------------------------------------------------------------- classes


def test_a_dataclass_with_inherited_nested_and_defaulted_fields(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        from dataclasses import asdict, dataclass, field
        from enum import Enum
        from typing import ClassVar, Literal, Optional
        class Status(Enum):
            OPEN = "open"
            PAID = "paid"
        @dataclass
        class Line:
            sku: str
        @dataclass
        class Event:
            LIMIT: ClassVar[int] = 3
            id: str
        @dataclass
        class Placed(Event):
            status: Status
            kind: Literal["order"]
            lines: list[Line] = field(default_factory=list)
            note: Optional[str] = None
        def place():
            producer.send("orders", json.dumps(asdict(Placed("1", Status.OPEN, "order"))).encode())
        """,
    )
    assert fields(payload.shape) == {
        "id": "str",
        "status": "Status",
        "kind": "enum",
        "lines?": "list of Line",
        "note?": "str or null",
    }
    assert payload.shape is not None
    status = payload.shape.get("status")
    assert status is not None and status.type.values == ("open", "paid")
    assert payload.shape.name == "Placed" and payload.shape.form == "dataclass"


def test_a_pydantic_model_has_its_names_on_the_wire_and_its_configuration(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        from decimal import Decimal
        from uuid import UUID
        from pydantic import BaseModel, ConfigDict, Field
        class Placed(BaseModel):
            model_config = ConfigDict(extra="forbid")
            order_id: UUID = Field(alias="orderId")
            total: Decimal
            tags: dict[str, str] = {}
        def place(order: Placed):
            producer.send("orders", order.model_dump_json().encode())
        """,
    )
    assert fields(payload.shape) == {"orderId": "uuid", "total": "decimal", "tags?": "mapping of str"}
    assert payload.shape is not None and payload.shape.extra == "forbid"
    assert [dump.api for dump in payload.dumps] == ["pydantic.BaseModel.model_dump_json"]


def test_other_records_are_read_like_data_classes(tmp_path: Path) -> None:
    payloads = sent(
        tmp_path,
        """
        import attrs, msgspec
        from typing import NamedTuple, NotRequired, TypedDict
        @attrs.define
        class A:
            a: int
        class B(msgspec.Struct):
            b: str = ""
        class C(TypedDict):
            c: int
            d: NotRequired[str]
        class D(NamedTuple):
            e: bool
        def place(c: C):
            producer.send("a", json.dumps(attrs.asdict(A(1))).encode())
            producer.send("b", msgspec.json.encode(B()))
            producer.send("c", json.dumps(c).encode())
            producer.send("d", json.dumps(D(True)._asdict()).encode())
        """,
    )
    assert [fields(payload.shape) for payload in payloads] == [
        {"a": "int"},
        {"b?": "str"},
        {"c": "int", "d?": "str"},
        {"e": "bool"},
    ]


def test_a_plain_class_has_what_its_constructor_keeps(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        class Placed:
            def __init__(self, order_id: int, note=None):
                self.order_id = order_id
                self.kind = "placed"
                self._cache = {}
        def place():
            producer.send("orders", json.dumps(Placed(1).__dict__).encode())
        """,
    )
    assert fields(payload.shape) == {"order_id": "int", "kind": "str"}
    assert not payload.leaks


def test_a_class_that_holds_itself_does_not_recur_for_ever(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        from dataclasses import asdict, dataclass
        @dataclass
        class Node:
            name: str
            children: "list[Node]"
            parent: "Node | None" = None
        def place(node: Node):
            producer.send("orders", json.dumps(asdict(node)).encode())
        """,
    )
    assert payload.shape is not None and payload.shape.get("name") is not None


# ------------------------------------------------------- headers and envelopes


def test_headers_and_properties_are_fields_beside_the_payload(tmp_path: Path) -> None:
    payloads = sent(
        tmp_path,
        """
        import pika
        channel = pika.BlockingConnection().channel()
        def place():
            producer.send("orders", b"1", headers=[("event_type", b"OrderPlaced")])
            channel.basic_publish("shop", "orders", json.dumps({"id": 1}),
                                  pika.BasicProperties(type="order.placed", headers={"x-version": "1"}))
        """,
    )
    assert set(fields(payloads[0].headers)) == {"event_type"}
    assert [name.text for name in payloads[0].names if name.source == "type"] == ["OrderPlaced"]
    assert set(fields(payloads[1].headers)) == {"x-version", "type"}
    assert fields(payloads[1].shape) == {"id": "int"}


def test_the_detail_of_event_bridge_entries_is_the_payload(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        import boto3, json
        events = boto3.client("events")
        def describe(order_id: int):
            entry = {"Source": "shop", "DetailType": "OrderPlaced"}
            entry["Detail"] = json.dumps({"id": order_id})
            return entry
        def send(entries):
            events.put_events(Entries=entries[:10])
        def handler(event, context):
            send([describe(1)])
        """,
        head="",
    )
    assert fields(payload.shape) == {"id": "int"}
    assert payload.names[0] == EventName("OrderPlaced", "type")
    assert payload.site.function == "app:handler"


def test_arguments_of_a_task_are_named_by_its_parameters(tmp_path: Path) -> None:
    payload = only(
        tmp_path,
        """
        from celery import shared_task
        @shared_task
        def remind(order_id, urgent=False):
            print(order_id)
        def place(order_id: int):
            remind.delay(order_id, urgent=True)
        """,
        head="",
    )
    assert payload.shape is not None and payload.shape.form == "arguments"
    assert fields(payload.shape) == {"order_id": "int", "urgent": "bool"}


# ------------------------------------------------------ scalars and the unknown


def test_scalars_bytes_and_unknown_values_have_no_shape(tmp_path: Path) -> None:
    payloads = sent(
        tmp_path,
        """
        def place(payload, order):
            producer.send("a", b"opaque")
            producer.send("b", str(order.id).encode())
            producer.send("c", payload)
        """,
    )
    assert [payload.shape for payload in payloads] == [None, None, None]
    assert payloads[2].type.kind == "unknown" and "payload" in payloads[2].type.why


def test_whole_rows_are_leaks_also_when_nested(tmp_path: Path) -> None:
    payloads = sent(
        tmp_path,
        """
        from django.db import models
        from django.forms.models import model_to_dict
        class Order(models.Model):
            name = models.CharField(max_length=10)
        def place():
            order = Order.objects.get(id=1)
            producer.send("a", json.dumps(model_to_dict(order)).encode())
            producer.send("b", json.dumps({"order": order.__dict__}).encode())
            producer.send("c", json.dumps({"name": order.name}).encode())
        """,
    )
    leaks = [[(leak.field, leak.api) for leak in payload.leaks] for payload in payloads]
    assert leaks == [[("", "django.forms.models.model_to_dict")], [("order", "__dict__")], []]
