from kafka import KafkaProducer

producer = KafkaProducer(bootstrap_servers="kafka:9092")


def publish(topic: str, payload: str) -> None:
    producer.send(topic, payload.encode()).get(timeout=10)
