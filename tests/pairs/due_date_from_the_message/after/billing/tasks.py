from datetime import datetime, timedelta

from billing.celery import app
from pymongo import MongoClient

invoices = MongoClient("mongodb://mongo").billing.invoices


@app.task
def bill(order: dict) -> None:
    due = datetime.fromisoformat(order["placed_at"]) + timedelta(days=14)
    invoices.replace_one({"_id": order["id"]}, {"order": order["id"], "due": due}, upsert=True)
