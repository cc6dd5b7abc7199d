import json

from django.db import transaction
from django.http import JsonResponse
from shop.models import Order, OutboxEvent


def place(request):
    with transaction.atomic():
        order = Order(number=request.POST["number"])
        order.save()
        OutboxEvent.objects.create(topic="orders.placed", payload=json.dumps({"id": order.pk}))
    return JsonResponse({"id": order.pk})
