import asyncio

import aio_pika

DEAD = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "invoices.dead"}


async def main() -> None:
    connection = await aio_pika.connect_robust("amqp://rabbitmq")
    channel = await connection.channel()
    await channel.declare_queue("invoices.dead", durable=True)
    queue = await channel.declare_queue("invoices", durable=True, arguments=DEAD)
    async with queue.iterator() as messages:
        async for message in messages:
            async with message.process():
                print(message.body)


asyncio.run(main())
