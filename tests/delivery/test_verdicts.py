"""The delivery verdict: what may happen to messages between a topic and a consumer, why, and what would mend it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from edanalyze.analyse.delivery import Verdict
from edanalyze.api import delivery, load_project
from edanalyze.report.page import deliveries

Judge = Callable[..., dict[str, Verdict]]

STORE = """
import json
from sqlalchemy.orm import Session
from shop.models import Order, engine

def insert(body):
    with Session(engine) as session:
        session.add(Order(**json.loads(body)))
        session.commit()

def upsert(body):
    with Session(engine) as session:
        session.merge(Order(**json.loads(body)))
        session.commit()
"""


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Verdicts by the name of the handler, for the files of a system (`app=...` is app.py)."""

    def judged(**files: str) -> dict[str, Verdict]:
        for name, text in {"store": STORE, **files}.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
        verdicts = delivery(load_project([tmp_path]))
        return {verdict.consumer.rpartition(".")[2]: verdict for verdict in verdicts}

    return judged


PIKA = """
import pika
from store import insert, upsert

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()

def late_and_idempotent(channel, method, properties, body):
    upsert(body)
    channel.basic_ack(method.delivery_tag)

def late(channel, method, properties, body):
    insert(body)
    channel.basic_ack(method.delivery_tag)

def early(channel, method, properties, body):
    channel.basic_ack(method.delivery_tag)
    upsert(body)

def early_and_not_idempotent(channel, method, properties, body):
    channel.basic_ack(method.delivery_tag)
    insert(body)

def swallowing(channel, method, properties, body):
    try:
        upsert(body)
    except Exception:
        print("no")
    channel.basic_ack(method.delivery_tag)

def automatic(channel, method, properties, body):
    insert(body)

def swallowing_and_not_idempotent(channel, method, properties, body):
    try:
        insert(body)
    except Exception:
        print("no")
    channel.basic_ack(method.delivery_tag)

channel.basic_consume("a", late_and_idempotent)
channel.basic_consume("b", late)
channel.basic_consume("c", early)
channel.basic_consume("d", early_and_not_idempotent)
channel.basic_consume("e", swallowing)
channel.basic_consume("f", automatic, auto_ack=True)
channel.basic_consume("g", swallowing_and_not_idempotent)
channel.start_consuming()
"""


@pytest.mark.parametrize(
    ("handler", "verdict", "codes"),
    [
        ("late_and_idempotent", "safe", []),
        ("late", "may duplicate", ["EDA301"]),
        ("early", "may lose", ["EDA302"]),
        ("early_and_not_idempotent", "may lose", ["EDA302"]),
        ("swallowing", "may lose", ["EDA601"]),
        ("swallowing_and_not_idempotent", "may lose and duplicate", ["EDA601", "EDA301"]),
        ("automatic", "may lose", ["EDA302"]),
    ],
)
def test_acknowledgement_and_guards_decide(judge: Judge, handler: str, verdict: str, codes: list[str]) -> None:
    found = judge(app=PIKA)[handler]
    assert found.verdict == verdict
    assert list(dict.fromkeys(reason.code for reason in found.reasons)) == codes
    assert bool(found.change) == (verdict != "safe")


def test_the_change_names_the_line_that_moves_and_where_to(judge: Judge) -> None:
    (step,) = judge(app=PIKA)["early"].change
    assert step == "acknowledge after the work: move `basic_ack` (app.py:15) behind app.py:16"


def test_a_message_that_is_acknowledged_later_needs_a_guard_as_well(judge: Judge) -> None:
    steps = judge(app=PIKA)["automatic"].change
    assert steps[0].startswith("acknowledge after the work: switch automatic acknowledgement off (app.py:44)")
    assert steps[1] == "guard `add` (store.py:7) by the message's id, or make it an upsert"


def test_the_same_holds_for_an_acknowledgement_that_moves(judge: Judge) -> None:
    moves, guards = judge(app=PIKA)["early_and_not_idempotent"].change
    assert moves.startswith("acknowledge after the work: move `basic_ack`")
    assert guards == "guard `add` (store.py:7) by the message's id, or make it an upsert"


def test_evidence_has_path_and_line(judge: Judge) -> None:
    (reason,) = judge(app=PIKA)["late"].reasons
    assert (reason.effect, reason.side, reason.path, reason.line) == ("repetition", "consumer", "store.py", 7)


