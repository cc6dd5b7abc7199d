import json

from bus import publish
from kafka import KafkaConsumer
from pymongo import MongoClient

products = MongoClient("mongodb://mongo").catalog.products


def follow_prices() -> None:
    for message in KafkaConsumer("prices.changed", bootstrap_servers="kafka:9092", group_id="catalog"):
        event = json.loads(message.value)
        products.replace_one({"_id": event["id"]}, event, upsert=True)
        publish("catalog.changed", event)
