from celery import shared_task
from django.core.mail import send_mail


@shared_task
def send_receipt(order_id: int) -> None:
    send_mail("Receipt", f"Order {order_id}", "shop@shop.example.com", ["a@shop.example.com"])
