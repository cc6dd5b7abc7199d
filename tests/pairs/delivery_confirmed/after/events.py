import logging

from confluent_kafka import Producer

log = logging.getLogger(__name__)
producer = Producer({"bootstrap.servers": "kafka:9092"})


def delivered(error, message) -> None:
    if error is not None:
        log.error("not delivered: %s", error)


def publish(topic: str, body: bytes) -> None:
    producer.produce(topic, body, on_delivery=delivered)
    producer.flush(10)