def test_task_queues_by_their_settings(judge: Judge) -> None:
    found = judge(
        app="""
        from celery import Celery
        from store import insert, upsert
        app = Celery("shop", broker="amqp://rabbitmq")

        @app.task
        def early(body):
            upsert(body)

        @app.task(acks_late=True)
        def late(body):
            upsert(body)

        @app.task(acks_late=True)
        def late_insert(body):
            insert(body)

        @app.task
        def nothing(body):
            print(body)
        """
    )
    verdicts = {name: verdict.verdict for name, verdict in found.items()}
    assert verdicts == {"early": "may lose", "late": "safe", "late_insert": "may duplicate", "nothing": "safe"}
    assert found["early"].change == ("acknowledge after the work: let the task acknowledge late (app.py:6)",)


def test_a_transport_without_acknowledgement_loses(judge: Judge) -> None:
    found = judge(
        app="""
        import redis
        from store import upsert

        def listen():
            subscription = redis.Redis("redis").pubsub()
            subscription.subscribe("orders")
            for message in subscription.listen():
                upsert(message["data"])
        """
    )
    assert found["listen"].verdict == "may lose"
    assert found["listen"].reasons[0].code == ""


def test_what_a_handler_does_may_be_unknown(judge: Judge) -> None:
    found = judge(
        app="""
        import pika
        from elsewhere import handle
        channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()

        def on_order(channel, method, properties, body):
            handle(body)
            channel.basic_ack(method.delivery_tag)

        channel.basic_consume("orders", on_order)
        """
    )
    assert found["on_order"].verdict == "unknown"
    assert found["on_order"].reasons[0].message == "nothing is known of what its calls do"


CONSUMER = """
from kafka import KafkaConsumer
from store import upsert

def listen():
    consumer = KafkaConsumer("{topic}", bootstrap_servers="kafka:9092", group_id="g", enable_auto_commit=False)
    for message in consumer:
        upsert(message.value)
        consumer.commit()
"""
PRODUCER = """
from kafka import KafkaProducer
from sqlalchemy.orm import Session
from shop.models import Order, OutboxEvent

producer = KafkaProducer(bootstrap_servers="kafka:9092")

def send(topic, number):
    producer.send(topic, number.encode()).get(timeout=10)

def after_commit(session: Session, number):
    session.add(Order(number=number))
    session.commit()
    send("gap", number)

def alone(number):
    send("plain", number)

def unconfirmed(number):
    producer.send("dropped", number.encode())

def before_commit(session: Session, number):
    session.add(Order(number=number))
    session.flush()
    send("early", number)
    session.commit()
"""


@pytest.mark.parametrize(
    ("topic", "verdict", "code"),
    [
        ("gap", "may lose", "EDA201"),
        ("plain", "safe", None),
        ("early", "may duplicate", "EDA202"),
        ("elsewhere", "safe", None),
    ],
)
def test_the_producer_has_its_share(judge: Judge, topic: str, verdict: str, code: str | None) -> None:
    found = judge(consumer=CONSUMER.format(topic=topic), producer=PRODUCER)["listen"]
    assert found.verdict == verdict
    assert [reason.code for reason in found.reasons] == ([code] if code else [])
    assert bool(found.producers) == (topic != "elsewhere")


def test_the_step_for_a_gap_is_an_outbox_at_the_call_that_leads_to_it(judge: Judge) -> None:
    found = judge(consumer=CONSUMER.format(topic="gap"), producer=PRODUCER)["listen"]
    assert found.change == ("write an outbox row in the transaction of the change (producer.py:13)",)
    assert [(producer.function, producer.line) for producer in found.producers] == [("producer.after_commit", 13)]


def test_a_dropped_future_is_a_loss(judge: Judge) -> None:
    without = PRODUCER.replace(".get(timeout=10)", "")
    found = judge(consumer=CONSUMER.format(topic="dropped"), producer=without)["listen"]
    assert (found.verdict, [reason.code for reason in found.reasons]) == ("may lose", ["EDA204"])


def test_the_html_report_shows_the_verdicts(judge: Judge) -> None:
    found = judge(app=PIKA)
    rows = {row.consumer: row for row in deliveries(found.values())}
    assert (rows["app.early"].kind, rows["app.late"].kind) == ("lose", "duplicate")
    assert "(app.py:15)" in rows["app.early"].why and rows["app.early"].change.startswith("acknowledge after the work")
    assert (rows["app.late_and_idempotent"].kind, rows["app.late_and_idempotent"].why) == ("safe", "")
