from confluent_kafka import Producer

producer = Producer({"bootstrap.servers": "kafka:9092"})


def publish(topic: str, body: bytes) -> None:
    producer.produce(topic, body)
