from __future__ import annotations

import pytest

from edanalyze.link.entries import EntryPoint
from tests.link.entrypoints import entries, named, only


def topics(entry: EntryPoint) -> list[str]:
    return [topic.text for topic in entry.topics]


# ------------------------------------------------------------------- decorators


def test_faststream_subscribers_know_topic_group_and_ack() -> None:
    first, second = entries(
        """
        from faststream import AckPolicy
        from faststream.kafka import KafkaBroker
        broker = KafkaBroker()
        TOPIC = "orders.created"

        @broker.subscriber(TOPIC, "orders.paid", group_id="stock", ack_policy=AckPolicy.ACK_FIRST)
        async def reserve(event): ...

        @broker.subscriber("orders.cancelled", group_id="stock", ack_policy=AckPolicy.NACK_ON_ERROR)
        async def release(event): ...
        """
    )
    assert topics(first) == ["orders.created", "orders.paid"]
    assert (first.transport, first.group[0].text, first.delivery.message) == ("kafka", "stock", ("event",))
    assert (first.delivery.ack, first.delivery.at_least_once) == ("before", False)
    assert first.delivery.automatic is not None and first.delivery.automatic[1].line == 7
    assert (second.delivery.ack, second.delivery.at_least_once) == ("after", True)


def test_nameko_services_have_procedures_events_and_http() -> None:
    source = """
        from nameko.events import event_handler
        from nameko.rpc import rpc
        from nameko.timer import timer
        from nameko.web.handlers import http

        class Stock:
            name = "stock"
            @rpc
            def level(self, sku): ...
            @event_handler("orders", "order_created")
            def reserve(self, payload): ...
            @http("GET", "/levels/<int:sku>")
            def read(self, request, sku): ...
            @timer(interval=60)
            def count(self): ...
        """
    found = {entry.kind: entry for entry in entries(source)}
    assert set(found) == {"rpc", "handler", "route", "job"}
    assert topics(found["rpc"]) == ["level"]
    assert topics(found["handler"]) == ["order_created"]
    assert found["handler"].delivery.message == ("payload",)
    assert found["route"].name == "GET /levels/{sku}"


def test_faust_agent_reads_the_topic_object() -> None:
    entry = only(
        """
        import faust
        app = faust.App("stock")
        orders = app.topic("orders", value_type=dict)
        @app.agent(orders)
        async def reserve(stream):
            async for order in stream:
                print(order)
        """
    )
    assert (topics(entry), entry.transport, entry.delivery.ack) == (["orders"], "kafka", "after")


# -------------------------------------------------------------------- callbacks


@pytest.mark.parametrize(
    ("argument", "ack", "again"),
    [("auto_ack=True", "before", False), ("auto_ack=False", "manual", True), ("", "manual", True)],
)
def test_pika_callback_and_its_acknowledgement(argument: str, ack: str, again: bool) -> None:
    entry = only(
        f"""
        import pika
        connection = pika.BlockingConnection()
        channel = connection.channel()
        def on_order(channel, method, properties, body): ...
        channel.basic_consume("orders", on_order, {argument})
        """
    )
    assert (entry.function, topics(entry)) == ("app:on_order", ["orders"])
    assert (entry.delivery.ack, entry.delivery.at_least_once) == (ack, again)
    assert (entry.delivery.automatic is not None) == (ack == "before")
    assert entry.delivery.message == ("method", "properties", "body")


def test_aio_pika_callback_of_a_declared_queue() -> None:
    entry = only(
        """
        import aio_pika
        QUEUE = "orders"
        async def main():
            connection = await aio_pika.connect_robust("amqp://rabbit")
            channel = await connection.channel()
            queue = await channel.declare_queue(QUEUE, durable=True)
            await queue.consume(on_order)
        async def on_order(message): ...
        """
    )
    assert (entry.function, topics(entry), entry.delivery.ack) == ("app:on_order", ["orders"], "manual")


