import json

from fastapi import FastAPI, Request
from kafka import KafkaProducer

app = FastAPI()
producer = KafkaProducer(bootstrap_servers="kafka:9092")


def publish(topic: str, event: dict) -> None:
    producer.send(topic, json.dumps(event).encode()).get(timeout=10)


@app.post("/orders")
def place(request: Request, number: str) -> dict:
    publish("orders.requested", {"number": number})
    return {"status": "accepted"}
