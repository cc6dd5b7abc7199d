"""Published messages: their topics, the call that fixes them, and who receives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edanalyze.analyse.binding.wildcards import fits
from tests.analyse.systems import messages, system


def published(folder: Path, code: str, **more: str) -> list[str]:
    """The publishes of a few modules."""
    return messages(system(folder, {"app.py": code, **{f"{name}.py": text for name, text in more.items()}}))


# ---------------------------------------------------------------------- Kafka


def test_a_topic_is_known_by_its_name(tmp_path: Path) -> None:
    assert published(
        tmp_path,
        """
        from kafka import KafkaConsumer, KafkaProducer
        TOPIC = "orders.placed"
        producer = KafkaProducer()
        def place():
            producer.send(TOPIC, b"{}")
        """,
        worker="""
        from kafka import KafkaConsumer
        def work():
            for message in KafkaConsumer("orders.placed"):
                print(message)
        """,
    ) == ["app.py:6 orders.placed -> work"]


def test_the_caller_that_fixes_the_topic_is_the_site(tmp_path: Path) -> None:
    assert published(
        tmp_path,
        """
        from kafka import KafkaProducer
        class Publisher:
            def __init__(self, producer):
                self.producer = producer
            def publish(self, topic, payload):
                self.producer.send(topic, payload)
        publisher = Publisher(KafkaProducer())
        def place():
            publisher.publish("orders.placed", b"{}")
        def cancel():
            publisher.publish("orders.cancelled", b"{}")
        """,
    ) == ["app.py:10 orders.placed -> -", "app.py:12 orders.cancelled -> -"]


def test_a_topic_with_a_hole_keeps_it(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {
            "app.py": """
            from kafka import KafkaProducer
            def place(status):
                KafkaProducer().send(f"orders.{status}", b"{}")
            """
        },
    )
    (call,) = made.binding.publishes
    assert (call.topic, call.confidence) == ("orders.{status}", "likely")


def test_an_unknown_topic_says_why(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {"app.py": "from kafka import KafkaProducer\ndef f(topic):\n    KafkaProducer().send(topic, b'')\n"},
    )
    (call,) = made.binding.publishes
    assert (call.topic, call.reason) == ("", "the topic comes from `topic`, which could not be resolved")


# ----------------------------------------------------------------------- AMQP

PIKA = """
import pika
channel = pika.BlockingConnection().channel()
def on_message(channel, method, properties, body): ...
"""


def test_without_an_exchange_the_routing_key_is_the_queue(tmp_path: Path) -> None:
    assert published(
        tmp_path,
        PIKA
        + """
def send():
    channel.basic_publish(exchange="", routing_key="mails", body=b"")
channel.basic_consume("mails", on_message)
""",
    ) == ["app.py:7 mails -> on_message"]


@pytest.mark.parametrize(
    ("kind", "binding", "received"),
    [
        ("direct", "order.created", True),
        ("direct", "order.paid", False),
        ("topic", "order.*", True),
        ("topic", "#", True),
        ("topic", "payment.*", False),
        ("fanout", "", True),
    ],
)
def test_an_exchange_feeds_the_queues_that_are_bound_to_it(
    tmp_path: Path, kind: str, binding: str, received: bool
) -> None:
    assert published(
        tmp_path,
        PIKA
        + f"""
def send():
    channel.basic_publish(exchange="shop", routing_key="order.created", body=b"")
channel.exchange_declare("shop", exchange_type="{kind}")
channel.queue_bind(queue="billing", exchange="shop", routing_key="{binding}")
channel.basic_consume("billing", on_message)
""",
    ) == [f"app.py:7 shop/order.created -> {'on_message' if received else '-'}"]


def test_a_queue_named_by_the_broker_is_followed_through_its_variable(tmp_path: Path) -> None:
    assert published(
        tmp_path,
        PIKA
        + """
def send():
    channel.basic_publish(exchange="logs", routing_key="", body=b"")
