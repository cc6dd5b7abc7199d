"""The catalogue: which messages it lists, what it says of them, and every format it is written in."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml
from click.testing import CliRunner

from edanalyze import api
from edanalyze.catalog import Catalogue, Consumer, Message, Producer, files, render
from edanalyze.catalog.lock import locked
from edanalyze.cli.app import app
from tests.analyse.systems import system

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "shop"
SHOP = ROOT / "fixtures" / "shop"
KAFKA = """
import json
from kafka import KafkaConsumer, KafkaProducer
producer = KafkaProducer()
"""


@pytest.fixture(scope="module")
def shop() -> Catalogue:
    return api.catalogue(api.load_project([SHOP], api.Options(jobs=1)))


def made(folder: Path, code: str, head: str = KAFKA, **more: str) -> dict[str, Message]:
    """The messages of a few modules by their ids."""
    system(folder, {"app.py": head + textwrap.dedent(code), **more})
    catalogue = api.catalogue(api.load_project([folder], api.Options(jobs=1)))
    return {message.id: message for message in catalogue.messages}


# -------------------------------------------------------------------- messages


def test_a_message_has_its_producers_consumers_and_the_fields_they_read(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        def place(order_id: int):
            producer.send("orders.placed", json.dumps({"order_id": order_id, "lines": [{"sku": "a"}]}).encode())
        def work():
            for message in KafkaConsumer("orders.placed", group_id="billing"):
                order = json.loads(message.value)
                print(order["order_id"], order.get("note"))
                for line in order["lines"]:
                    print(line["sku"])
        """,
    )
    placed = messages["orders.placed"]
    assert (placed.kind, placed.channel, placed.transport) == ("event", "orders.placed", "kafka")
    assert [(end.function, end.path) for end in placed.producers] == [("place", "app.py")]
    assert placed.schema["properties"]["order_id"] == {"type": "integer"}
    (consumer,) = placed.consumers
    assert consumer.function == "work" and consumer.group == "billing"
    assert {(read.name, read.required) for read in consumer.reads} == {
        ("order_id", True),
        ("note", False),
        ("lines", True),
        ("lines[].sku", True),
    }


def test_event_types_on_one_topic_are_messages_of_their_own(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        def create():
            producer.send("users", json.dumps({"id": 1}).encode(), headers=[("event_type", b"UserCreated")])
        def rename():
            producer.send("users", json.dumps({"id": 1}).encode(), headers=[("event_type", b"UserRenamed")])
        """,
    )
    assert sorted(messages) == ["UserCreated", "UserRenamed"]
    assert {message.channel for message in messages.values()} == {"users"}


def test_a_field_is_required_when_every_producer_sends_it(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        def place():
            producer.send("orders", json.dumps({"id": int(input()), "total": 3}).encode())
        def again():
            producer.send("orders", json.dumps({"id": input() + "x"}).encode())
        """,
    )
    schema = messages["orders"].schema
    assert schema["required"] == ["id"]
    assert schema["properties"]["id"]["anyOf"] == [{"type": "integer"}, {"type": "string"}]


def test_what_nobody_sends_and_what_nobody_reads_is_listed(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        def place():
            producer.send("orders.placed", json.dumps({"id": 1}).encode())
        def work():
            for message in KafkaConsumer("orders.cancelled"):
                print(json.loads(message.value)["id"])
        """,
    )
    assert not messages["orders.placed"].consumers
    assert not messages["orders.cancelled"].producers
    assert "no producer" in messages["orders.cancelled"].schema["x-unknown"]


BUS = """
from dataclasses import dataclass
from functools import singledispatch

class Event:
    pass

class Command:
    pass

@dataclass
class Placed(Event):
    order_id: int

@dataclass
class Lost(Event):
    order_id: int

@dataclass
class Place(Command):
    sku: str
"""


@pytest.mark.parametrize(
    "registration",
    [
        "HANDLERS = {Placed: [announce], Place: place}",
        "HANDLERS = {}\nHANDLERS[Placed] = announce\nHANDLERS[Place] = place",
        "HANDLERS = {}\nHANDLERS.setdefault(Placed, []).append(announce)\nHANDLERS.setdefault(Place, []).append(place)",
        "bus.subscribe(Placed, announce)\nbus.register(command=Place, handlers=[place])",
        "bus.on(Placed)(announce)\n@bus.on(Placed)\ndef other(event): pass\nbus.register(Place, place)",
        "class PlacedHandler:\n    def handle(self, event: Placed): pass\nbus.register(Place, place)",
        "@singledispatch\ndef run(event): pass\n@run.register\ndef _(event: Placed): pass\nbus.register(Place, place)",
        "class Placing:\n    def handle(self, event): pass\nbus.on(Placed, [box.get(Placing)])\nbus.on(Place, place)",
    ],
)
def test_what_a_bus_hands_over_inside_a_process_is_listed(tmp_path: Path, registration: str) -> None:
    messages = made(
        tmp_path,
        """
        def place(command: Place):
            return Placed(1)
        def announce(event: Placed):
            print(event.order_id)
        def route():
            bus.handle(Place("a"))
            raised.append(Lost(order_id=2))
        """
        + textwrap.indent(f"\n{registration}", "        "),
        BUS,
    )
    assert {(m.id, m.kind, m.transport, m.channel) for m in messages.values()} == {
        ("Placed", "event", "in-process", ""),
        ("Place", "command", "in-process", ""),
        ("Lost", "event", "in-process", ""),
    }
    assert [end.function for end in messages["Placed"].producers] == ["place"]
    assert messages["Placed"].consumers and not messages["Lost"].consumers
    assert [end.function for end in messages["Place"].consumers] == ["place"]
    assert messages["Placed"].schema["properties"] == {"order_id": {"type": "integer"}}


def test_what_only_has_the_name_of_an_event_is_no_message(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        import abc, threading
        class PlacedEvent(abc.ABC):
            @abc.abstractmethod
            def trigger(self, order): ...
        class KafkaPlacedEvent(PlacedEvent):
            def trigger(self, order):
                producer.send("orders", json.dumps({"id": order}).encode(), headers=[("event_type", b"Placed")])
        class Command(BaseCommand):
            def handle(self, *args):
                KafkaPlacedEvent().trigger(1)
        done = threading.Event()
        class OrderEvents:
            PLACED = "placed"
        def described(value): ...
        Kinds = to_enum(OrderEvents, description=described)
        """,
    )
    assert [message.transport for message in messages.values()] == ["kafka"]


