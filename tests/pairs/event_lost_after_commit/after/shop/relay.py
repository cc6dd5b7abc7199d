from shop.database import OutboxEvent, Session
from shop.events import publish
from sqlalchemy import select


def relay() -> None:
    with Session() as session:
        for event in session.scalars(select(OutboxEvent)):
            publish(event.topic, event.payload)
            session.delete(event)
        session.commit()
