from shop.database import Order, Session
from shop.events import publish


class Orders:
    def __init__(self) -> None:
        self.session = Session()

    def save(self, order: Order) -> None:
        self.session.add(order)
        self.session.commit()


def place(number: str) -> None:
    Orders().save(Order(number=number))
    publish("orders.placed", number)
