import json

from bus import publish
from kafka import KafkaConsumer
from pymongo import MongoClient

prices = MongoClient("mongodb://mongo").pricing.prices


def follow_catalog() -> None:
    for message in KafkaConsumer("catalog.changed", bootstrap_servers="kafka:9092", group_id="pricing"):
        event = json.loads(message.value)
        prices.replace_one({"_id": event["id"]}, event, upsert=True)
        publish("prices.changed", event)
