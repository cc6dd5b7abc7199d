import json

from kafka import KafkaProducer

producer = KafkaProducer(bootstrap_servers="kafka:9092")


def publish(topic: str, event: dict) -> None:
    producer.send(topic, json.dumps(event).encode()).get(timeout=10)
