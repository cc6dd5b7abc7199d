from shop.database import Order
from shop.events import publish
from shop.uow import UnitOfWork


def place(number: str) -> None:
    with UnitOfWork() as uow:
        uow.session.add(Order(number=number))
        uow.session.flush()
        publish("orders.placed", {"number": number})
        uow.commit()
