import json

from pymongo import MongoClient

invoices = MongoClient("mongodb://mongo").billing.invoices


def store(body: bytes) -> None:
    order = json.loads(body)
    invoices.replace_one({"_id": order["id"]}, order, upsert=True)
