from __future__ import annotations

from typing import Any

from edanalyze.discover.deployed import DeclaredQueue, Deployment, FunctionEvent
from tests.link.entrypoints import entries, named, only


def test_celery_tasks_and_when_they_are_settled() -> None:
    source = {
        "shop/__init__.py": "",
        "shop/tasks.py": """
            from celery import Celery, shared_task
            app = Celery("shop")

            @app.task
            def early(order): ...

            @shared_task(bind=True, acks_late=True, name="late")
            def late(self, order): ...

            @shared_task(autoretry_for=(OSError,), max_retries=3)
            def retried(order): ...

            @shared_task(max_retries=3)
            def counted(order): ...

            @app.task(bind=True)
            def asks(self, order):
                raise self.retry()
            """,
    }
    found = {entry.name: entry.delivery for entry in entries(source)}
    assert set(found) == {"shop.tasks.early", "late", "shop.tasks.retried", "shop.tasks.counted", "shop.tasks.asks"}
    assert (found["shop.tasks.early"].ack, found["shop.tasks.early"].at_least_once) == ("before", False)
    assert (found["late"].ack, found["late"].at_least_once, found["late"].message) == ("after", True, ("order",))
    assert found["shop.tasks.retried"].retries
    assert not found["shop.tasks.counted"].at_least_once
    assert found["shop.tasks.asks"].at_least_once


def test_setting_of_the_application_makes_all_tasks_late() -> None:
    entry = only(
        """
        from celery import Celery
        app = Celery("shop")
        app.conf.task_acks_late = True
        @app.task
        def charge(order): ...
        """,
        "task",
    )
    assert entry.delivery.ack == "after"


def test_task_made_by_a_decorator_of_the_project() -> None:
    entry = only(
        """
        from celery import shared_task
        def durable(**options):
            def decorate(function):
                return shared_task(acks_late=True, **options)(function)
            return decorate
        @durable(queue="slow")
        def charge(order): ...
        """,
        "task",
    )
    assert (entry.function, entry.delivery.ack) == ("app:charge", "after")


def test_task_classes_and_base_classes() -> None:
    source = """
        from celery import Celery, Task
        app = Celery("shop")
        class Late(Task):
            acks_late = True
        class Export(Task):
            name = "export"
            def run(self, month): ...
        @app.task(base=Late)
        def charge(order): ...
        """
    found = {entry.name: entry for entry in entries(source)}
    assert found["export"].function == "app:Export.run"
    assert found["app.charge"].delivery.ack == "after"


def test_dramatiq_retries_by_default_and_is_named_by_the_function() -> None:
    source = """
        import dramatiq
        @dramatiq.actor
        def charge(order): ...
        @dramatiq.actor(max_retries=0, actor_name="once")
        def once(order): ...
        """
    found = {entry.name: entry.delivery for entry in entries(source)}
    assert found["charge"].retries
    assert not found["once"].retries


def test_enqueued_functions_are_tasks_of_rq() -> None:
    source = {
        "jobs.py": "def send(order): ...\ndef by_name(order): ...\n",
        "api.py": """
            from redis import Redis
            from rq import Queue, Retry
            from jobs import send
            queue = Queue(connection=Redis())
            def place(order):
                queue.enqueue(send, order, retry=Retry(max=3))
                queue.enqueue("jobs.by_name", order)
            """,
    }
    assert named(source, "task") == {"jobs.send -> send", "jobs.by_name -> by_name"}


def test_arq_worker_settings_list_tasks_and_jobs() -> None:
    source = """
        from arq import cron
        async def charge(ctx, order): ...
        async def sweep(ctx): ...
        class WorkerSettings:
            functions = [charge]
            cron_jobs = [cron(sweep, hour=3)]
        """
    assert named(source, "task") == {"charge -> charge"}
    assert {entry.function for entry in entries(source) if entry.kind == "job"} == {"app:sweep"}


