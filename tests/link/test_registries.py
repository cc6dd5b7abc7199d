"""Callables that are put into a collection and called from there later."""

from __future__ import annotations

from pathlib import Path

import pytest

from edanalyze.api import Options, check, load_project

BEFORE = """
import pika
from sqlalchemy.orm import Session

from shop.models import Invoice

channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()


def bill(channel, method, properties, body):
    session = Session()
    session.add(Invoice(number=body))
    session.commit()
    channel.basic_ack(method.delivery_tag)

"""
FORMS = {
    "a table filled by key": """
handlers = {}
handlers["orders"] = bill
channel.basic_consume("orders", on_message_callback=handlers["orders"])
""",
    "a list that is appended to": """
handlers = []
handlers.append(bill)
for handler in handlers:
    channel.basic_consume("orders", on_message_callback=handler)
""",
    "a table of an object, filled in a method": """
class Router:
    def __init__(self):
        self.handlers = dict()

    def register(self, key, handler):
        self.handlers[key] = handler

    def start(self):
        for queue, handler in self.handlers.items():
            channel.basic_consume(queue, on_message_callback=handler)


router = Router()
router.register("orders", bill)
router.start()
""",
    "a table filled by a decorator": """
HANDLERS = {}


def handles(key):
    def register(function):
        HANDLERS[key] = function
        return function

    return register


@handles("orders")
def bill_twice(channel, method, properties, body):
    bill(channel, method, properties, body)


channel.basic_consume("orders", on_message_callback=HANDLERS.get("orders"))
""",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_handler_is_found_through_a_registry(form: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(BEFORE + form)
    found = check(load_project([tmp_path], Options(select=("EDA301",)))).diagnostics
    assert len(found) == 1


def test_another_key_of_a_registry_is_another_handler(tmp_path: Path) -> None:
    form = """
handlers = {}
handlers["orders"] = print
handlers["invoices"] = bill
channel.basic_consume("orders", on_message_callback=handlers["orders"])
"""
    (tmp_path / "app.py").write_text(BEFORE + form)
    assert not check(load_project([tmp_path], Options(select=("EDA301",)))).diagnostics
