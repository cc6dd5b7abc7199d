import json

import pika


def publish(topic: str, payload: dict) -> None:
    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_publish("orders", topic, json.dumps(payload))
