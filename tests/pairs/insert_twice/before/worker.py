import json

import asyncpg
import nats


class Ledger:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def on_payment(self, message: nats.aio.msg.Msg) -> None:
        payment = json.loads(message.data)
        async with self.pool.acquire() as connection:
            await connection.execute("INSERT INTO ledger (id, amount) VALUES ($1, $2)", payment["id"], payment["sum"])
        await message.ack()


async def run(stream, pool: asyncpg.Pool) -> None:
    await stream.subscribe("payments", durable="ledger", cb=Ledger(pool).on_payment, manual_ack=True)
