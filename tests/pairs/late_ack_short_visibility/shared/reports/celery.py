from celery import Celery

app = Celery("reports", broker="redis://redis")
app.conf.task_acks_late = True
app.conf.broker_transport_options = {"visibility_timeout": 30}
