"""Writes an event-driven system of a wanted size: services with models, repositories, routes, consumers and settings.

The code is made to cost what real code costs, not to look like it: the mix of sizes, calls, control flow and imports
is that of web services, the shares of plain code, database code, HTTP calls and messages are those of the systems that
edanalyze is developed on. The same size always gives the same files.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from textwrap import dedent

NOUNS = ("order", "item", "stock", "invoice", "payment", "customer", "parcel", "refund", "price", "coupon", "basket")
VERBS = ("create", "update", "cancel", "confirm", "reserve", "release", "assign", "split", "merge", "archive", "check")

SETTINGS = """\
import os

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    database_url: str = "postgresql://db/{service}"
    broker: str = os.environ.get("KAFKA_BOOTSTRAP", "kafka:9092")
    peer_url: str = os.environ.get("{peer_upper}_URL", "http://{peer}:8000")


settings = Settings()
"""

EVENTS = """\
import json

from kafka import KafkaProducer

from {package}.settings import settings

producer = KafkaProducer(bootstrap_servers=settings.broker)


def announce(topic, payload):
    \"\"\"Tell others what has happened.\"\"\"
    producer.send(topic, json.dumps(payload).encode()).get(timeout=10)
"""

CLIENT = """\
import requests

from {package}.settings import settings


class PeerClient:
    def __init__(self, base_url=settings.peer_url, timeout=5):
        self.base_url = base_url
        self.timeout = timeout
        self.session = requests.Session()

    def fetch(self, kind, identifier):
        answer = self.session.get(f"{{self.base_url}}/{{kind}}/{{identifier}}", timeout=self.timeout)
        answer.raise_for_status()
        return answer.json()
"""

MODEL = """\
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()


class {noun_class}(Base):
    __tablename__ = "{noun}s"

    id = Column(Integer, primary_key=True)
    number = Column(String(32), nullable=False)
    state = Column(String(16), default="new")
    amount = Column(Integer, default=0)

    def total(self, rate=1):
        value = self.amount * rate
        if self.state == "cancelled":
            value = 0
        elif self.state == "split":
            value = value // 2
        return value


class {noun_class}Repository:
    def __init__(self, session):
        self.session = session

    def get(self, identifier):
        return self.session.get({noun_class}, identifier)

    def add(self, entity):
        self.session.add(entity)

    def open(self, limit=100):
        return self.session.query({noun_class}).filter({noun_class}.state != "done").limit(limit).all()
"""

LOGIC_HEAD = """\
import logging
from datetime import datetime, timedelta

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from {package}.client import PeerClient
from {package}.events import announce
from {package}.models.{noun} import {noun_class}, {noun_class}Repository
from {package}.settings import settings

log = logging.getLogger(__name__)
Session = sessionmaker(bind=create_engine(settings.database_url))
peer = PeerClient()
"""

PLAIN = '''

def {verb}_{noun}_{number}(rows, limit={small}, *, strict=False):
    """Go through rows and sum up what counts."""
    found = []
    seen = {{}}
    for index, row in enumerate(rows):
        key = (row.get("{noun}"), row.get("state", "new"))
        if key in seen and strict:
            raise ValueError(f"{noun} {{key}} occurs twice, at {{seen[key]}} and {{index}}")
        seen[key] = index
        amount = row.get("amount", 0) * {small} + len(found)
        if amount > limit:
            log.debug("row %s is beyond the limit", index)
            continue
        elif amount < 0 or row.get("deleted"):
            break
        found.append({{**row, "amount": amount, "due": datetime.now() + timedelta(days={small})}})
    total = sum(each["amount"] for each in found if each["amount"] % 2 == {parity})
    names = sorted({{str(each.get("name", "")).strip().lower() for each in found}})
    return {{"total": total, "names": names, "count": len(found)}}
'''

DATABASE = """

def {verb}_{noun}_{number}(identifier, state="done"):
    with Session() as session:
        repository = {noun_class}Repository(session)
        entity = repository.get(identifier)
        if entity is None:
            return None
        try:
            entity.state = state
            entity.amount = entity.total(rate={small})
            session.commit()
        except Exception:
            session.rollback()
            raise
        log.info("%s is %s", entity.number, entity.state)
        return entity.id
"""

PUBLISHING = """

def {verb}_{noun}_{number}(identifier, quantity=1):
    session = Session()
    entity = {noun_class}(number=str(identifier), amount=quantity)
    session.add(entity)
    session.commit()
    announce("{noun}s.{verb}", {{"id": entity.id, "quantity": quantity}})
    return entity.id
"""

CALLING = '''

def {verb}_{noun}_{number}(identifiers):
    """Ask the peer about each."""
    answers = []
    for identifier in identifiers:
        answer = peer.fetch("{noun}s", identifier)
        if answer.get("state") == "open":
            answers.append(answer["id"])
    return answers
'''

ROUTES_HEAD = """\
from fastapi import APIRouter, HTTPException

