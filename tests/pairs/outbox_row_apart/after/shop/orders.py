from shop.database import Order, OutboxEvent, Session


def remember(session: Session, topic: str, payload: str) -> None:
    session.add(OutboxEvent(topic=topic, payload=payload))


def place(number: str) -> None:
    with Session() as session:
        session.add(Order(number=number))
        remember(session, "orders.placed", number)
        session.commit()
