import logging

import pika
from stock.booking import book

log = logging.getLogger(__name__)
MOST_DELIVERIES = 5


class Worker:
    def __init__(self, url: str) -> None:
        self.channel = pika.BlockingConnection(pika.URLParameters(url)).channel()

    def on_change(self, channel, method, properties, body) -> None:
        try:
            book(body)
            channel.basic_ack(method.delivery_tag)
        except Exception:
            log.exception("not booked")
            self.give_back(channel, method, properties)

    def give_back(self, channel, method, properties) -> None:
        deliveries = (properties.headers or {}).get("x-delivery-count", 0)
        channel.basic_nack(method.delivery_tag, requeue=deliveries < MOST_DELIVERIES)

    def run(self) -> None:
        self.channel.basic_consume("stock-changes", self.on_change)
        self.channel.start_consuming()


Worker("amqp://rabbitmq").run()
