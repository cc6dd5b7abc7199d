from shop.database import Order, OutboxEvent
from shop.uow import UnitOfWork


def place(number: str) -> None:
    with UnitOfWork() as uow:
        uow.session.add(Order(number=number))
        uow.session.add(OutboxEvent(topic="orders.placed", payload=number))
        uow.commit()
