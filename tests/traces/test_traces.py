"""Path evidence: the trace of a finding names every step that proves it, in order, with path and line.

The expectations are written by hand from reading the code, not copied from what the tool said.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from edanalyze.api import Options, check, load_project


def traces(folder: Path, code: str, files: dict[str, str]) -> list[list[str]]:
    """The traces of a rule's findings in a system, each step as `path:line message`."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    result = check(load_project([folder], Options(select=(code,))))
    assert not result.not_analysed
    return [[f"{step.path}:{step.line} {step.message}" for step in found.trace] for found in result.diagnostics]


DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("postgresql://db/shop")
Session = sessionmaker(engine)

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
"""
BUS = """
from kafka import KafkaProducer

producer = KafkaProducer(bootstrap_servers="kafka:9092")

def publish(topic, body):
    return producer.send(topic, body).get(timeout=10)

def announce(number):
    publish("orders.placed", number.encode())
"""


def test_commit_in_a_repository_and_publish_behind_two_wrappers(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA201",
        {
            "shop/database.py": DATABASE,
            "shop/bus.py": BUS,
            "shop/repository.py": """
                from shop.database import Session

                class Orders:
                    def __init__(self):
                        self.session = Session()

                    def save(self, order):
                        self.session.add(order)
                        self._finish()

                    def _finish(self):
                        self.session.commit()
                """,
            "shop/service.py": """
                from shop.bus import announce
                from shop.database import Order
                from shop.repository import Orders

                def place(number):
                    orders = Orders()
                    orders.save(Order(number=number))
                    announce(number)
                """,
        },
    )
    assert found == [
        [
            "shop/service.py:7 `Orders.save` is called",
            "shop/repository.py:9 `Orders._finish` is called",
            "shop/repository.py:12 `commit` commits the transaction",
            "shop/service.py:8 `announce` is called",
            "shop/bus.py:9 `publish` is called",
            "shop/bus.py:6 `send` publishes a message",
        ]
    ]


def test_commit_by_leaving_a_scope_and_publish_in_finally(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA201",
        {
            "database.py": DATABASE,
            "bus.py": BUS,
            "service.py": """
                from bus import announce
                from database import Order, Session

                def place(number):
                    try:
                        with Session.begin() as session:
                            session.add(Order(number=number))
                    finally:
                        announce(number)
                """,
        },
    )
    assert found == [
        [
            "service.py:6 the transaction of `begin`",
            "service.py:9 `announce` is called",
            "bus.py:9 `publish` is called",
            "bus.py:6 `send` publishes a message",
        ]
    ]


def test_publish_for_each_order_of_a_loop_after_its_commit(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA201",
        {
            "database.py": DATABASE,
            "bus.py": BUS,
            "importing.py": """
                from bus import announce
                from database import Order, Session

                def store(session, number):
                    session.add(Order(number=number))
                    session.commit()

                def load(numbers):
                    with Session() as session:
                        for number in numbers:
                            if not number:
                                continue
                            store(session, number)
                            announce(number)
                """,
        },
    )
    assert found == [
        [
            "importing.py:13 `store` is called",
            "importing.py:6 `commit` commits the transaction",
            "importing.py:14 `announce` is called",
            "bus.py:9 `publish` is called",
            "bus.py:6 `send` publishes a message",
        ]
    ]


def test_decorator_commits_before_the_caller_publishes(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA201",
        {
            "database.py": DATABASE,
            "bus.py": BUS,
            "unit.py": """
                from functools import wraps

                from database import Session

                def transactional(function):
                    @wraps(function)
                    def wrapper(*args):
                        with Session.begin() as session:
                            return function(session, *args)
                    return wrapper
                """,
            "service.py": """
                from bus import announce
                from database import Order
                from unit import transactional

                @transactional
                def store(session, number):
                    session.add(Order(number=number))

                def place(number):
                    store(number)
                    announce(number)
                """,
        },
    )
    assert found == [
        [
            "service.py:10 `store` is called",
            "unit.py:8 the transaction of `begin`",
            "service.py:11 `announce` is called",
            "bus.py:9 `publish` is called",
            "bus.py:6 `send` publishes a message",
        ]
    ]


def test_publish_inside_a_transaction_that_a_caller_in_another_module_opened(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA202",
        {
            "shop/models.py": """
                from django.db import models

                class Order(models.Model):
                    number = models.CharField(max_length=20)
                """,
            "shop/tasks.py": """
                from celery import shared_task

                @shared_task
                def receipt(order): ...
                """,
            "shop/steps.py": """
                from shop.models import Order
                from shop.tasks import receipt

                def create(number):
                    order = Order.objects.create(number=number)
                    notify(order)

                def notify(order):
                    receipt.delay(order.pk)
                """,
            "shop/views.py": """
                from django.db import transaction
                from shop.steps import create

                def place(request):
                    with transaction.atomic():
                        create(request.POST["number"])
                """,
        },
    )
    assert found == [
        [
            "shop/views.py:5 the transaction of `atomic`",
            "shop/views.py:6 `create` is called",
            "shop/steps.py:6 `notify` is called",
            "shop/steps.py:9 `delay` publishes a message",
        ]
    ]


def test_publish_before_the_commit_of_an_autobegun_session(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA202",
        {
            "database.py": DATABASE,
            "bus.py": BUS,
            "service.py": """
                from bus import announce
                from database import Order, Session

                def place(number, urgent):
                    session = Session()
                    session.add(Order(number=number))
                    session.flush()
                    if urgent:
                        announce(number)
                    session.commit()
                """,
        },
    )
    assert found == [
        [
            "service.py:6 `add` writes to the database",
            "service.py:9 `announce` is called",
            "bus.py:9 `publish` is called",
            "bus.py:6 `send` publishes a message",
            "service.py:10 `commit` commits the transaction",
        ]
    ]


def test_unguarded_effect_three_modules_below_the_handler(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA301",
        {
            "shop/database.py": DATABASE,
            "shop/worker.py": """
                import json

                import pika
                from shop.service import Orders

                orders = Orders()

                def on_order(channel, method, properties, body):
                    orders.place(json.loads(body))
                    channel.basic_ack(method.delivery_tag)

                channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
                channel.basic_consume("orders", on_order)
                channel.start_consuming()
                """,
            "shop/service.py": """
                from shop.repository import insert

                class Orders:
                    def place(self, order):
                        if order["total"] > 0:
                            insert(order)
                """,
            "shop/repository.py": """
                from shop.database import Order, Session

                def insert(order):
                    with Session.begin() as session:
                        session.add(Order(number=order["number"]))
                """,
        },
    )
    assert found == [
        [
            "shop/worker.py:8 handles the message",
            "shop/worker.py:9 `Orders.place` is called",
            "shop/service.py:6 `insert` is called",
            "shop/repository.py:5 `add` inserts a new row",
        ]
    ]


def test_unguarded_mail_behind_a_decorator_of_the_project(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA301",
        {
            "timing.py": """
                import time
                from functools import wraps

                def timed(function):
                    @wraps(function)
                    def wrapper(*args):
                        started = time.time()
                        result = function(*args)
                        print(time.time() - started)
                        return result
                    return wrapper
                """,
            "tasks.py": """
                import smtplib

                from celery import Celery
                from timing import timed

                app = Celery("mail", broker="amqp://rabbitmq")

                @timed
                def send(address):
                    with smtplib.SMTP("mail") as server:
                        server.sendmail("shop@shop.example.com", [address], "Hello")

                @app.task(acks_late=True)
                def welcome(address):
                    send(address)
                """,
        },
    )
    assert found == [
        [
            "tasks.py:14 handles the message",
            "tasks.py:15 `send` is called",
            "timing.py:8 `function` is called",
            "tasks.py:11 `sendmail` sends mail",
        ]
    ]


def test_acknowledgement_in_a_helper_before_work_in_another_module(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA302",
        {
            "shop/database.py": DATABASE,
            "shop/worker.py": """
                import pika
                from shop.booking import book

                class Worker:
                    def __init__(self, channel: pika.adapters.blocking_connection.BlockingChannel):
                        self.channel = channel

                    def done(self, method):
                        self.channel.basic_ack(method.delivery_tag)

                    def on_order(self, channel, method, properties, body):
                        self.done(method)
                        book(body)

                    def run(self):
                        self.channel.basic_consume("orders", self.on_order)
                """,
            "shop/booking.py": """
                from shop.database import Order, Session

                def book(body):
                    with Session() as session:
                        session.merge(Order(number=body))
                        session.commit()
                """,
        },
    )
    assert found == [
        [
            "shop/worker.py:9 `basic_ack` acknowledges the message",
            "shop/worker.py:13 `book` is called",
            "shop/booking.py:5 `merge` writes to the database",
        ]
    ]


def test_offset_committed_in_a_loop_before_the_work(tmp_path: Path) -> None:
    found = traces(
        tmp_path,
        "EDA302",
        {
            "worker.py": """
                from kafka import KafkaConsumer
                from pymongo import MongoClient

                orders = MongoClient("mongodb://mongo").shop.orders

                def handle(message):
                    orders.replace_one({"_id": message.key}, {"body": message.value}, upsert=True)

                def run():
                    consumer = KafkaConsumer(
                        "orders", bootstrap_servers="kafka:9092", group_id="g", enable_auto_commit=False
                    )
                    for message in consumer:
                        consumer.commit()
                        try:
                            handle(message)
                        finally:
                            print("next")
                """,
        },
    )
    assert found == [
        [
            "worker.py:14 `commit` acknowledges the message",
            "worker.py:16 `handle` is called",
            "worker.py:7 `replace_one` writes to the database",
        ]
    ]


@pytest.mark.parametrize("switch", ["auto_ack=True", "auto_ack=SETTINGS['auto']"])
def test_automatic_acknowledgement_by_its_argument(tmp_path: Path, switch: str) -> None:
    found = traces(
        tmp_path,
        "EDA302",
        {
            "worker.py": f"""
                import pika
                from pymongo import MongoClient

                SETTINGS = {{"auto": True}}
                orders = MongoClient("mongodb://mongo").shop.orders

                def store(body):
                    orders.replace_one({{"_id": body}}, {{"body": body}}, upsert=True)

                def on_order(channel, method, properties, body):
                    store(body)

                channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
                channel.basic_consume(
                    "orders",
                    on_order,
                    {switch},
                )
                """,
        },
    )
    assert found == [
        [
            "worker.py:17 acknowledges automatically",
            "worker.py:11 `store` is called",
            "worker.py:8 `replace_one` writes to the database",
        ]
    ]
