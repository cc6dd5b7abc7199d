import json

from pymongo import MongoClient

items = MongoClient("mongodb://mongo").stock.items


def book(body: bytes) -> None:
    change = json.loads(body)
    items.update_one({"_id": change["item"]}, {"$set": {"count": change["count"]}}, upsert=True)
