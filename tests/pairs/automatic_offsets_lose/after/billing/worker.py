from aiokafka import AIOKafkaConsumer
from billing.invoices import store


async def run() -> None:
    consumer = AIOKafkaConsumer(
        "orders.placed", bootstrap_servers="kafka:9092", group_id="billing", enable_auto_commit=False
    )
    await consumer.start()
    async for message in consumer:
        store(message.value)
        await consumer.commit()
