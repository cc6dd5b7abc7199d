from celery import Celery

app = Celery("billing", broker="amqp://rabbitmq")