result = channel.queue_declare(queue="", exclusive=True)
name = result.method.queue
channel.queue_bind(exchange="logs", queue=name)
channel.basic_consume(queue=name, on_message_callback=on_message)
""",
    ) == ["app.py:7 logs -> on_message"]


def test_each_loop_binds_its_own_queues(tmp_path: Path) -> None:
    assert published(
        tmp_path,
        PIKA
        + """
def on_paid(channel, method, properties, body): ...
def send():
    channel.basic_publish("shop", "placed", b"")
for queue in ("billing", "packing"):
    channel.queue_bind(queue, "shop", "placed")
for queue in ("mails",):
    channel.queue_bind(queue, "shop", "paid")
channel.basic_consume("billing", on_message)
channel.basic_consume("mails", on_paid)
""",
    ) == ["app.py:8 shop/placed -> on_message"]


def test_the_default_exchange_of_aio_pika(tmp_path: Path) -> None:
    assert published(
        tmp_path,
        """
        import aio_pika
        async def send():
            connection = await aio_pika.connect_robust()
            channel = await connection.channel()
            await channel.default_exchange.publish(aio_pika.Message(b""), routing_key="mails")
        """,
    ) == ["app.py:6 mails -> -"]


def test_an_exchange_object_carries_its_name(tmp_path: Path) -> None:
    assert published(
        tmp_path,
        """
        import aio_pika
        async def send():
            channel = await (await aio_pika.connect_robust()).channel()
            exchange = await channel.declare_exchange("shop", aio_pika.ExchangeType.TOPIC)
            await exchange.publish(aio_pika.Message(b""), routing_key="order.created")
        """,
    ) == ["app.py:6 shop/order.created -> -"]


@pytest.mark.parametrize(
    ("pattern", "key", "transport", "expected"),
    [
        ("a.*", "a.b", "amqp", True),
        ("a.*", "a.b.c", "amqp", False),
        ("a.#", "a", "amqp", True),
        ("a.#.z", "a.b.c.z", "amqp", True),
        ("orders.>", "orders.new.eu", "nats", True),
        ("orders.>", "orders", "nats", False),
        ("home/+/light", "home/kitchen/light", "mqtt", True),
        ("home/#", "home/kitchen/light", "mqtt", True),
        ("news.*", "news.sport", "redis-pubsub", True),
        ("^order-.*", "order-eu", "kafka", True),
        ("a.*", "a.b", "kafka", False),
    ],
)
def test_wildcards_are_those_of_the_transport(pattern: str, key: str, transport: str, expected: bool) -> None:
    assert fits(pattern, key, transport) is expected


# ---------------------------------------------------------------- EventBridge


def test_an_event_is_known_by_its_type_wherever_that_is_set(tmp_path: Path) -> None:
    assert published(
        tmp_path,
        """
        import boto3
        events = boto3.client("events")
        def send(entries):
            events.put_events(Entries=entries)
        def convert(record):
            event = {"Source": "shop", "EventBusName": "main", "Detail": "{}"}
            if record["new"]:
                event["DetailType"] = "OrderCreated"
            return event
        def handle(records):
            send([convert(record) for record in records])
        """,
    ) == ["app.py:12 OrderCreated -> -"]


# ---------------------------------------------------------------------- tasks

TASKS = """
    from celery import Celery
    app = Celery("shop")

    @app.task
    def send_mail(): ...

    @app.task(name="bill")
    def make_bill(): ...