def test_what_stays_in_a_process_is_no_contract_with_others(tmp_path: Path) -> None:
    made(tmp_path, "HANDLERS = {Placed: [print]}\ndef work():\n    return Placed(1)\ndef h(event: Placed): pass", BUS)
    catalogue = api.catalogue(api.load_project([tmp_path], api.Options(jobs=1)))
    assert [message.internal for message in catalogue.messages] == [True]
    assert yaml.safe_load(render(catalogue, "asyncapi"))["channels"] == {}
    assert render(catalogue, "cloudevents") == ""
    assert not locked(catalogue).contracts
    assert "it stays within its process" in render(catalogue, "markdown")


def test_dead_letters_are_known_from_the_queue_and_from_the_code_of_the_handler(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        import pika
        channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
        channel.queue_declare("kept", arguments={"x-dead-letter-exchange": "rest"})
        channel.queue_declare("dropped")
        def on_message(channel, method, properties, body):
            print(body)
        def on_dropped(channel, method, properties, body):
            print(body)
        channel.basic_consume("kept", on_message)
        channel.basic_consume("dropped", on_dropped)
        def parks():
            for message in KafkaConsumer("parked"):
                try:
                    print(message)
                except ValueError:
                    park(message)
        def park(message):
            producer.send("parked.dlq", message.value)
        def silent():
            for message in KafkaConsumer("silent"):
                print(message)
        """,
    )
    found = {name: [end.dead_letter for end in message.consumers] for name, message in messages.items()}
    assert found["kept"] == found["parked"] == [True]
    assert (found["dropped"], found["silent"]) == ([False], [None])


def test_kinds_come_from_configuration_classes_tasks_and_wording(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        from dataclasses import asdict, dataclass
        from celery import shared_task
        class Command: ...
        @dataclass
        class Charge(Command):
            card: str
        @shared_task
        def remind(order_id):
            print(order_id)
        def place(order_id):
            producer.send("payments", json.dumps(asdict(Charge("1"))).encode())
            producer.send("heartbeat", json.dumps({"at": 1}).encode())
            producer.send("nightly", json.dumps({"at": 1}).encode())
            remind.delay(order_id)
        """,
        **{"pyproject.toml": '[tool.edanalyze]\nevents = ["nightly"]\n'},
    )
    assert {name: message.kind for name, message in messages.items()} == {
        "Charge": "command",
        "app.remind": "command",
        "heartbeat": "message",
        "nightly": "event",
    }