def test_callback_passed_through_a_class_of_the_project() -> None:
    source = """
        import pika

        class Bus:
            def __init__(self, url):
                self.channel = pika.BlockingConnection(pika.URLParameters(url)).channel()

            def listen(self, queue, handler, lossy=False):
                self.channel.basic_consume(queue=queue, on_message_callback=handler, auto_ack=lossy)

        class Orders:
            def on_created(self, channel, method, properties, body): ...

        def on_log(channel, method, properties, body): ...

        bus = Bus("amqp://rabbit")
        bus.listen("orders.created", Orders().on_created)
        bus.listen("logs", on_log, lossy=True)
        """
    assert named(source, "handler") == {"orders.created -> Orders.on_created", "logs -> on_log"}
    assert {each.name: each.delivery.ack for each in entries(source)} == {"orders.created": "manual", "logs": "before"}


def test_callback_that_only_forwards_stands_for_what_it_calls() -> None:
    entry = only(
        """
        import json
        import pika
        channel = pika.BlockingConnection().channel()

        def listen(queue, handle):
            def on_message(channel, method, properties, body):
                handle(json.loads(body))
                channel.basic_ack(method.delivery_tag)
            channel.basic_consume(queue, on_message)

        def place(order): ...
        listen("orders", place)
        """
    )
    assert (entry.function, entry.delivery.message) == ("app:place", ("order",))
    assert entry.driver is not None and entry.driver.id == "app:listen.on_message"


def test_nats_pubsub_and_mqtt_callbacks() -> None:
    entry = only(
        """
        import nats
        async def on_order(msg): ...
        async def main():
            client = await nats.connect("nats://nats")
            await client.subscribe("orders.*", cb=on_order)
        """
    )
    assert (topics(entry), entry.transport, entry.delivery.at_least_once) == (["orders.*"], "nats", False)
    entry = only(
        """
        from google.cloud import pubsub_v1
        subscriber = pubsub_v1.SubscriberClient()
        path = subscriber.subscription_path("shop", "orders-stock")
        def on_order(message): ...
        future = subscriber.subscribe(path, callback=on_order)
        """
    )
    assert (entry.transport, entry.function) == ("pubsub", "app:on_order")
    assert "orders-stock" in topics(entry)[0]
    entry = only(
        """
        import paho.mqtt.client as mqtt
        def on_message(client, userdata, message): ...
        client = mqtt.Client()
        client.on_message = on_message
        client.subscribe("sensors/+/state")
        """
    )
    assert (entry.function, topics(entry), entry.transport) == ("app:on_message", ["sensors/+/state"], "mqtt")


def test_kombu_mixin_callbacks() -> None:
    entry = only(
        """
        from kombu import Queue
        from kombu.mixins import ConsumerMixin
        class Worker(ConsumerMixin):
            queues = [Queue("orders")]
            def get_consumers(self, Consumer, channel):
                return [Consumer(queues=self.queues, callbacks=[self.on_order])]
            def on_order(self, body, message): ...
        """
    )
    assert (entry.function, topics(entry)) == ("app:Worker.on_order", ["orders"])
    assert entry.delivery.message == ("body", "message")


def test_stomp_listener() -> None:
    entry = only(
        """
        import stomp
        class Listener(stomp.ConnectionListener):
            def on_message(self, frame): ...
        """
    )
    assert entry.function == "app:Listener.on_message"


# ------------------------------------------------------------------------ loops


def test_kafka_python_loop_with_and_without_auto_commit() -> None:
    source = """
        from kafka import KafkaConsumer
        def lossy():
            for message in KafkaConsumer("a", group_id="g"):
                print(message)
        def careful():
            consumer = KafkaConsumer("b", group_id="g", enable_auto_commit=False)
            for message in consumer:
                print(message)
                consumer.commit()
        """
    found = {entry.name: entry for entry in entries(source)}
    assert (found["a"].function, found["a"].delivery.ack) == ("app:lossy", "timer")
    assert found["a"].delivery.automatic is not None and found["a"].delivery.automatic[1].line == 4
    assert (found["b"].function, found["b"].delivery.ack) == ("app:careful", "manual")
    assert found["b"].delivery.automatic is None
    assert found["b"].delivery.message == ("message",)


def test_confluent_poll_loop_with_a_configuration_made_elsewhere() -> None:
    entry = only(
        {
            "config.py": """
                BASE = {"bootstrap.servers": "kafka"}
                CONSUMER = {**BASE, "group.id": "stock", "enable.auto.commit": False}
                """,
            "worker.py": """
                from confluent_kafka import Consumer
                from config import CONSUMER
                def run():
                    consumer = Consumer(CONSUMER)
                    consumer.subscribe(["orders"])
                    while True:
                        msg = consumer.poll(1.0)
                        if msg is None:
                            continue
                        print(msg.value())
                """,
        }
    )
    assert (entry.function, topics(entry), entry.delivery.ack) == ("worker:run", ["orders"], "manual")
    assert entry.group[0].text == "stock"


