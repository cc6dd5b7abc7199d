"""The review: every answer to every item, what to do first, the gate, and systems known by their facts alone."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner, Result

from edanalyze.cli.app import app
from edanalyze.review import Review
from edanalyze.review.records import ANSWERS
from edanalyze.review.schema import text as schema_text

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
EXAMPLE = ROOT / "docs" / "examples" / "shop" / "review.md"


def run(*arguments: object) -> Result:
    """The command, without what earlier runs left."""
    return CliRunner().invoke(app, ["review", "--no-cache", *map(str, arguments)])


def reviewed(*arguments: object) -> Review:
    ran = run(*arguments, "--format", "json")
    assert ran.exit_code == 0, ran.output
    return msgspec.json.decode(ran.stdout, type=Review)


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in {"pyproject.toml": "", **files}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return folder


def criteria(review: Review) -> dict[str, str]:
    """The answers to single criteria by their names."""
    return {each.name: each.answer for item in review.items for each in item.criteria}


def fixture(name: str, folder: Path) -> Path:
    """A copy of a fixture that is a project by itself."""
    copy = shutil.copytree(FIXTURES / name, folder / name)
    (copy / "pyproject.toml").touch()
    return Path(copy)


# --------------------------------------------------------------------- systems

PRODUCER = """
import json
import pika
from fastapi import FastAPI, Request

app = FastAPI()
channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
channel.confirm_delivery()

@app.post("/orders")
def place(request: Request, order_id: str):
    channel.basic_publish(
        exchange="",
        routing_key="orders.placed.v1",
        body=json.dumps({"version": 1, "order_id": order_id}).encode(),
        properties=pika.BasicProperties(correlation_id=request.headers["x-correlation-id"]),
    )
"""
CONSUMER = """
import json
import pika
import sqlite3

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
channel.queue_declare("orders.placed.v1", durable=True, arguments={"x-dead-letter-exchange": "parked"})
database = sqlite3.connect("orders.db")

def on_order(channel, method, properties, body):
    order = json.loads(body)
    database.execute("UPDATE orders SET state = 'placed' WHERE id = ?", (order["order_id"],))
    database.commit()
    channel.basic_ack(method.delivery_tag)