def test_owner_version_and_promises_come_from_files_classes_and_configuration(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        from dataclasses import asdict, dataclass
        @dataclass
        class OrderPlacedEvent:
            '''An order was placed.

            SLA: delivered within a minute
            '''
            order_id: str
            version: int = 3
        def place():
            producer.send("orders", json.dumps(asdict(OrderPlacedEvent("1"))).encode())
            producer.send("refunds.v2", json.dumps({"id": 1}).encode())
        """,
        CODEOWNERS="* @everybody\n*.py @orders-team\n",
        **{"pyproject.toml": '[tool.edanalyze.owners]\n"refunds.*" = "billing"\n'},
    )
    placed, refunds = messages["OrderPlacedEvent"], messages["refunds.v2"]
    assert (placed.owner, placed.owner_source) == ("@orders-team", "CODEOWNERS")
    assert (placed.version, placed.sla) == ("3", "delivered within a minute")
    assert placed.description == "An order was placed."
    assert (refunds.owner, refunds.owner_source, refunds.version) == ("billing", "configuration", "2")


def test_keys_correlation_ids_and_findings_are_noted(tmp_path: Path) -> None:
    messages = made(
        tmp_path,
        """
        def place(order_id, correlation_id):
            body = json.dumps({"order_id": order_id}).encode()
            producer.send("orders", body, key=order_id, headers=[("correlation_id", correlation_id)])
        """,
    )
    (end,) = messages["orders"].producers
    assert (end.key, end.correlation_id) == ("order_id", "correlation_id")
    assert "EDA501" in end.findings


# --------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("markdown", "catalog.md"),
        ("json", "catalog.json"),
        ("asyncapi", "asyncapi.yaml"),
        ("cloudevents", "event-types.txt"),
    ],
)
def test_the_examples_are_what_the_command_writes(shop: Catalogue, form: str, name: str) -> None:
    assert render(shop, form) == (EXAMPLES / name).read_text(encoding="utf-8")


def test_the_example_of_eventcatalog_is_what_the_command_writes(shop: Catalogue) -> None:
    folder = EXAMPLES / "eventcatalog"
    written = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert files(shop, "eventcatalog") == written


def test_asyncapi_is_valid_by_the_official_schema(shop: Catalogue) -> None:
    schema = json.loads((Path(__file__).parent / "asyncapi-3.0.0.schema.json").read_text(encoding="utf-8"))
    document = yaml.safe_load(render(shop, "asyncapi"))
    assert not list(jsonschema.Draft7Validator(schema).iter_errors(document))
    assert set(document["channels"]) >= {"orders.placed", "payments.captured"}
    operation = document["operations"]["payments.receive.orders.placed"]
    assert operation["action"] == "receive"
    assert operation["messages"] == [{"$ref": "#/channels/orders.placed/messages/orders.placed"}]


def test_asyncapi_of_strange_names_is_valid(tmp_path: Path) -> None:
    schema = json.loads((Path(__file__).parent / "asyncapi-3.0.0.schema.json").read_text(encoding="utf-8"))
    producer = Producer("a b", "f", "a.py", 1, "x.send", {"type": "object"}, {}, correlation_id="id")
    strange = Message("a-b", "a/b {x} ü", "event", "why", "shop/{key} ü#1", "amqp", producers=(producer,))
    nameless = Message("c", "c", "message", "why", "", "", consumers=(Consumer("", "g", "b.py", 2),))
    document = yaml.safe_load(render(Catalogue(1, "strange", (strange, nameless)), "asyncapi"))
    assert not list(jsonschema.Draft7Validator(schema).iter_errors(document))


def test_json_follows_its_schema_and_reads_back(shop: Catalogue) -> None:
    schema = json.loads((ROOT / "docs" / "schema" / "catalog.schema.json").read_text(encoding="utf-8"))
    text = render(shop, "json")
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    assert msgspec.json.decode(text, type=Catalogue) == shop
    for record in (Catalogue, Message, Producer, Consumer):
        assert set(schema["$defs"][record.__name__]["properties"]) == set(record.__struct_fields__)


def test_eventcatalog_pages_refer_to_pages_that_exist(shop: Catalogue) -> None:
    pages = {
        path: yaml.safe_load(text.split("---")[1])
        for path, text in files(shop, "eventcatalog").items()
        if path.endswith(".mdx")
    }
    ids = {front["id"] for front in pages.values()}
    for front in pages.values():
        for key in ("sends", "receives", "channels"):
            assert {each["id"] for each in front.get(key, ())} <= ids


# --------------------------------------------------------------------- command


def test_the_command_writes_a_file_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(KAFKA + "producer.send('orders', json.dumps({'id': 1}).encode())\n")
    (tmp_path / "pyproject.toml").write_text("")
    run = CliRunner()
    shown = run.invoke(app, ["catalog", str(tmp_path)])
    assert shown.exit_code == 0 and "## orders" in shown.stdout
    written = run.invoke(app, ["catalog", "--format", "eventcatalog", "-o", str(tmp_path / "site"), str(tmp_path)])
    assert written.exit_code == 0
    assert (tmp_path / "site" / "events" / "orders" / "schema.json").is_file()
    refused = run.invoke(app, ["catalog", "--format", "eventcatalog", str(tmp_path)])
    assert refused.exit_code == 2 and "name one with -o" in refused.stderr


def test_a_project_without_messages_has_an_empty_catalogue(tmp_path: Path) -> None:
    assert made(tmp_path, "x = 1", head="") == {}