from {package}.logic import {modules}

router = APIRouter(prefix="/{noun}s")
"""

ROUTE = """

@router.{method}("/{{identifier}}/{verb}-{number}")
def {verb}_{number}(identifier: int, quantity: int = 1):
    if quantity < 1:
        raise HTTPException(status_code=422, detail="nothing to do")
    result = {module}.{function}({argument})
    return {{"id": identifier, "result": result}}
"""

CONSUMER = """\
import json

from kafka import KafkaConsumer

from {package}.logic import {module}
from {package}.settings import settings


def handle(payload):
    {module}.{function}({argument})


def main():
    consumer = KafkaConsumer("{topic}", bootstrap_servers=settings.broker, group_id="{service}")
    for message in consumer:
        handle(json.loads(message.value))


if __name__ == "__main__":
    main()
"""

MAIN = """\
from fastapi import FastAPI

{imports}

app = FastAPI(title="{service}")
{includes}
"""

SHAPES = (*[(PLAIN, "rows=[]")] * 6, *[(DATABASE, "identifier=1")] * 3, (PUBLISHING, "identifier=1"), (CALLING, "[1]"))


def system(root: Path, lines: int, seed: int = 1) -> int:
    """Write a system of about so many lines below a folder; gives how many there are."""
    dice = random.Random(seed)
    written = 0
    services: list[str] = []
    while written < lines:
        service = f"{NOUNS[len(services) % len(NOUNS)]}s-{len(services) // len(NOUNS) + 1}"
        peer = services[-1] if services else service
        services.append(service)
        written += _service(root / service, service, peer, min(8_000, lines - written), dice)
    compose = "services:\n" + "".join(
        f"  {each}:\n    build: ./{each}\n    command: uvicorn {_package(each)}.main:app --port 8000\n"
        f"    environment:\n      KAFKA_BOOTSTRAP: kafka:9092\n      {_upper(services[max(0, at - 1)])}_URL: "
        f"http://{services[max(0, at - 1)]}:8000\n"
        for at, each in enumerate(services)
    )
    (root / "docker-compose.yml").write_text(compose, encoding="utf-8")
    (root / ".git").mkdir(exist_ok=True)
    return written


def _service(folder: Path, service: str, peer: str, lines: int, dice: random.Random) -> int:
    package = _package(service)
    names = {"service": service, "package": package, "peer": peer, "peer_upper": _upper(peer)}
    count = _write(folder / "Dockerfile", "FROM python:3.12\nCOPY . /app\n", count=False)
    for file, template in (("settings", SETTINGS), ("events", EVENTS), ("client", CLIENT)):
        count += _write(folder / package / f"{file}.py", template.format(**names))
    for part in (package, f"{package}/models", f"{package}/logic", f"{package}/routes", f"{package}/consumers"):
        _write(folder / part / "__init__.py", "")
    routers: list[str] = []
    number = 0
    while count < lines:
        noun = f"{NOUNS[len(routers) % len(NOUNS)]}{len(routers) // len(NOUNS) or ''}"
        names |= {"noun": noun, "noun_class": noun.title(), "module": noun}
        count += _write(folder / package / f"models/{noun}.py", MODEL.format(**names))
        logic = [LOGIC_HEAD.format(**names)]
        routes = [ROUTES_HEAD.format(**names, modules=noun)]
        for _ in range(dice.randint(6, 24)):
            number += 1
            shape, argument = dice.choice(SHAPES)
            verb = dice.choice(VERBS)
            own = {"verb": verb, "number": number, "small": dice.randint(2, 90), "parity": dice.randint(0, 1)}
            logic.append(shape.format(**names, **own))
            if dice.random() < 0.4:
                called = {"function": f"{verb}_{noun}_{number}", "argument": argument}
                routes.append(ROUTE.format(**names, **own, **called, method=dice.choice(("get", "post", "put"))))
        count += _write(folder / package / f"logic/{noun}.py", "".join(logic))
        count += _write(folder / package / f"routes/{noun}.py", "".join(routes))
        called = {"function": f"{verb}_{noun}_{number}", "argument": argument}
        topic = f"{noun}s.{dice.choice(VERBS)}"
        count += _write(folder / package / f"consumers/{noun}.py", CONSUMER.format(**names, **called, topic=topic))
        routers.append(noun)
    imports = "\n".join(f"from {package}.routes import {each}" for each in routers)
    includes = "\n".join(f"app.include_router({each}.router)" for each in routers)
    return count + _write(folder / package / "main.py", MAIN.format(**names, imports=imports, includes=includes))


def _package(service: str) -> str:
    return service.replace("-", "_")


def _upper(service: str) -> str:
    return _package(service).upper()


def _write(file: Path, text: str, count: bool = True) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text), encoding="utf-8")
    return text.count("\n") if count else 0


if __name__ == "__main__":
    target, size = Path(sys.argv[1]), int(sys.argv[2])
    print(f"{system(target, size):,} lines in {target}")