def test_wrapper_class_is_resolved_per_construction() -> None:
    source = """
        import json
        from aiokafka import AIOKafkaConsumer

        class Subscriber:
            def __init__(self, topic, handler, auto=False):
                self.topic = topic
                self.handler = handler
                self.consumer = AIOKafkaConsumer(topic, group_id="stock", enable_auto_commit=auto)

            async def run(self):
                async for message in self.consumer:
                    await self.handler(json.loads(message.value))

        async def reserve(event): ...
        async def release(event): ...
        subscribers = [Subscriber("orders.created", reserve), Subscriber("orders.cancelled", release, auto=True)]
        """
    found = {entry.name: entry for entry in entries(source)}
    assert found["orders.created"].function == "app:reserve"
    assert found["orders.created"].delivery.ack == "manual"
    assert found["orders.cancelled"].function == "app:release"
    assert found["orders.cancelled"].delivery.ack == "timer"
    assert found["orders.created"].driver is not None and found["orders.created"].driver.id == "app:Subscriber.run"


def test_loop_that_dispatches_by_a_table() -> None:
    source = """
        from kafka import KafkaConsumer
        def on_created(event): ...
        def on_paid(event): ...
        HANDLERS = {"created": on_created, "paid": on_paid}
        def run():
            for message in KafkaConsumer("orders"):
                handler = HANDLERS.get(message.value["type"])
                if handler:
                    handler(message.value)
        """
    assert named(source, "handler") == {"orders -> on_created", "orders -> on_paid"}


def test_loop_of_a_base_class_stands_for_the_overridden_method() -> None:
    source = """
        from kafka import KafkaConsumer
        class Consumer:
            topic = ""
            def run(self):
                for message in KafkaConsumer(self.topic):
                    self.handle(message.value)
            def handle(self, event):
                raise NotImplementedError
        class Orders(Consumer):
            topic = "orders"
            def handle(self, event): ...
        """
    assert {entry.function for entry in entries(source)} == {"app:Orders.handle"}


def test_loop_that_handles_the_message_itself_is_the_handler() -> None:
    entry = only(
        """
        from kafka import KafkaConsumer
        def store(event): ...
        def run(log):
            for message in KafkaConsumer("orders"):
                log(message)
                store(message.value)
        """
    )
    assert entry.function == "app:run"


def test_generator_of_messages_is_handled_where_it_is_iterated() -> None:
    entry = only(
        """
        from kafka import KafkaConsumer
        def messages():
            for message in KafkaConsumer("orders"):
                yield message.value
        def run():
            for event in messages():
                print(event)
        """
    )
    assert (entry.function, topics(entry)) == ("app:run", ["orders"])


def test_receiving_function_is_handled_by_the_loop_that_calls_it() -> None:
    source = """
        import boto3
        sqs = boto3.client("sqs")
        def receive(url):
            return sqs.receive_message(QueueUrl=url).get("Messages", [])
        def created():
            while True:
                for message in receive("https://sqs/created"):
                    print(message)
        def paid():
            while True:
                for message in receive("https://sqs/paid"):
                    print(message)
        """
    assert named(source, "handler") == {"https://sqs/created -> created", "https://sqs/paid -> paid"}


def test_redis_streams_and_channels() -> None:
    source = """
        import redis
        client = redis.Redis()
        def stream():
            while True:
                for _, entries in client.xreadgroup("stock", "one", {"orders": ">"}):
                    print(entries)
        def channel():
            pubsub = client.pubsub()
            pubsub.subscribe("news")
            for message in pubsub.listen():
                print(message)
        """
    found = {entry.function: entry for entry in entries(source)}
    assert found["app:stream"].transport == "redis-stream"
    assert (topics(found["app:stream"]), found["app:stream"].delivery.at_least_once) == (["orders"], True)
    assert found["app:channel"].transport == "redis-pubsub"
    assert (topics(found["app:channel"]), found["app:channel"].delivery.at_least_once) == (["news"], False)


