"""What systems are operated with: the signs in alerts, dashboards, templates and scripts, and what is none."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from edanalyze import api
from edanalyze.discover.operation import find_means, signs
from edanalyze.models.load import library
from tests.analyse.systems import system


def shown(folder: Path, name: str, text: str) -> set[tuple[str, str]]:
    """Kinds and transports of what one file shows."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    (folder / "pyproject.toml").touch()
    files = api.load_project([folder]).deploy_files
    return {(each.kind, transport) for each in find_means(files) for transport in each.transports or ("",)}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("rules.yml", "expr: sum(kafka_consumergroup_lag) by (group) > 100", {("lag", "kafka")}),
        ("dashboard.json", '{"expr": "kafka_consumergroup_group_max_lag_seconds"}', {("lag", "kafka")}),
        ("compose.yaml", "services:\n  lag:\n    image: danielqsj/kafka-exporter:v1.7\n", {("lag", "kafka")}),
        ("k8s/exporter.yaml", "image: seglo/kafka-lag-exporter:0.8", {("lag", "kafka")}),
        ("flower.yml", "command: celery flower --port=5555", {("lag", "celery")}),
        ("exporter.yml", "image: danihodovic/celery-exporter", {("lag", "celery")}),
        ("alarm.tf", 'metric_name = "ApproximateAgeOfOldestMessage"', {("lag", "sqs"), ("lag", "celery")}),
        ("lambda.yaml", "MetricName: IteratorAge", {("lag", "kinesis"), ("lag", "dynamodb-stream"), ("lag", "kafka")}),
        ("pubsub.tf", "metric.type = subscription/oldest_unacked_message_age", {("lag", "pubsub")}),
        ("reset.sh", "kafka-consumer-groups.sh --group a --reset-offsets --to-earliest", {("replay", "kafka")}),
        ("Makefile", "redrive:\n\taws sqs start-message-move-task --source-arn x", {("replay", "sqs")}),
        ("requeue.sh", "rq requeue --all --queue high", {("replay", "rq"), ("replay", "django_rq")}),
        ("compose.yaml", "services:\n  r:\n    image: confluentinc/cp-schema-registry:7\n", {("compatibility", "")}),
        ("buf.yaml", "breaking:\n  use:\n    - FILE\n", {("compatibility", "")}),
    ],
)
def test_signs_are_found(tmp_path: Path, name: str, text: str, expected: set[tuple[str, str]]) -> None:
    assert shown(tmp_path, name, text) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rules.yml", "# expr: kafka_consumergroup_lag > 100"),
        ("rules.yml", "expr: my_kafka_consumergroup_lagging"),
        ("README.md", "Watch kafka_consumergroup_lag."),
        ("notes.yaml", "breaking: yes"),
        ("app.json", '{"lag": 3}'),
    ],
    ids=["comment", "part of a word", "prose", "another file", "a mere word"],
)
def test_what_is_no_sign(tmp_path: Path, name: str, text: str) -> None:
    assert shown(tmp_path, name, text) == set()


def test_the_depth_of_a_queue_is_that_of_dead_letters_where_the_text_around_says_so(tmp_path: Path) -> None:
    template = """
        Resources:
          OrdersBacklog:
            Type: AWS::CloudWatch::Alarm
            Properties:
              MetricName: ApproximateAgeOfOldestMessage
              Dimensions: [{Name: QueueName, Value: orders}]
          OrdersDeadLetters:
            Type: AWS::CloudWatch::Alarm
            Properties:
              MetricName: ApproximateNumberOfMessagesVisible
              Dimensions: [{Name: QueueName, Value: orders-dlq}]
        """
    assert {("lag", "sqs"), ("dead letters", "sqs")} <= shown(tmp_path, "template.yaml", template)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('from prometheus_client import Gauge\nlag = Gauge("shop_consumer_lag_seconds", "how far behind")', "lag"),
        ('from prometheus_client import Gauge\nDEPTH = "orders_dlq_depth"\nGauge(name=DEPTH)', "dead letters"),
        ('import prometheus_client as p\np.Counter("messages_dead_lettered_total", "")', "dead letters"),
        ('from prometheus_client import Gauge\nGauge("orders_queue_depth", "")', "lag"),
        ('from prometheus_client import Gauge\nGauge("outbox_messages_unsent", "")', "lag"),
        ('from opentelemetry import metrics\nmetrics.get_meter("a").create_observable_gauge("queue.backlog")', "lag"),
        (
            'from statsd import StatsClient\nclient = StatsClient()\nclient.gauge("parking-lot.poison", 1)',
            "dead letters",
        ),
        ('from datadog import statsd\nstatsd.gauge("orders.oldest_message_age", 3)', "lag"),
        ('import boto3\nboto3.client("sqs").start_message_move_task(SourceArn="arn")', "replay"),
        ('from rq.registry import FailedJobRegistry\nFailedJobRegistry(queue=None).requeue("1")', "replay"),
        ('from kafka import KafkaConsumer\nKafkaConsumer("a").seek_to_beginning()', "replay"),
        ('from prometheus_client import Gauge\nGauge("flag_state", "")\nGauge("pending_migrations", "")', None),
        ('from kafka import KafkaConsumer\nKafkaConsumer("a").seek(0, 1)', None),
    ],
)
def test_metrics_and_what_brings_messages_back_are_found_in_code(
    tmp_path: Path, code: str, expected: str | None
) -> None:
    made = system(tmp_path, {"app.py": code})
    assert [each.kind for each in made.operations.find()] == ([expected] if expected else [])


REDRIVE = """
    import click
    import pika

    channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()

    @click.command()
    def {name}():
        channel.basic_publish("", "orders", b"{{}}")
    """


@pytest.mark.parametrize(("name", "found"), [("replay_orders", True), ("requeue", True), ("import_orders", False)])
def test_a_command_that_sends_again_is_a_tool_by_its_name(tmp_path: Path, name: str, found: bool) -> None:
    made = system(tmp_path, {"app.py": REDRIVE.format(name=name)})
    assert [each.name for each in made.operations.find()] == ([f"`{name}`"] if found else [])


@pytest.mark.parametrize(
    ("queue", "sends", "found"), [("orders.dlq", True, True), ("orders", True, False), ("orders.dlq", False, False)]
)
def test_a_consumer_of_dead_letters_that_sends_them_on_is_a_tool(
    tmp_path: Path, queue: str, sends: bool, found: bool
) -> None:
    work = 'ch.basic_publish("", "orders", body)' if sends else "print(body)"
    code = f"""
        import pika
        channel = pika.BlockingConnection(pika.ConnectionParameters("rabbitmq")).channel()
        def again(ch, method, properties, body):
            {work}
            ch.basic_ack(method.delivery_tag)
        channel.basic_consume("{queue}", again)
        """
    assert bool(list(system(tmp_path, {"app.py": code}).operations.find())) == found


def test_signs_are_for_transports_that_exist() -> None:
    known = {str(row.data["name"]) for row in library("core").apis if row.kind == "transport"}
    libraries = {"rq", "django_rq", "dramatiq"}  # whose own name stands for the transport
    assert {transport for sign in signs().sign for transport in sign.transports} <= known | libraries
