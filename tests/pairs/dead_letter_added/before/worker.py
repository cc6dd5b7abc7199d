import asyncio

import aio_pika


async def main() -> None:
    connection = await aio_pika.connect_robust("amqp://rabbitmq")
    channel = await connection.channel()
    queue = await channel.declare_queue("invoices", durable=True)
    async with queue.iterator() as messages:
        async for message in messages:
            async with message.process():
                print(message.body)


asyncio.run(main())