"""


@pytest.mark.parametrize(
    ("call", "topic", "task"),
    [
        ("send_mail.delay()", "tasks.send_mail", "send_mail"),
        ("send_mail.apply_async(queue='slow')", "tasks.send_mail", "send_mail"),
        ("make_bill.delay()", "bill", "make_bill"),
        ("app.send_task('bill')", "bill", "make_bill"),
        ("send_mail.s().apply_async()", "tasks.send_mail", "send_mail"),
    ],
)
def test_a_task_is_known_by_its_name_in_the_queue(tmp_path: Path, call: str, topic: str, task: str) -> None:
    found = published(tmp_path, f"from tasks import app, make_bill, send_mail\ndef f():\n    {call}\n", tasks=TASKS)
    assert found == [f"app.py:3 {topic} -> {task}"]


def test_tasks_that_share_a_decorator_are_told_apart(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {
            "tasks.py": """
                from functools import wraps
                from celery import Celery
                app = Celery("app")

                def traced(function):
                    @wraps(function)
                    def wrapper(*args, **kwargs):
                        return function(*args, **kwargs)
                    return wrapper

                @app.task
                @traced
                def first(): ...

                @app.task
                @traced
                def second(): ...

                def send():
                    second.delay()
                    first.apply_async()
                """
        },
    )
    assert [line.partition(" ")[2] for line in messages(made)] == ["tasks.second -> second", "tasks.first -> first"]


def test_a_chain_sends_all_its_tasks(tmp_path: Path) -> None:
    found = published(
        tmp_path,
        "from celery import chain\nfrom tasks import make_bill, send_mail\n"
        "def f():\n    chain(make_bill.s(), send_mail.s()).apply_async()\n",
        tasks=TASKS,
    )
    assert sorted(found) == ["app.py:4 bill -> make_bill", "app.py:4 tasks.send_mail -> send_mail"]


def test_a_job_of_rq_is_the_function_that_is_enqueued(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {
            "app.py": """
            from redis import Redis
            from rq import Queue
            from jobs import count
            def f():
                Queue(connection=Redis()).enqueue(count, 3)
            """,
            "jobs.py": "def count(number): ...\n",
        },
    )
    (call,) = made.binding.publishes
    assert call.task is not None
    assert call.task.id == "jobs:count"


# --------------------------------------------------------------------- outbox


def test_a_relay_publishes_what_the_rows_of_the_outbox_name(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {
            "app.py": """
            from kafka import KafkaProducer
            from sqlalchemy.orm import Session
            class OutboxEvent:
                topic: str
            class Outbox:
                def __init__(self, session: Session):
                    self.session = session
                def store(self, topic):
                    self.session.add(OutboxEvent(topic=topic))
            def place(session: Session):
                Outbox(session).store("orders.placed")
            def relay(session: Session):
                for event in session.query(OutboxEvent).all():
                    KafkaProducer().send(event.topic, b"{}")
            """
        },
    )
    assert [f"{call.site.place.line} {call.topic}" for call in made.binding.stored] == ["12 orders.placed"]
    assert messages(made) == ["app.py:15 orders.placed -> -"]


# ------------------------------------------------------------------ producers


def test_producers_of_a_handler_are_the_publishes_it_receives(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {
            "app.py": """
            from kafka import KafkaProducer
            def place():
                KafkaProducer().send("orders", b"{}")
            def audit():
                KafkaProducer().send("audits", b"{}")
            """,
            "worker.py": """
            from kafka import KafkaConsumer
            def work():
                for message in KafkaConsumer("orders"):
                    print(message)
            """,
        },
    )
    (handler,) = made.binding.consumers("orders")
    assert [call.topic for call in made.binding.producers(handler)] == ["orders"]
    (call,) = made.binding.producers(handler)
    assert made.binding.publish_of_physical(call.module, call.place) == (call,)


def test_a_remote_procedure_is_bound_to_the_service_that_offers_it(tmp_path: Path) -> None:
    made = system(
        tmp_path,
        {
            "gateway.py": """
            from nameko.rpc import RpcProxy
            class Gateway:
                name = "gateway"
                orders = RpcProxy("orders")
                def read(self, number):
                    return self.orders.get(number)
            """,
            "orders.py": """
            from nameko.rpc import rpc
            class Orders:
                name = "orders"
                @rpc
                def get(self, number): ...
            class Products:
                name = "products"
                @rpc
                def get(self, number): ...
            """,
        },
    )
    (call,) = made.binding.rpc_calls
    assert [target.function for target in call.targets] == ["orders:Orders.get"]
