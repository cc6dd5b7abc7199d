"""How topics are named and bound: a mini-system for each form, and the flows from publish to handler that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analyse.systems import messages, system

KAFKA_WORKER = """
    from kafka import KafkaConsumer

    def work():
        for message in KafkaConsumer("orders.placed"):
            print(message)
    """

SQS_WORKER = """
    import boto3

    def work():
        client = boto3.client("sqs")
        while True:
            got = client.receive_message(QueueUrl="https://sqs.eu-west-1.amazonaws.com/1/orders")
            for message in got["Messages"]:
                print(message)
    """

FORMS: dict[str, tuple[set[str], dict[str, str]]] = {
    "an enum of topics": (
        {"orders.placed -> work"},
        {
            "a.py": """
                from enum import Enum
                from kafka import KafkaProducer

                class Topic(str, Enum):
                    PLACED = "orders.placed"

                def send():
                    KafkaProducer().send(Topic.PLACED.value, b"")
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
    "a setting with a prefix": (
        {"orders.placed -> work"},
        {
            ".env": "SHOP_TOPIC=orders.placed\n",
            "a.py": """
                from kafka import KafkaProducer
                from pydantic_settings import BaseSettings, SettingsConfigDict

                class Settings(BaseSettings):
                    model_config = SettingsConfigDict(env_prefix="SHOP_")
                    topic: str = "x"

                settings = Settings()

                def send():
                    KafkaProducer().send(settings.topic, b"")
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
    "a consumer of the shared code that is handed a handler, in each of two variants of a system": (
        {"orders.placed -> reserve", "failed -> mark, release", "? -> -"},
        {
            "old/common/bus.py": """
                import aio_pika

                class Bus:
                    async def send(self, key, body):
                        channel = await (await aio_pika.connect("amqp://rabbit")).channel()
                        await channel.default_exchange.publish(aio_pika.Message(body), routing_key=key)
                """,
            "new/common/bus.py": """
                import aio_pika

                class Bus:
                    async def connect(self):
                        self.channel = await (await aio_pika.connect("amqp://rabbit")).channel()

                    async def declare(self, name, kind):
                        exchange = await self.channel.declare_exchange(name, kind)
                        return exchange

                    async def send(self, name, key, body, kind="direct"):
                        if name == "":
                            exchange = self.channel.default_exchange
                        else:
                            exchange = await self.declare(name, kind)
                        await exchange.publish(aio_pika.Message(body), routing_key=key)

                    async def bind(self, queue, exchange):
                        made = await self.channel.declare_queue(queue)
                        await made.bind(await self.channel.get_exchange(exchange))

                    async def consume(self, queue, callback):
                        made = await self.channel.declare_queue(queue)
                        await made.consume(callback, no_ack=False)
                """,
            "new/common/consumer.py": """
                from bus import Bus

                class Consumer:
                    def __init__(self, queue, bus: Bus):
                        self.queue = queue
                        self.bus = bus

                    async def start(self, handle):
                        await self.bus.consume(self.queue, lambda message: self.run(message, handle))

                    async def run(self, message, handle):
                        try:
                            await handle(message.body.decode(), message)
                            await message.ack()
                        except Exception:
                            await message.reject(requeue=False)
                """,
            "new/orders/main.py": """
                import sys
                sys.path.append("/app/common")
                from bus import Bus
                from consumer import Consumer

                bus = Bus()

                async def mark(body, message): ...

                async def place(order):
                    await bus.send("", "orders.placed", order)

                async def main():
                    await bus.bind("orders.failed", "failed")
                    await Consumer("orders.failed", bus).start(mark)
                """,
            "new/stock/main.py": """
                import sys
                sys.path.append("/app/common")
                from bus import Bus
                from consumer import Consumer

                bus = Bus()

                async def release(body, message): ...

                async def reserve(body, message):
                    await bus.send("failed", "", body, kind="fanout")

                async def main():
                    await bus.bind("stock.failed", "failed")
                    await Consumer("orders.placed", bus).start(reserve)
                    await Consumer("stock.failed", bus).start(release)
                """,
        },
    ),
    "a type that the event's class declares as the default of a field": (
        {"orders.placed -> work", "orders.paid -> -"},
        {
            "a.py": """
                from enum import Enum
                from kafka import KafkaProducer
                from pydantic import BaseModel, Field

                class Names(Enum):
                    PLACED = "orders.placed"

                class Event(BaseModel):
                    name: str = Field(..., description="what happened")

                class Placed(Event):
                    name: str = Field(Names.PLACED.value)

                class Paid(Event):
                    name: str = Field(default="orders.paid")

                def send(event: Event):
                    KafkaProducer().send(event.name, event.json().encode())

                def place():
                    send(Placed())

                def pay():
                    send(Paid())
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
    "a client that hands itself to its callbacks": (
        {"shop/departed -> on_message", "shop/due -> -"},
        {
            "exit.py": """
                import paho.mqtt.client as mqtt

                def connect():
                    client = mqtt.Client("exit")
                    client.connect("broker")
                    return client

                def leave(client):
                    client.publish("shop/departed", "{}")

                leave(connect())
                """,
            "till.py": """
                import paho.mqtt.client as mqtt

                def on_connect(client, userdata, flags, rc):
                    client.subscribe("shop/departed")

                def on_message(client, userdata, message):
                    client.publish("shop/due", message.payload)

                def main():
                    global client
                    client = mqtt.Client(client_id="till")
                    client.on_connect = on_connect
                    client.on_message = on_message
                    client.loop_forever()
                """,
        },
    ),
    "a topic in the letters that a method makes": (
        {"orders.placed -> work"},
        {
            "a.py": """
                from dataclasses import dataclass
                from kafka import KafkaProducer

                @dataclass
                class Event:
                    aggregate: str

                def send(event: Event):
                    KafkaProducer().send(f"{event.aggregate.lower()}.placed", b"")

                def place():
                    send(Event("Orders"))
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
    "names that a namespace holds": (
        {"orders -> work"},
        {
            "a.py": """
                import os
                import types
                import boto3

                names = types.SimpleNamespace(prefix="https://sqs.eu-west-1.amazonaws.com/1/")
                names.orders = f"{names.prefix}orders"

                def send(body):
                    boto3.client("sqs").send_message(QueueUrl=names.orders, MessageBody=body)
                """,
            "b.py": SQS_WORKER,
        },
    ),
    "options that are passed as a dict": (
        {"orders -> work"},
        {
            "a.py": """
                import boto3

                def send(group, body):
                    options = {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/orders", "MessageBody": body}
                    if group:
                        options["MessageGroupId"] = group
                    boto3.client("sqs").send_message(**options)
                """,
            "b.py": SQS_WORKER,
        },
    ),
    "an option that is put into the dict later": (
        {"orders -> work"},
        {
            "a.py": """
                import boto3

                def send(body):
                    options = dict()
                    options = {"QueueUrl": "other"}
                    options["QueueUrl"] = "https://sqs.eu-west-1.amazonaws.com/1/orders"
                    boto3.client("sqs").send_message(MessageBody=body, **options)
                """,
            "b.py": SQS_WORKER,
        },
    ),
    "resources of boto3": (
        {"orders -> work"},
        {
            "a.py": """
                import boto3

                QUEUE = boto3.resource("sqs").Queue("https://sqs.eu-west-1.amazonaws.com/1/orders")

                def send(body):
                    QUEUE.send_message(MessageBody=body)
                """,
            "b.py": SQS_WORKER,
        },
    ),
    "a class attribute of the event": (
        {"orders.placed -> work"},
        {
            "a.py": """
                from kafka import KafkaProducer

                class Event:
                    topic = ""

                class Placed(Event):
                    topic = "orders.placed"

                def publish(event: Event):
                    KafkaProducer().send(event.topic, b"")

                def send():
                    publish(Placed())
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
    "an f-string with an environment": (
        {"prod.orders.placed -> work"},
        {
            ".env": "STAGE=prod\n",
            "a.py": """
                import os
                from kafka import KafkaProducer

                def send():
                    KafkaProducer().send(f"{os.environ['STAGE']}.orders.placed", b"")
                """,
            "b.py": KAFKA_WORKER.replace('"orders.placed"', '"prod.orders.placed"'),
        },
    ),
    "a regular subscription": (
        {"orders.placed -> work", "orders.paid -> work"},
        {
            "a.py": """
                from confluent_kafka import Producer

                def send():
                    Producer({}).produce("orders.placed", b"")
                    Producer({}).produce("orders.paid", b"")
                """,
            "b.py": """
                from confluent_kafka import Consumer

                def work():
                    consumer = Consumer({})
                    consumer.subscribe(["^orders\\\\..*"])
                    while True:
                        message = consumer.poll(1.0)
                        print(message)
                """,
        },
    ),
    "a pattern of kafka-python": (
        {"orders.placed -> work"},
        {
            "a.py": """
                from kafka import KafkaProducer

                def send():
                    KafkaProducer().send("orders.placed", b"")
                """,
            "b.py": """
                from kafka import KafkaConsumer

                def work():
                    consumer = KafkaConsumer()
                    consumer.subscribe(pattern="^orders\\\\..*")
                    for message in consumer:
                        print(message)
                """,
        },
    ),
    "an exchange with wildcards": (
        {"shop/orders.placed -> on_order", "shop/mail.sent -> -"},
        {
            "a.py": """
                import pika
                channel = pika.BlockingConnection().channel()

                def send():
                    channel.basic_publish(exchange="shop", routing_key="orders.placed", body=b"")
                    channel.basic_publish(exchange="shop", routing_key="mail.sent", body=b"")
                """,
            "b.py": """
                import pika
                channel = pika.BlockingConnection().channel()
                channel.exchange_declare(exchange="shop", exchange_type="topic")
                channel.queue_declare(queue="orders")
                channel.queue_bind(exchange="shop", queue="orders", routing_key="orders.*")

                def on_order(ch, method, properties, body): ...

                channel.basic_consume(queue="orders", on_message_callback=on_order)
                """,
        },
    ),
    "queues without a name, bound by a helper": (
        {"shop/orders.placed -> on_order", "shop/mail.sent -> on_mail"},
        {
            "a.py": """
                import aio_pika

                async def send(channel: aio_pika.abc.AbstractChannel):
                    exchange = await channel.declare_exchange("shop", type="topic")
                    await exchange.publish(aio_pika.Message(b""), routing_key="orders.placed")
                    await exchange.publish(aio_pika.Message(b""), routing_key="mail.sent")
                """,
            "b.py": """
                import aio_pika

                class Client:
                    async def init(self):
                        self.connection = await aio_pika.connect_robust("amqp://x")
                        self.channel = await self.connection.channel()
                        return self

                    async def consume(self, callback, exchange_name, key="#", queue_name=None):
                        exchange = await self.channel.declare_exchange(exchange_name, type="topic")
                        queue = await self.channel.declare_queue(queue_name, auto_delete=True)
                        await queue.bind(exchange, key)
                        await queue.consume(callback)

                async def on_order(message): ...

                async def on_mail(message): ...

                async def main():
                    client: Client = await Client().init()
                    await client.consume(on_order, "shop", "orders.*")
                    await client.consume(on_mail, "shop", "mail.sent")
                """,
        },
    ),
    "a queue without a name": (
        {"shop/orders.placed -> on_order"},
        {
            "a.py": """
                import aio_pika

                async def send(channel: aio_pika.abc.AbstractChannel):
                    exchange = await channel.declare_exchange("shop", type="topic")
                    await exchange.publish(aio_pika.Message(b""), routing_key="orders.placed")
                """,
            "b.py": """
                from aio_pika import connect

                async def on_order(message): ...

                async def main():
                    connection = await connect("amqp://x")
                    async with connection:
                        channel = await connection.channel()
                        exchange = await channel.declare_exchange("shop", type="topic", durable=True)
                        queue = await channel.declare_queue(exclusive=True)
                        await queue.bind(exchange, "orders.placed")
                        await queue.consume(on_order)
                """,
        },
    ),
    "keys that listeners are registered under": (
        {"shop/orders.placed -> on_order"},
        {
            "a.py": """
                import pika
                channel = pika.BlockingConnection().channel()

                def send():
                    channel.basic_publish(exchange="shop", routing_key="orders.placed", body=b"")
                """,
            "b.py": """
                import pika

                class Listener:
                    def __init__(self, key, handler):
                        self.key = key
                        self.handler = handler

                class Client:
                    def __init__(self):
                        self.handlers = {}
                        self.channel = pika.BlockingConnection().channel()

                    def set_listeners(self, listeners: list[Listener]):
                        for listener in listeners:
                            self.handlers[listener.key] = listener.handler

                    def dispatch(self, channel, method, properties, body):
                        self.handlers[method.routing_key](channel, method, properties, body)

                    def listen(self):
                        queue = self.channel.queue_declare(queue="", exclusive=True)
                        for key in self.handlers:
                            self.channel.queue_bind(exchange="shop", queue=queue.method.queue, routing_key=key)
                        self.channel.basic_consume(queue=queue.method.queue, on_message_callback=self.dispatch)

                def on_order(channel, method, properties, body): ...

                client = Client()
                client.set_listeners([Listener("orders.placed", on_order)])
                client.listen()
                """,
        },
    ),
    "amqpstorm, by the events of a table": (
        {"shop/orders.placed -> on_order"},
        {
            "a.py": """
                import amqpstorm

                def send(connection: amqpstorm.Connection):
                    channel = connection.channel()
                    channel.basic.publish(body="x", exchange="shop", routing_key="orders.placed")
                """,
            "b.py": """
                from typing import Callable
                from amqpstorm import UriConnection

                class Helper:
                    connections: dict[str, dict] = {}

                    def connect(self, uri, bindings: dict[str, Callable], exchange):
                        self.connections[uri] = {"connection": UriConnection(uri)}
                        self.connections[uri]["channel"] = self.connections[uri]["connection"].channel()
                        channel = self.connections[uri]["channel"]
                        channel.exchange.declare(exchange=exchange, durable=True)
                        for event, callback in bindings.items():
                            declared = channel.queue.declare(queue=event)
                            name = declared.get("queue")
                            channel.queue.bind(name, exchange, event)
                            channel.basic.consume(queue=name, callback=callback)

                def on_order(message): ...

                helper = Helper()
                helper.connect("amqp://x", {"orders.placed": on_order}, "shop")
                """,
        },
    ),
    "kombu": (
        {"shop/orders.placed -> Worker.on_order"},
        {
            "a.py": """
                from kombu import Connection, Exchange, Producer
                shop = Exchange("shop", type="topic")

                def send():
                    with Connection("amqp://x") as connection:
                        Producer(connection).publish({}, exchange=shop, routing_key="orders.placed")
                """,
            "b.py": """
                from kombu import Exchange, Queue
                from kombu.mixins import ConsumerMixin
                shop = Exchange("shop", type="topic")
                queue = Queue("mail", shop, routing_key="orders.#")

                class Worker(ConsumerMixin):
                    def get_consumers(self, Consumer, channel):
                        return [Consumer(queues=[queue], callbacks=[self.on_order])]

                    def on_order(self, body, message):
                        message.ack()
                """,
        },
    ),
    "SNS to SQS from a template": (
        {"orders -> handler"},
        {
            "template.yaml": """
                AWSTemplateFormatVersion: "2010-09-09"
                Transform: AWS::Serverless-2016-10-31
                Resources:
                  Orders:
                    Type: AWS::SNS::Topic
                    Properties: {TopicName: orders}
                  Mail:
                    Type: AWS::SQS::Queue
                    Properties: {QueueName: mail}
                  MailOfOrders:
                    Type: AWS::SNS::Subscription
                    Properties:
                      Protocol: sqs
                      TopicArn: !Ref Orders
                      Endpoint: !GetAtt Mail.Arn
                  Send:
                    Type: AWS::Serverless::Function
                    Properties:
                      CodeUri: a/
                      Handler: main.send
                      Runtime: python3.12
                      Environment: {Variables: {TOPIC_ARN: !Ref Orders}}
                      Events: {Api: {Type: Api, Properties: {Path: /orders, Method: post}}}
                  Work:
                    Type: AWS::Serverless::Function
                    Properties:
                      CodeUri: b/
                      Handler: main.handler
                      Runtime: python3.12
                      Events: {Queue: {Type: SQS, Properties: {Queue: !GetAtt Mail.Arn}}}
                """,
            "a/main.py": """
                import os
                import boto3
                sns = boto3.client("sns")

                def send(event, context):
                    sns.publish(TopicArn=os.environ["TOPIC_ARN"], Message="x")
                """,
            "b/main.py": "def handler(event, context): ...\n",
        },
    ),
    "EventBridge rules from a template": (
        {"OrderPlaced -> handler", "OrderPaid -> -"},
        {
            "template.yaml": """
                AWSTemplateFormatVersion: "2010-09-09"
                Transform: AWS::Serverless-2016-10-31
                Resources:
                  Bus: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
                  Send:
                    Type: AWS::Serverless::Function
                    Properties:
                      CodeUri: a/
                      Handler: main.send
                      Runtime: python3.12
                      Environment: {Variables: {BUS: !Ref Bus}}
                  Work:
                    Type: AWS::Serverless::Function
                    Properties:
                      CodeUri: b/
                      Handler: main.handler
                      Runtime: python3.12
                      Events:
                        Placed:
                          Type: EventBridgeRule
                          Properties:
                            EventBusName: !Ref Bus
                            Pattern: {source: [shop.orders], detail-type: [OrderPlaced]}
                """,
            "a/main.py": """
                import os
                import boto3
                events = boto3.client("events")

                def send(event, context):
                    for kind in ("OrderPlaced", "OrderPaid"):
                        put(kind)

                def put(kind):
                    events.put_events(Entries=[{
                        "EventBusName": os.environ["BUS"], "Source": "shop.orders", "DetailType": kind, "Detail": "{}"
                    }])
                """,
            "b/main.py": "def handler(event, context): ...\n",
        },
    ),
    "Celery send_task and task_routes": (
        {"mail.send -> send_mail"},
        {
            "a.py": """
                from celery import Celery
                app = Celery("shop", broker="amqp://x")
                app.conf.task_routes = {"mail.*": {"queue": "mail"}}

                def send():
                    app.send_task("mail.send", args=[1], queue="mail")
                """,
            "b.py": """
                from celery import Celery
                app = Celery("mail", broker="amqp://x")

                @app.task(name="mail.send")
                def send_mail(number): ...
                """,
        },
    ),
    "a signature by name": (
        {"mail.send -> send_mail"},
        {
            "a.py": """
                from celery import Celery, signature
                app = Celery("shop", broker="amqp://x")

                def send():
                    signature("mail.send", args=(1,)).apply_async()
                """,
            "b.py": """
                from celery import shared_task

                @shared_task(name="mail.send")
                def send_mail(number): ...
                """,
        },
    ),
    "Redis streams": (
        {"orders -> work"},
        {
            "a.py": """
                import redis
                r = redis.Redis()

                def send():
                    r.xadd("orders", {"n": 1})
                """,
            "b.py": """
                import redis
                r = redis.Redis()

                def work():
                    while True:
                        for stream, messages in r.xreadgroup("g", "c", {"orders": ">"}, count=1, block=0):
                            for number, fields in messages:
                                print(fields)
                """,
        },
    ),
    "Redis channels by pattern": (
        {"orders.placed -> work"},
        {
            "a.py": """
                import redis.asyncio as redis
                r = redis.Redis()

                async def send():
                    await r.publish("orders.placed", "x")
                """,
            "b.py": """
                import redis.asyncio as redis
                r = redis.Redis()

                async def work():
                    async with r.pubsub() as pubsub:
                        await pubsub.psubscribe("orders.*")
                        async for message in pubsub.listen():
                            print(message)
                """,
        },
    ),
    "redis_om, keys and streams of another client": (
        {"order_completed -> work"},
        {
            "a.py": """
                from redis_om import get_redis_connection
                redis = get_redis_connection(host="redis", port=1)

                def send():
                    redis.xadd("order_completed", {"n": "1"}, "*")
                """,
            "b.py": """
                from redis_om import get_redis_connection
                redis = get_redis_connection(host="redis", port=1)

                def work():
                    while True:
                        for result in redis.xreadgroup("g", "order_completed", {"order_completed": ">"}, None):
                            print(result)
                """,
        },
    ),
    "a publisher object of FastStream": (
        {"orders -> on_order"},
        {
            "a.py": """
                from faststream.kafka import KafkaBroker
                broker = KafkaBroker()
                publisher = broker.publisher("orders")

                async def send():
                    await publisher.publish({"n": 1})
                """,
            "b.py": """
                from faststream import FastStream
                from faststream.kafka import KafkaBroker, KafkaRouter
                router = KafkaRouter()

                @router.subscriber("orders")
                async def on_order(body: dict): ...

                broker = KafkaBroker()
                broker.include_router(router)
                app = FastStream(broker)
                """,
        },
    ),
    "prefixes of routers and of their inclusion, for subscribers and publishers": (
        {"shop-orders-placed -> on_placed", "shop-orders-done -> on_done", "shop-orders-seen -> on_seen"},
        {
            "routers.py": """
                from faststream.kafka import KafkaRouter
                router = KafkaRouter(prefix="orders-")
                finished = router.publisher("done")

                @router.subscriber("placed")
                @router.publisher("seen")
                async def on_placed(body: dict):
                    await finished.publish(body)
                    return body
                """,
            "main.py": """
                from faststream import FastStream
                from faststream.kafka import KafkaBroker
                from routers import router
                broker = KafkaBroker()
                broker.include_router(router, prefix="shop-")
                app = FastStream(broker)

                @app.after_startup
                async def send():
                    await broker.publish({"n": 1}, "shop-orders-placed")

                @broker.subscriber("shop-orders-done")
                async def on_done(body: dict): ...

                @broker.subscriber("shop-orders-seen")
                async def on_seen(body: dict): ...
                """,
        },
    ),
    "a subscriber whose queue is bound by its key, or else by its name": (
        {"shop/v1.order.placed -> on_order", "shop/mails -> on_mail"},
        {
            "a.py": """
                from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue, RabbitRouter
                broker = RabbitBroker()
                router = RabbitRouter(prefix="v1.")
                exchange = RabbitExchange("shop", type=ExchangeType.TOPIC)
                placed = router.publisher(exchange=exchange, routing_key="order.placed")
                mails = broker.publisher("mails", exchange)

                @router.subscriber(RabbitQueue("billing", routing_key="order.*"), exchange)
                async def on_order(body: dict):
                    await mails.publish(body)

                @broker.subscriber("mails", exchange)
                async def on_mail(body: dict): ...

                @broker.subscriber("stock", exchange)
                async def on_stock(body: dict): ...

                async def send():
                    await placed.publish({"n": 1})

                broker.include_router(router)
                """,
        },
    ),
    "a decorator that publishes what is returned": (
        {"mail -> on_mail"},
        {
            "a.py": """
                from faststream.rabbit import RabbitBroker
                broker = RabbitBroker()

                @broker.subscriber("orders")
                @broker.publisher("mail")
                async def on_order(body: dict):
                    return body

                @broker.subscriber("mail")
                async def on_mail(body: dict): ...
                """,
        },
    ),
    "a setting that has a value in one of two branches": (
        {"orders -> work"},
        {
            "settings.py": """
                import os
                from cloud import topics

                if topics:
                    ORDERS = os.getenv("ORDERS_TOPIC", topics["orders"].name)
                else:
                    ORDERS = os.getenv("ORDERS_TOPIC", "orders")
                """,
            "a.py": """
                from kafka import KafkaProducer
                from settings import ORDERS

                def send():
                    KafkaProducer().send(ORDERS, b"")
                """,
            "b.py": """
                from kafka import KafkaConsumer
                from settings import ORDERS

                def work():
                    for message in KafkaConsumer(ORDERS):
                        print(message)
                """,
        },
    ),
    "publishers that a private method chooses from": (
        {"paid -> -", "placed -> -"},
        {
            "service.py": """
                from faststream.kafka.publisher import DefaultPublisher

                class Service:
                    def __init__(self, placed: DefaultPublisher, paid: DefaultPublisher):
                        self._placed = placed
                        self._paid = paid

                    async def tell(self, order: dict):
                        await self._tell(order)

                    async def _tell(self, order: dict):
                        if order["paid"]:
                            publisher = self._paid
                        else:
                            publisher = self._placed
                        await publisher.publish(message=order)
                """,
            "factory.py": """
                from dataclasses import dataclass
                from faststream.kafka import KafkaBroker
                from faststream.kafka.publisher import DefaultPublisher
                from service import Service

                broker = KafkaBroker("kafka:9092")

                @dataclass
                class Context:
                    placed: DefaultPublisher
                    paid: DefaultPublisher

                    @classmethod
                    def create(cls):
                        return cls(placed=broker.publisher("placed"), paid=broker.publisher("paid"))

                class Factory:
                    def __init__(self, context: Context):
                        self._context = context

                    def service(self) -> Service:
                        return Service(placed=self._context.placed, paid=self._context.paid)

                async def place(order: dict):
                    await Factory(Context.create()).service().tell(order)
                """,
        },
    ),
    "topics in one setting, and a wrapper whose callback nobody gives": (
        {"orders -> Worker.work", "paid -> Worker.work"},
        {
            "reader.py": """
                from aiokafka import AIOKafkaConsumer

                class Reader:
                    def __init__(self, topics):
                        self.client = AIOKafkaConsumer(*topics, group_id="shop")

                    async def consume(self, func):
                        async for message in self.client:
                            func(message)
                """,
            "a.py": """
                import os
                from aiokafka import AIOKafkaProducer
                from reader import Reader

                class Worker:
                    def __init__(self):
                        names = os.getenv("TOPICS", "orders, paid").split(",")
                        self.reader = Reader([name.strip() for name in names])

                    async def work(self):
                        async for message in self.reader.client:
                            print(message)

                async def send(producer: AIOKafkaProducer):
                    await producer.send_and_wait("orders", b"")
                    await producer.send_and_wait("paid", b"")
                """,
        },
    ),
    "a topic that is handed to an abstract port": (
        {"orders -> work", "refunds -> -"},
        {
            "ports.py": """
                from abc import ABC, abstractmethod

                class Producer(ABC):
                    @abstractmethod
                    async def produce(self, *args, **kwargs):
                        raise NotImplementedError
                """,
            "kafka_producer.py": """
                from aiokafka import AIOKafkaProducer
                from ports import Producer

                class KafkaOutput(Producer):
                    def __init__(self, client: AIOKafkaProducer):
                        self.client = client

                    async def produce(self, topic: str, message: bytes):
                        await self.client.send_and_wait(topic, message)
                """,
            "service.py": """
                from kafka_producer import KafkaOutput
                from ports import Producer

                class Orders:
                    def __init__(self, producer: Producer):
                        self.producer = producer

                    async def place(self):
                        await self.producer.produce(topic="orders", message=b"")

                async def refund(producer: Producer):
                    await producer.produce("refunds", b"")
                """,
            "b.py": """
                from kafka import KafkaConsumer

                def work():
                    for message in KafkaConsumer("orders"):
                        print(message)
                """,
        },
    ),
    "streams that are read by the keys of a table": (
        {"orders -> work", "paid -> work", "shipped -> again"},
        {
            "a.py": """
                import redis
                store = redis.Redis()
                HANDLERS = {"orders": print, "paid": print}

                def send():
                    for stream in HANDLERS.keys():
                        store.xadd(stream, {"n": 1})
                    store.xadd("shipped", {"n": 1})

                def work():
                    streams = {stream: ">" for stream in HANDLERS.keys()}
                    while True:
                        for stream, entries in store.xreadgroup("workers", "one", streams):
                            print(entries)

                def again():
                    while True:
                        for stream, entries in store.xreadgroup("shipping", "one", dict.fromkeys(["shipped"], ">")):
                            print(entries)
                """,
        },
    ),
    "templates that differ in the names of their variables alone": (
        {"orders.{shop}.placed -> on_order", "orders.{shop}.paid -> -"},
        {
            "a.py": """
                import nats

                async def send(shop):
                    nc = await nats.connect("nats://x")
                    await nc.publish(f"orders.{shop}.placed", b"")
                    await nc.publish(f"orders.{shop}.paid", b"")
                """,
            "b.py": """
                import nats

                async def on_order(message): ...

                async def main(tenant):
                    nc = await nats.connect("nats://x")
                    await nc.subscribe(f"orders.{tenant}.placed", cb=on_order)
                """,
        },
    ),
    "NATS subjects with wildcards": (
        {"orders.placed.7 -> on_order"},
        {
            "a.py": """
                import nats

                async def send():
                    nc = await nats.connect("nats://x")
                    await nc.publish("orders.placed.7", b"")
                """,
            "b.py": """
                import nats

                async def on_order(message): ...

                async def main():
                    nc = await nats.connect("nats://x")
                    await nc.subscribe("orders.>", cb=on_order)
                """,
        },
    ),
    "MQTT topics": (
        {"shop/7/orders -> on_message"},
        {
            "a.py": """
                import paho.mqtt.client as mqtt
                client = mqtt.Client()

                def send():
                    client.publish("shop/7/orders", "x")
                """,
            "b.py": """
                import paho.mqtt.client as mqtt

                def on_message(client, userdata, message): ...

                client = mqtt.Client()
                client.on_message = on_message
                client.subscribe("shop/+/orders")
                client.loop_forever()
                """,
        },
    ),
    "topics of a config dictionary given as kwargs": (
        {"orders.placed -> Reader.run"},
        {
            "a.py": """
                from kafka import KafkaProducer
                TOPICS = {"placed": {"topic": "orders.placed", "partitions": 3}}

                class Sender:
                    def __init__(self, **kwargs):
                        self.topic = kwargs.get("topic")
                        self.producer = KafkaProducer()

                    def run(self, message):
                        self.producer.send(self.topic["topic"], message)

                def send():
                    Sender(topic=TOPICS["placed"]).run(b"")
                """,
            "b.py": """
                from kafka import KafkaConsumer

                class Reader:
                    def __init__(self, **kwargs):
                        self.topic = kwargs["topic"]
                        self.consumer = KafkaConsumer()
                        self.consumer.subscribe([self.topic["topic"]])

                    def run(self):
                        for message in self.consumer:
                            print(message)

                def main():
                    Reader(topic={"topic": "orders.placed"}).run()
                """,
        },
    ),
    "Pub/Sub": (
        {"orders -> on_order"},
        {
            "a.py": """
                from google.cloud import pubsub_v1
                publisher = pubsub_v1.PublisherClient()

                def send():
                    publisher.publish(publisher.topic_path("shop", "orders"), b"")
                """,
            "b.py": """
                from google.cloud import pubsub_v1
                subscriber = pubsub_v1.SubscriberClient()

                def on_order(message): ...

                def setup():
                    subscriber.create_subscription(
                        name=subscriber.subscription_path("shop", "mail"), topic=subscriber.topic_path("shop", "orders")
                    )

                def main():
                    subscriber.subscribe(subscriber.subscription_path("shop", "mail"), callback=on_order)
                """,
        },
    ),
    "Pub/Sub that pushes to a route": (
        {"orders -> receive"},
        {
            "a.py": """
                from google.cloud import pubsub_v1
                publisher = pubsub_v1.PublisherClient()

                def send():
                    publisher.publish(publisher.topic_path("shop", "orders"), b"")
                """,
            "setup.py": """
                import os
                from google.cloud import pubsub_v1
                subscriber = pubsub_v1.SubscriberClient()

                def setup():
                    push = pubsub_v1.types.PushConfig(push_endpoint=f"{os.environ['BASE']}/push/orders")
                    subscriber.create_subscription(
                        request={"name": "mail", "topic": "projects/shop/topics/orders", "push_config": push}
                    )
                    subscriber.create_subscription(
                        request={
                            "name": "mail",
                            "topic": "projects/shop/topics/orders",
                            "push_config": {"push_endpoint": f"{os.environ['BASE']}/push/orders"},
                        }
                    )
                """,
            "b.py": """
                from fastapi import FastAPI
                app = FastAPI()

                @app.post("/push/orders")
                def receive(body: dict): ...
                """,
        },
    ),
    "SNS that posts to a route": (
        {"orders -> receive"},
        {
            "a.py": """
                import boto3
                sns = boto3.client("sns")
                TOPIC = "arn:aws:sns:eu-west-1:1:orders"

                def send():
                    sns.publish(TopicArn=TOPIC, Message="x")

                def setup():
                    sns.subscribe(TopicArn=TOPIC, Protocol="https", Endpoint="https://mail.example.com/sns/orders")
                """,
            "b.py": """
                from fastapi import FastAPI
                app = FastAPI()

                @app.post("/sns/orders")
                def receive(body: dict): ...
                """,
        },
    ),
    "nameko events": (
        {"placed -> Mail.on_placed"},
        {
            "a.py": """
                from nameko.events import EventDispatcher
                from nameko.rpc import rpc

                class Orders:
                    name = "orders"
                    dispatch = EventDispatcher()

                    @rpc
                    def place(self):
                        self.dispatch("placed", {})
                """,
            "b.py": """
                from nameko.events import event_handler

                class Mail:
                    name = "mail"

                    @event_handler("orders", "placed")
                    def on_placed(self, payload): ...
                """,
        },
    ),
    "Azure Service Bus": (
        {"orders -> work"},
        {
            "a.py": """
                from azure.servicebus import ServiceBusClient, ServiceBusMessage

                def send(client: ServiceBusClient):
                    with client.get_queue_sender(queue_name="orders") as sender:
                        sender.send_messages(ServiceBusMessage("x"))
                """,
            "b.py": """
                from azure.servicebus import ServiceBusClient

                def work(client: ServiceBusClient):
                    with client.get_queue_receiver(queue_name="orders") as receiver:
                        for message in receiver:
                            receiver.complete_message(message)
                """,
        },
    ),
    "a queue's URL looked up by its name": (
        {"mails -> work"},
        {
            "a.py": """
                import boto3
                sqs = boto3.client("sqs")

                def send():
                    url = sqs.get_queue_url(QueueName="mails")["QueueUrl"]
                    sqs.send_message(QueueUrl=url, MessageBody="x")
                """,
            "b.py": """
                import boto3

                def work():
                    queue = boto3.resource("sqs").get_queue_by_name(QueueName="mails")
                    while True:
                        for message in queue.receive_messages():
                            message.delete()
                """,
        },
    ),
    "a queue's URL looked up by a helper": (
        {"mails -> work"},
        {
            "a.py": """
                import boto3

                class Queue:
                    def __init__(self, name):
                        self.client = boto3.client("sqs")
                        response = self.client.get_queue_url(QueueName=name)
                        self.url = response["QueueUrl"]

                    def put(self, body):
                        self.client.send_message(QueueUrl=self.url, MessageBody=body)

                def send():
                    Queue("mails").put("x")
                """,
            "b.py": """
                import boto3
                sqs = boto3.client("sqs")
                URL = sqs.create_queue(QueueName="mails").get("QueueUrl")

                def work():
                    while True:
                        found = sqs.receive_message(QueueUrl=URL)
                        for message in found.get("Messages", []):
                            sqs.delete_message(QueueUrl=URL, ReceiptHandle=message["ReceiptHandle"])
                """,
        },
    ),
    "a publisher that handlers are given by its name": (
        {"orders.placed -> work"},
        {
            "a.py": """
                import inspect
                from functools import partial
                from kafka import KafkaProducer

                class Placed:
                    pass

                def send(topic, event):
                    KafkaProducer().send(topic, event)

                def on_placed(event: Placed, publish):
                    publish("orders.placed", b"")

                HANDLERS = {Placed: [on_placed]}

                def prepared(handler, dependencies):
                    names = inspect.signature(handler).parameters
                    given = {name: value for name, value in dependencies.items() if name in names}
                    return lambda message: handler(message, **given)

                def bootstrap(publish=send):
                    dependencies = {"publish": publish}
                    return {kind: [prepared(each, dependencies) for each in found] for kind, found in HANDLERS.items()}
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
    "a publisher that is bound by functools.partial": (
        {"orders.placed -> work"},
        {
            "a.py": """
                import inspect
                from functools import partial
                from kafka import KafkaProducer

                class Placed:
                    pass

                def send(topic, event):
                    KafkaProducer().send(topic, event)

                def on_placed(event: Placed, publish):
                    publish("orders.placed", b"")

                HANDLERS = {Placed: [on_placed]}

                def bootstrap():
                    return {
                        kind: [partial(handler, publish=send) for handler in handlers]
                        for kind, handlers in HANDLERS.items()
                    }
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
    "a publisher that a bus passes to its handlers": (
        {"orders.placed -> work"},
        {
            "a.py": """
                import inspect
                from functools import partial
                from kafka import KafkaProducer

                class Placed:
                    pass

                def send(topic, event):
                    KafkaProducer().send(topic, event)

                def on_placed(event: Placed, publish):
                    publish("orders.placed", b"")

                HANDLERS = {Placed: [on_placed]}

                class Bus:
                    def __init__(self, publish):
                        self.publish = publish

                    def handle(self, message):
                        for handler in HANDLERS[type(message)]:
                            handler(message, publish=self.publish)

                bus = Bus(send)
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
    "Helm values as topics": (
        {"orders.placed -> work"},
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
            "chart/values.yaml": "env:\n  ORDERS_TOPIC: orders.placed\n",
            "chart/templates/deployment.yaml": """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: shop
                spec:
                  template:
                    spec:
                      containers:
                        - name: shop
                          image: "acme/shop:{{ .Values.tag }}"
                          env:
                            - name: ORDERS_TOPIC
                              value: {{ .Values.env.ORDERS_TOPIC | quote }}
                """,
            "a.py": """
                import os
                from kafka import KafkaProducer

                def send():
                    KafkaProducer().send(os.environ["ORDERS_TOPIC"], b"")
                """,
            "b.py": KAFKA_WORKER,
        },
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_handler_is_found(tmp_path: Path, form: str) -> None:
    expected, files = FORMS[form]
    made = system(tmp_path, files)
    found = {line.partition(" ")[2] for line in messages(made)}
    assert found == expected, [
        f"{entry.kind} {entry.function} {[t.text for t in entry.topics]}" for entry in made.entries
    ]
