import logging

from billing.invoices import store
from kafka import KafkaConsumer, KafkaProducer

log = logging.getLogger(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:9092")


def handle(body: bytes) -> None:
    try:
        store(body)
    except Exception:
        log.exception("no invoice")
        producer.send("orders.dead", body).get(timeout=10)


def run() -> None:
    consumer = KafkaConsumer("orders", bootstrap_servers="kafka:9092", group_id="billing", enable_auto_commit=False)
    for message in consumer:
        handle(message.value)
        consumer.commit()
