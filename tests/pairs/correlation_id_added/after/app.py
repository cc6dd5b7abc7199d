import json

from fastapi import FastAPI, Request
from kafka import KafkaProducer

app = FastAPI()
producer = KafkaProducer(bootstrap_servers="kafka:9092")


def publish(topic: str, event: dict, correlation_id: str) -> None:
    headers = [("correlation_id", correlation_id.encode())]
    producer.send(topic, json.dumps(event).encode(), headers=headers).get(timeout=10)


@app.post("/orders")
def place(request: Request, number: str) -> dict:
    publish("orders.requested", {"number": number}, request.headers["X-Correlation-ID"])
    return {"status": "accepted"}