def test_jobs_of_schedulers_and_timetables() -> None:
    source = """
        import schedule
        from apscheduler.schedulers.background import BackgroundScheduler
        from celery import Celery
        app = Celery("shop")

        @app.task
        def report(): ...

        app.conf.beat_schedule = {"nightly report": {"task": "app.report", "schedule": 60}}
        scheduler = BackgroundScheduler()

        @scheduler.scheduled_job("interval", minutes=5)
        def relay(): ...

        def clean(): ...
        def ping(): ...
        scheduler.add_job(clean, "cron", hour=3)
        schedule.every(10).minutes.do(ping)
        """
    found = {entry.function for entry in entries(source) if entry.kind == "job"}
    assert found == {"app:report", "app:relay", "app:clean", "app:ping"}
    assert "nightly report -> report" in named(source, "job")


def test_commands() -> None:
    assert named(
        """
        import click
        @click.group()
        def cli(): ...
        @cli.command("send-all")
        def send(): ...
        """,
        "command",
    ) == {"cli -> cli", "send-all -> send"}
    assert named(
        {
            "shop/management/commands/relay.py": """
                from django.core.management.base import BaseCommand
                class Command(BaseCommand):
                    def handle(self, *args, **options): ...
                """,
            "tool.py": """
                import argparse
                def main():
                    argparse.ArgumentParser().parse_args()
                if __name__ == "__main__":
                    main()
                """,
            "server.py": "def serve(): ...\nif __name__ == '__main__':\n    serve()\n",
        },
        "command",
    ) == {"relay -> Command.handle", "tool -> main"}


def test_servicer_methods_are_remote_procedures() -> None:
    source = {
        "stock_pb2_grpc.py": """
            import grpc
            class StockServicer(object):
                def Reserve(self, request, context):
                    raise NotImplementedError
            """,
        "server.py": """
            import grpc
            import stock_pb2_grpc
            class Stock(stock_pb2_grpc.StockServicer):
                def Reserve(self, request, context): ...
                def _log(self, request, context): ...
            """,
    }
    assert named(source, "rpc") == {"Stock/Reserve -> Stock.Reserve"}


# ------------------------------------------------------------------- serverless


def event(kind: str, **more: Any) -> FunctionEvent:
    return FunctionEvent(
        function="F", module="app.py", handler="handler", kind=kind, file="template.yaml", line=1, **more
    )


HANDLER = "def handler(event, context):\n    return event\n"


def test_template_connects_a_function_to_a_queue() -> None:
    queue = DeclaredQueue("orders", "sqs", True, "template.yaml", 1)
    (entry,) = entries(HANDLER, Deployment(events=(event("sqs", name="orders"),), queues=(queue,)))
    assert (entry.kind, entry.transport, entry.name) == ("handler", "sqs", "orders")
    assert entry.delivery.at_least_once and entry.delivery.dead_letter


def test_template_connects_a_function_to_a_path_a_schedule_and_event_types() -> None:
    found = entries(
        HANDLER,
        Deployment(
            events=(
                event("api", path="/orders/{number}", method="get"),
                event("schedule", name="rate(5 minutes)"),
                event("eventbridge", name="bus", types=("OrderPlaced",)),
            )
        ),
    )
    assert {(entry.kind, entry.name) for entry in found} == {
        ("route", "GET /orders/{number}"),
        ("job", "rate(5 minutes)"),
        ("handler", "OrderPlaced"),
    }


def test_shape_of_the_event_tells_what_starts_a_function() -> None:
    source = """
        import json
        def on_queue(event, context):
            for record in event["Records"]:
                print(json.loads(record["body"]))
        def on_topic(event, context):
            for record in event["Records"]:
                print(record["Sns"]["Message"])
        def on_event(event, context):
            print(event["detail"])
        def on_request(event, context):
            return {"statusCode": 200, "body": event["pathParameters"]["id"]}
        def helper(event, context):
            return event["Records"]
        def dispatching(event, context):
            return app.resolve(event, context)
        def unknown(event, context):
            return helper(event, context)
        """
    found = {entry.function: (entry.kind, entry.transport) for entry in entries(source)}
    assert found == {
        "app:on_queue": ("handler", "sqs"),
        "app:on_topic": ("handler", "sns"),
        "app:on_event": ("handler", "eventbridge"),
        "app:on_request": ("route", ""),
    }


