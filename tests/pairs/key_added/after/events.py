import json

from kafka import KafkaProducer

producer = KafkaProducer(bootstrap_servers="kafka:9092")


class Accounts:
    def deposited(self, account_id: str, amount: int) -> None:
        event = {"account_id": account_id, "amount": amount}
        producer.send("accounts", json.dumps(event).encode(), key=account_id.encode()).get(timeout=10)
