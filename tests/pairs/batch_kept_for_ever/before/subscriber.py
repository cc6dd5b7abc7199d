import logging

from aiokafka import AIOKafkaConsumer

log = logging.getLogger(__name__)


class Subscriber:
    def __init__(self, consumer: AIOKafkaConsumer, handle) -> None:
        self.consumer = consumer
        self.handle = handle

    async def run(self) -> None:
        failed = None
        while True:
            batch = failed
            if not failed:
                batch = await self.consumer.getmany(timeout_ms=100)
            try:
                await self.handle(batch)
            except Exception:
                log.exception("again")
                failed = batch
                continue
            failed = None
            await self.consumer.commit()