channel.basic_consume("orders.placed.v1", on_order)
channel.start_consuming()
"""
SOUND = {
    "shop/requirements.txt": "fastapi\npika\n",
    "shop/main.py": PRODUCER,
    "store/requirements.txt": "pika\n",
    "store/main.py": CONSUMER,
    "contracts.lock": '{"version": 1, "compatibility": "backward", "contracts": {}}\n',
    "ops/alerts.yml": """
        groups:
          - name: queues
            rules:
              - alert: ConsumersAreBehind
                expr: rabbitmq_detailed_queue_messages_ready{queue="orders.placed.v1"} > 1000
              - alert: DeadLetters
                expr: rabbitmq_detailed_queue_messages_ready{queue="parked.dlq"} > 0
        """,
    "ops/redrive.sh": 'rabbitmqctl set_parameter shovel redrive \'{"src-queue": "parked.dlq"}\'\n',
    "pyproject.toml": """
        [tool.edanalyze.sla]
        "orders.*" = "delivered within a minute"
        """,
}


INSERT = "INSERT INTO orders VALUES (?)"


def answer(folder: Path, item: str) -> str:
    return next(each.answer for each in reviewed(folder).items if each.name == item)


@pytest.mark.parametrize(
    ("item", "expected", "name"),
    [
        ("inventory", "met", "rq_tasks"),
        ("inventory", "not met", "shop"),
        ("inventory", "does not apply", "fan_out_paths"),
        ("contracts", "met", "rq_tasks"),
        ("contracts", "not met", "shop"),
        ("contracts", "does not apply", "fan_out_paths"),
        ("consumers", "met", "chain_from_worker"),
        ("consumers", "not met", "shop"),
        ("consumers", "does not apply", "fan_out_paths"),
        ("consistency", "met", "lambda_sqs"),
        ("consistency", "not met", "shop"),
        ("consistency", "does not apply", "chain_from_worker"),
        ("operation", "not met", "shop"),
    ],
)
def test_items_are_answered_for_the_fixtures(tmp_path: Path, item: str, expected: str, name: str) -> None:
    assert answer(fixture(name, tmp_path), item) == expected


@pytest.mark.parametrize("item", ["inventory", "contracts", "consumers", "consistency", "operation"])
def test_what_could_not_be_read_leaves_items_unknown(tmp_path: Path, item: str) -> None:
    folder = fixture("lambda_sqs", tmp_path) if item == "consistency" else written(tmp_path, SOUND)
    assert answer(folder, item) == "met"
    (folder / "broken.py").write_text("def (:\n", encoding="utf-8")
    assert answer(folder, item) == "unknown"


def test_a_sound_system_meets_what_applies_to_it(tmp_path: Path) -> None:
    found = reviewed(written(tmp_path, SOUND))
    assert {item.name: item.answer for item in found.items} == {
        "inventory": "met",
        "contracts": "met",
        "consumers": "met",
        "consistency": "does not apply",
        "operation": "met",
    }
    assert found.first == ()


def test_operation_does_not_apply_to_a_script(tmp_path: Path) -> None:
    folder = written(tmp_path, {"app.py": "print('hello')\n"})
    assert {item.answer for item in reviewed(folder).items} == {"does not apply"}


# -------------------------------------------------------------------- evidence


def changed(folder: Path, path: str, old: str, new: str) -> None:
    text = (folder / path).read_text(encoding="utf-8")
    assert old in text
    (folder / path).write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("path", "old", "new", "criterion", "expected"),
    [
        ("shop/main.py", 'json.dumps({"version": 1, "order_id": order_id})', "request.query", "schema", "unknown"),
        ("shop/main.py", "orders.placed.v1", "orders.shipped.v1", "ends", "not met"),
        ("pyproject.toml", '"orders.*"', '"payments.*"', "sla", "not met"),
        ("contracts.lock", "backward", "sideways", "compatibility", "not met"),
        ("store/main.py", "UPDATE orders SET state = 'placed' WHERE id = ?", INSERT, "idempotency", "not met"),
        ("store/main.py", 'arguments={"x-dead-letter-exchange": "parked"}', "", "dead letters", "not met"),
        ("store/main.py", "channel.queue_declare", "print", "dead letters", "unknown"),
        ("shop/main.py", 'correlation_id=request.headers["x-correlation-id"]', "", "correlation", "not met"),
        ("ops/alerts.yml", "ConsumersAreBehind", "DeadLettersToo", "lag", "unknown"),
        ("ops/alerts.yml", "rabbitmq_detailed", "acme_detailed", "lag", "unknown"),
        ("ops/redrive.sh", "shovel", "policy", "replay", "not met"),
    ],
)  # fmt: skip
def test_what_is_changed_in_a_sound_system_changes_the_answer(
    tmp_path: Path, path: str, old: str, new: str, criterion: str, expected: str
) -> None:
    folder = written(tmp_path, SOUND)
    changed(folder, path, old, new)
    assert criteria(reviewed(folder))[criterion] == expected


def test_nothing_watches_a_broker_that_is_deployed_here(tmp_path: Path) -> None:
    compose = """
        services:
          rabbitmq:
            image: rabbitmq:3.13
        """
    folder = written(tmp_path, {**SOUND, "ops/alerts.yml": "", "compose.yaml": compose})
    found = criteria(reviewed(folder))
    assert (found["lag"], found["dead-letter-depth"]) == ("not met", "not met")


def test_what_is_done_elsewhere_is_declared(tmp_path: Path) -> None:
    declared = """
        [tool.edanalyze.elsewhere]
        lag = "dashboards of the platform team"
        replay = "the runbook"
        """
    folder = written(tmp_path, {**SOUND, "ops/alerts.yml": "", "ops/redrive.sh": "", "pyproject.toml": declared})
    review = reviewed(folder)
    assert (criteria(review)["lag"], criteria(review)["replay"]) == ("met", "met")
    (lag,) = (each for item in review.items for each in item.criteria if each.name == "lag")
    assert [place.text for place in lag.places] == ["declared: dashboards of the platform team"]


def test_an_ignored_rule_leaves_its_criterion_unknown(tmp_path: Path) -> None:
    folder = written(tmp_path, {**SOUND, "pyproject.toml": "[tool.edanalyze]\nignore = ['EDA301']\n"})
    (each,) = (each for item in reviewed(folder).items for each in item.criteria if each.name == "idempotency")
    assert each.answer == "unknown"
    assert [place.text for place in each.places] == ["EDA301 was not looked for"]


def test_rules_that_are_off_by_default_run(tmp_path: Path) -> None:
    found = {
        place.rule
        for item in reviewed(fixture("shop", tmp_path)).items
        for each in item.criteria
        for place in each.places
    }
    assert {"EDA203", "EDA505", "EDA604"} <= found


def test_an_outbox_is_shown_as_what_speaks_for_consistency(tmp_path: Path) -> None:
    code = """
        import json
        from fastapi import FastAPI
        from sqlalchemy import create_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

        app = FastAPI()
        engine = create_engine("postgresql://db")

        class Base(DeclarativeBase): ...

        class Order(Base):
            __tablename__ = "orders"
            id: Mapped[int] = mapped_column(primary_key=True)

        class OutboxMessage(Base):
            __tablename__ = "outbox"
            id: Mapped[int] = mapped_column(primary_key=True)
            topic: Mapped[str]
            payload: Mapped[str]

        @app.post("/orders")
        def place(order_id: int):
            with Session(engine) as session:
                session.add(Order(id=order_id))
                session.add(OutboxMessage(topic="orders.placed", payload=json.dumps({"id": order_id})))
                session.commit()
        """
    found = reviewed(written(tmp_path, {"app.py": code}))
    (outbox,) = (each for item in found.items for each in item.criteria if each.name == "outbox")
    assert outbox.answer == "met"
    assert [(place.line, place.text) for place in outbox.places] == [(25, "an outbox row for `orders.placed`")]


def test_topics_without_order_are_documented_by_a_setting(tmp_path: Path) -> None:
    code = """
        import json
        from kafka import KafkaProducer
        producer = KafkaProducer()
        def tell(order_id: int):
            producer.send("orders.placed", json.dumps({"version": 1, "order_id": order_id}).encode()).get()
        """
    folder = written(tmp_path, {"app.py": code})
    assert criteria(reviewed(folder))["partitioning"] == "not met"
    (folder / "pyproject.toml").write_text("[tool.edanalyze]\nunordered-topics = ['orders.*']\n", encoding="utf-8")
    assert criteria(reviewed(folder))["partitioning"] == "met"


# ------------------------------------------------------------ what to do first


def test_lost_events_come_first_and_among_them_those_with_most_consumers(tmp_path: Path) -> None:
    first = reviewed(fixture("shop", tmp_path)).first
    assert [(step.rule, step.path, step.services) for step in first[:2]] == [
        ("EDA201", "orders/orders_app/services.py", ("notifications", "payments")),
        ("EDA201", "payments/payments/routes.py", ("notifications", "orders")),
    ]
    early = {step.path: step.services for step in first if step.rule == "EDA302"}
    assert early["notifications/notifications/events.py"] == ("notifications",)  # reported at its decorator
    rules = [step.rule for step in first]
    assert rules.index("EDA302") < rules.index("EDA301") < rules.index("EDA401") < rules.index("EDA501")
    assert "`orders.placed`, 2 consumers" in first[0].why


def test_what_no_rule_finds_is_among_the_steps(tmp_path: Path) -> None:
    folder = written(tmp_path, {**SOUND, "pyproject.toml": ""})
    (step,) = reviewed(folder).first
    assert step.criterion == "sla" and "[tool.edanalyze.sla]" in step.what


# ---------------------------------------------------------------------- advice

LOG = """
import json
from kafka import KafkaConsumer, KafkaProducer

