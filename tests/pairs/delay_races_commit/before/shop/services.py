from django.db import transaction
from shop.models import Order
from shop.tasks import send_receipt


def announce(order: Order) -> None:
    send_receipt.delay(order.pk)


@transaction.atomic
def place(number: str) -> Order:
    order = Order.objects.create(number=number, state="placed")
    announce(order)
    return order
