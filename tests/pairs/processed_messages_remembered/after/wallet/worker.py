import json

from kafka import KafkaConsumer
from sqlalchemy.orm import Session
from wallet.database import Processed, Wallet, engine


def deposit(body: bytes) -> None:
    payment = json.loads(body)
    with Session(engine) as session:
        if session.get(Processed, payment["id"]) is not None:
            return
        session.add(Processed(message_id=payment["id"]))
        wallet = session.get(Wallet, payment["wallet"])
        wallet.balance += payment["amount"]
        session.commit()


def run() -> None:
    consumer = KafkaConsumer("payments", bootstrap_servers="kafka:9092", group_id="wallet", enable_auto_commit=False)
    for message in consumer:
        deposit(message.value)
        consumer.commit()
