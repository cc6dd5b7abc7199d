from shop.database import Order, OutboxEvent, Session


def remember(topic: str, payload: str) -> None:
    with Session.begin() as session:
        session.add(OutboxEvent(topic=topic, payload=payload))


def place(number: str) -> None:
    with Session() as session:
        session.add(Order(number=number))
        session.commit()
    remember("orders.placed", number)