producer = KafkaProducer()

def tell(order_id: int):
    producer.send("orders", key=b"1", value=json.dumps({"order_id": order_id}).encode())

def follow():
    for message in KafkaConsumer("orders", group_id="billing"):
        print(message.value)
"""


def advised(folder: Path, files: Mapping[str, str]) -> list[str]:
    return [each.text for each in reviewed(written(folder, files)).advice]


def test_a_queue_is_advised_where_a_log_is_hardly_used(tmp_path: Path) -> None:
    folder = written(tmp_path, {"app.py": LOG})
    queue, _ = reviewed(folder).advice
    assert queue.text.startswith("A simple queue will do")
    assert queue.evidence[:2] == ("1 topic (few: up to 5)", "`orders`: consumed by " + folder.name + " billing")


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": LOG, "pyproject.toml": "[tool.edanalyze.volume]\n'orders' = 'high'\n"},
        {"app.py": LOG + 'def further():\n    for each in KafkaConsumer("orders", group_id="stock"): print(each)\n'},
        {"app.py": LOG, "replay.sh": "kafka-consumer-groups.sh --reset-offsets --to-earliest --topic orders\n"},
        {"app.py": LOG + "".join(f'producer.send("topic{number}", b"{number}")\n' for number in range(6))},
    ],
    ids=["high volume", "two groups", "replay", "many topics"],
)
def test_a_log_that_is_used_is_left_alone(tmp_path: Path, files: dict[str, str]) -> None:
    assert not [text for text in advised(tmp_path, files) if "simple queue" in text]


def test_a_declared_low_volume_counts_for_more_than_the_number_of_topics(tmp_path: Path) -> None:
    many = LOG + "".join(f'producer.send("topic{number}", b"{number}")\n' for number in range(6))
    files = {"app.py": many, "pyproject.toml": "[tool.edanalyze.volume]\n'*' = 'low'\n"}
    assert [text for text in advised(tmp_path, files) if "simple queue" in text]


def test_a_system_without_messages_is_not_told_to_have_some(tmp_path: Path) -> None:
    (text,) = advised(tmp_path, {"app.py": "print('hello')\n"})
    assert text.startswith("Do not introduce a broker")


# ------------------------------------------------------------------------ gate


@pytest.mark.parametrize(
    ("items", "status"),
    [("all", 1), ("3", 1), ("consumers,contracts", 1), ("contracts", 0), ("2", 0), ("", 0)],
)
def test_the_gate_closes_on_a_required_item_that_is_not_met(tmp_path: Path, items: str, status: int) -> None:
    ran = run(fixture("rq_tasks", tmp_path), *(["--require", items] if items else []))
    assert ran.exit_code == status
    assert ("required, and not met: Idempotent consumers" in ran.stderr) == bool(status)


def test_the_gate_lets_unknown_items_pass_and_says_so(tmp_path: Path) -> None:
    folder = written(tmp_path, {**SOUND, "ops/alerts.yml": ""})
    ran = run(folder, "--require", "operation")
    assert ran.exit_code == 0
    assert "warning: required, and unknown: Tracing and replay operationalised" in ran.stderr


def test_a_strict_gate_closes_on_unknown_items_that_are_required(tmp_path: Path) -> None:
    folder = written(tmp_path, {**SOUND, "ops/alerts.yml": ""})
    assert run(folder, "--strict").exit_code == 0
    assert run(folder, "--strict", "--require", "consumers").exit_code == 0
    assert run(folder, "--strict", "--require", "operation").exit_code == 1


def test_the_gate_refuses_items_that_do_not_exist(tmp_path: Path) -> None:
    ran = run(tmp_path, "--require", "6")
    assert ran.exit_code == 2
    assert "there is no item '6'" in ran.stderr


# ---------------------------------------------------------------- other systems


def test_facts_of_other_systems_are_reviewed_with_the_project(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole", SOUND)
    for name in ("shop", "store"):
        shutil.copytree(whole / name, tmp_path / name)
        (tmp_path / name / "pyproject.toml").touch()
    facts = tmp_path / "store.json"
    CliRunner().invoke(app, ["facts", str(tmp_path / "store"), "-o", str(facts)], catch_exceptions=False)
    alone = criteria(reviewed(tmp_path / "shop"))
    assert (alone["idempotency"], alone["ends"]) == ("does not apply", "not met")
    together = reviewed(tmp_path / "shop", facts)
    assert criteria(together)["idempotency"] == "met"
    places = {place.path for item in together.items for each in item.criteria for place in each.places}
    assert "shop/main.py" in places and "main.py" not in places
    assert criteria(together)["replay safety"] == "unknown"
    (each,) = (each for item in together.items for each in item.criteria if each.name == "replay safety")
    assert [place.path for place in each.places] == ["store/pyproject.toml"]


def test_of_facts_alone_much_is_unknown_and_nothing_guessed(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    run_app = CliRunner()
    run_app.invoke(app, ["facts", str(written(tmp_path / "shop", SOUND)), "-o", str(facts)], catch_exceptions=False)
    review = reviewed(facts)
    found = criteria(review)
    assert review.title == "shop"
    assert {found[name] for name in ("ends", "replay safety")} == {"unknown"}
    assert {found[name] for name in ("schema", "owner", "sla", "compatibility", "idempotency", "lag", "replay")} == {
        "met"
    }


def test_older_facts_files_leave_unknown_what_they_do_not_tell(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    run_app = CliRunner()
    run_app.invoke(app, ["facts", str(written(tmp_path / "shop", SOUND)), "-o", str(facts)], catch_exceptions=False)
    document = json.loads(facts.read_text(encoding="utf-8"))
    for added in ("operations", "surveys", "sent", "received"):
        del document[added]
    facts.write_text(json.dumps(document), encoding="utf-8")
    found = criteria(reviewed(facts))
    told = ("schema", "owner", "sla", "compatibility", "idempotency", "correlation", "lag", "replay")
    assert {found[name] for name in told} == {"unknown"}


# --------------------------------------------------------------------- formats


def test_json_follows_its_schema(tmp_path: Path) -> None:
    stored = (ROOT / "docs" / "schema" / "review.schema.json").read_text(encoding="utf-8")
    assert stored == schema_text()
    document = json.loads(run(fixture("shop", tmp_path), "--format", "json").stdout)
    jsonschema.Draft202012Validator(json.loads(stored)).validate(document)
    assert {item["answer"] for item in document["items"]} <= set(ANSWERS)


def test_the_example_is_what_the_command_writes(tmp_path: Path) -> None:
    target = tmp_path / "review.md"
    assert run(fixture("shop", tmp_path), "-o", target).exit_code == 0
    assert target.read_text(encoding="utf-8") == EXAMPLE.read_text(encoding="utf-8"), (
        "run edanalyze review fixtures/shop -o docs/examples/shop/review.md"
    )


def test_names_from_the_code_do_not_break_the_markdown(tmp_path: Path) -> None:
    folder = written(tmp_path, {**SOUND, "pyproject.toml": ""})
    for path in ("shop/main.py", "store/main.py"):
        changed(folder, path, "orders.placed.v1", "orders|placed.v1")
    assert "orders\\|placed" in run(folder).stdout
