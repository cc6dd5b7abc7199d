from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20)


class OutboxEvent(models.Model):
    topic = models.CharField(max_length=50)
    payload = models.TextField()