def test_queue_iterator_of_aio_pika_and_messages_of_nats() -> None:
    entry = only(
        """
        import aio_pika
        async def main():
            connection = await aio_pika.connect("amqp://rabbit")
            async with connection:
                channel = await connection.channel()
                queue = await channel.declare_queue("orders")
                async with queue.iterator() as messages:
                    async for message in messages:
                        async with message.process():
                            print(message.body)
        """
    )
    assert (entry.function, topics(entry)) == ("app:main", ["orders"])
    entry = only(
        """
        import nats
        async def main():
            client = await nats.connect()
            sub = await client.subscribe("orders")
            async for msg in sub.messages:
                print(msg)
        """
    )
    assert (entry.function, topics(entry)) == ("app:main", ["orders"])


def test_loop_at_module_level() -> None:
    entry = only(
        """
        from kafka import KafkaConsumer
        for message in KafkaConsumer("orders"):
            print(message)
        """
    )
    assert (entry.function, entry.place.line) == ("app:", 3)


def test_in_process_signals_are_no_handlers() -> None:
    assert not entries(
        """
        from django.db.models.signals import post_save
        from django.dispatch import receiver
        @receiver(post_save)
        def on_save(sender, **kwargs): ...
        """
    )


def test_registry_filled_by_decorators() -> None:
    source = """
        from collections import defaultdict
        from kafka import KafkaConsumer

        class Bus:
            def __init__(self):
                self.handlers = defaultdict(list)

            def on(self, kind):
                def register(function):
                    self.handlers[kind].append(function)
                    return function
                return register

            def run(self):
                for message in KafkaConsumer("orders", group_id="stock"):
                    for handler in self.handlers[message.value["kind"]]:
                        handler(message.value)

        bus = Bus()

        @bus.on("created")
        def reserve(event): ...

        @bus.on("cancelled")
        def release(event): ...
        """
    assert named(source, "handler") == {"orders -> reserve", "orders -> release"}


def test_partial_lambda_and_abstract_callbacks() -> None:
    source = """
        from functools import partial
        import pika
        channel = pika.BlockingConnection().channel()

        def store(database, channel, method, properties, body): ...
        def log(body): ...

        class Consumer:
            queue = ""
            def start(self):
                channel.basic_consume(self.queue, self.on_message)
            def on_message(self, channel, method, properties, body):
                raise NotImplementedError

        class Orders(Consumer):
            queue = "orders"
            def on_message(self, channel, method, properties, body): ...

        channel.basic_consume("stored", partial(store, "db"))
        channel.basic_consume("logged", lambda channel, method, properties, body: log(body))
        Orders().start()
        """
    found = {entry.name: entry for entry in entries(source)}
    assert {name: entry.function for name, entry in found.items()} == {
        "stored": "app:store",
        "logged": "app:log",
        "orders": "app:Orders.on_message",
    }
    assert found["stored"].delivery.message == ("method", "properties", "body")


def test_callable_that_decodes_is_not_the_handler() -> None:
    source = """
        import json
        from kafka import KafkaConsumer
        def decode(raw): return json.loads(raw)
        def place(order): ...
        class Loop:
            def __init__(self, decoder, callback):
                self.decoder = decoder
                self.callback = callback
            def run(self):
                for message in KafkaConsumer("orders"):
                    order = self.decoder(message.value)
                    self.callback(order)
        Loop(decode, place).run()
        """
    assert named(source, "handler") == {"orders -> place"}


def test_argument_that_partial_binds_is_what_the_callback_forwards_to() -> None:
    source = """
        from functools import partial
        import aio_pika
        class Client:
            async def consume(self, name, callback):
                connection = await aio_pika.connect("amqp://rabbit")
                channel = await connection.channel()
                queue = await channel.declare_queue(name)
                await queue.consume(partial(self._process, callback=callback))
            async def _process(self, message, callback):
                async with message.process():
                    await callback(message)
        async def place(message): ...
        async def cancel(message): ...
        async def main():
            client = Client()
            await client.consume("placed", place)
            await client.consume("cancelled", cancel)
        """
    assert named(source, "handler") == {"placed -> place", "cancelled -> cancel"}


def test_reading_of_an_unresolved_client() -> None:
    source = """
        import redis
        from shop.unknown import client
        def main():
            while True:
                for stream, entries in client.xreadgroup("stock", "one", {"orders": ">"}):
                    print(entries)
        """
    assert named(source, "handler") == {"orders -> main"}