def test_a_handler_is_known_by_its_event_though_its_context_is_not_used_and_its_file_tries_it_out() -> None:
    source = """
        from aws_lambda_powertools.utilities.data_classes import DynamoDBStreamEvent
        from aws_lambda_typing import context, events
        def lambda_handler(event: events.SQSEvent, _: context.Context): ...
        def handler(event_data, _context):
            for record in DynamoDBStreamEvent(event_data).records: ...
        def tried(event, context):
            return [work(record) for record in event["Records"]]
        def work(record):
            return deeper(record)
        def deeper(record):
            return record["body"]
        def two(event, _): ...
        if __name__ == "__main__":
            tried({"Records": []}, None)
        """
    found = {entry.function: entry.transport for entry in entries(source) if entry.kind == "handler"}
    assert found == {"app:lambda_handler": "sqs", "app:handler": "dynamodb-stream", "app:tried": "sqs"}


def test_typed_and_decorated_events() -> None:
    source = """
        from aws_lambda_powertools.utilities.data_classes import SQSEvent, SNSEvent, event_source
        @event_source(data_class=SNSEvent)
        def on_topic(event, context): ...
        def on_queue(event: SQSEvent, context): ...
        """
    found = {entry.function: entry.transport for entry in entries(source)}
    assert found == {"app:on_topic": "sns", "app:on_queue": "sqs"}


def test_what_a_handler_hands_its_event_to_reads_counts() -> None:
    source = """
        def caller(event):
            return context_of(event)
        def context_of(request):
            return request.get("requestContext", {})
        def records(event):
            return [record["body"] for record in event["Records"]]
        def place(event, context):
            return {"statusCode": 200, "body": caller(event)}
        def work(event, context):
            return [print(record) for record in records(event)]
        def tick(event, context):
            return {"statusCode": 200}
        """
    found = {entry.function: (entry.kind, entry.transport) for entry in entries(source)}
    assert found == {"app:place": ("route", ""), "app:work": ("handler", "sqs")}


def test_background_functions_are_known_by_what_they_read_of_their_event() -> None:
    source = """
        import base64
        def on_message(data, context):
            print(base64.b64decode(data["data"]))
        def on_file(event, context):
            print(event["bucket"], event["name"])
        def describe(data, context):
            return data["data"]
        """
    found = {entry.function: entry.transport for entry in entries(source)}
    assert found == {"app:on_message": "google-cloud-pubsub", "app:on_file": "gcs"}


def test_route_that_unpacks_a_pushed_envelope_is_a_handler() -> None:
    source = """
        import base64, json
        from flask import Flask, request
        import functions_framework
        app = Flask(__name__)
        def unpacked():
            message = request.get_json()["message"]
            return json.loads(base64.b64decode(message["data"]))
        @app.post("/pushed")
        def pushed():
            return unpacked()
        @app.post("/pictures")
        def picture():
            return base64.b64decode(request.get_json()["picture"])
        @app.post("/notes")
        def note():
            return request.get_json()["message"]["data"]
        @functions_framework.http
        def on_push(request):
            return base64.b64decode(request.get_json().get("message").get("data"))
        @functions_framework.http
        def serve(request): ...
        """
    found = {entry.function: (entry.kind, entry.transport) for entry in entries(source)}
    assert found == {
        "app:pushed": ("handler", "google-cloud-pubsub"),
        "app:picture": ("route", ""),
        "app:note": ("route", ""),
        "app:on_push": ("handler", "google-cloud-pubsub"),
        "app:serve": ("route", ""),
    }


def test_route_that_a_sidecar_posts_messages_to_is_a_handler() -> None:
    source = """
        from fastapi import FastAPI
        app = FastAPI()
        @app.get("/dapr/subscribe")
        def subscriptions():
            return [{"pubsubname": "bus", "topic": "orders", "route": "/on-order"}]
        @app.post("/on-order")
        def on_order(event: dict): ...
        @app.post("/on-payment")
        def on_payment(event: dict): ...
        @app.post("/pay")
        def pay(): ...
        """
    subscription = FunctionEvent(
        function="",
        module=None,
        handler="",
        kind="subscription",
        file="s.yaml",
        line=1,
        name="paid",
        path="/on-payment",
    )
    found = {entry.function: (entry.kind, entry.name) for entry in entries(source, Deployment(events=(subscription,)))}
    assert found["app:on_order"] == ("handler", "orders")
    assert found["app:on_payment"] == ("handler", "paid")
    assert found["app:pay"] == ("route", "POST /pay")
