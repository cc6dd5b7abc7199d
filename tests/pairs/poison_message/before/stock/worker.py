import logging

import pika
from stock.booking import book

log = logging.getLogger(__name__)


class Worker:
    def __init__(self, url: str) -> None:
        self.channel = pika.BlockingConnection(pika.URLParameters(url)).channel()

    def on_change(self, channel, method, properties, body) -> None:
        try:
            book(body)
            channel.basic_ack(method.delivery_tag)
        except Exception:
            log.exception("not booked")
            self.give_back(channel, method)

    def give_back(self, channel, method) -> None:
        channel.basic_nack(method.delivery_tag, requeue=True)

    def run(self) -> None:
        self.channel.basic_consume("stock-changes", self.on_change)
        self.channel.start_consuming()


Worker("amqp://rabbitmq").run()
