import boto3
from billing.invoices import store

sqs = boto3.client("sqs")
QUEUE = "https://sqs.eu-west-1.amazonaws.com/000000000000/orders"


def run() -> None:
    while True:
        answer = sqs.receive_message(QueueUrl=QUEUE, WaitTimeSeconds=20)
        for message in answer.get("Messages", []):
            store(message["Body"].encode())
            sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle=message["ReceiptHandle"])
