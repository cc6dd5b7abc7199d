import json

import pika
from django.http import JsonResponse
from shop.models import Order


def publish(topic: str, body: str) -> None:
    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
    channel.basic_publish("orders", topic, body)


def place(request):
    order = Order(number=request.POST["number"])
    order.save()
    publish("orders.placed", json.dumps({"id": order.pk}))
    return JsonResponse({"id": order.pk})
