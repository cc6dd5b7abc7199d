from shop.database import Order, OutboxEvent, Session


class Orders:
    def __init__(self) -> None:
        self.session = Session()

    def save(self, order: Order, *events: OutboxEvent) -> None:
        self.session.add(order)
        self.session.add_all(events)
        self.session.commit()


def place(number: str) -> None:
    Orders().save(Order(number=number), OutboxEvent(topic="orders.placed", payload=number))
