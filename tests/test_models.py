"""Library knowledge: what is known of well-known calls, how users add their own, and that the data keeps its schema."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import edanalyze
from edanalyze.models import Api, ModelError, Models, Slot, digest, load, load_all
from edanalyze.models import index as index_module
from edanalyze.models.load import DATA, document, files_for, tables_of
from edanalyze.models.rows import check
from edanalyze.models.schema import ATTRIBUTE_MEANINGS, COMMON, KINDS, SLOT_MEANINGS, describe

DOCS = Path(__file__).parents[1] / "docs" / "models.md"
FILES = sorted(path.stem for path in DATA.glob("*.toml"))


@pytest.fixture(scope="module")
def everything() -> Models:
    return load_all()


def one(models: Models, dotted: str, kind: str) -> Api:
    (api,) = models.find(dotted, kind)
    return api


# ------------------------------------------------------------------ well-known calls


@pytest.mark.parametrize(
    ("dotted", "kind", "slots", "data"),
    [
        ("requests.get", "http", {"url": (0, "url"), "timeout": (None, "timeout")}, {"method": "GET"}),
        ("requests.api.get", "http", {"url": (0, "url")}, {"method": "GET"}),
        ("requests.request", "http", {"method_arg": (0, "method"), "url": (1, "url")}, {}),
        (
            "httpx.AsyncClient.post",
            "http",
            {"url": (0, "url"), "json": (None, "json")},
            {"method": "POST", "async": True},
        ),
        ("aiohttp.ClientSession.get", "http", {"url": (0, "url")}, {"method": "GET"}),
        (
            "confluent_kafka.Producer.produce",
            "publish",
            {"topic": (0, "topic"), "key": (2, "key")},
            {"confirm": "callback"},
        ),
        ("aiokafka.AIOKafkaProducer.send_and_wait", "publish", {"payload": (1, "value")}, {"confirm": "await"}),
        ("kafka.producer.KafkaProducer.send", "publish", {"headers": (3, "headers")}, {"confirm": "future"}),
        ("boto3.client:sqs.send_message", "publish", {"payload": (None, "MessageBody")}, {"confirm": "return"}),
        ("boto3.client:events.put_events", "publish", {}, {"partial": "FailedEntryCount", "batch": True}),
        ("celery.app.task.Task.delay", "publish", {}, {"form": "task"}),
        ("celery.Task.apply_async", "publish", {"args": (0, "args"), "kwargs": (1, "kwargs")}, {"form": "task"}),
        (
            "celery.shared_task",
            "handler",
            {"topic": (None, "name")},
            {"produces": "celery.app.task.Task", "bare": True},
        ),
        ("django.db.transaction.atomic", "scope", {}, {"on_success": "commit", "nested": "savepoint"}),
        ("django.db.transaction.on_commit", "after_commit", {"handler": (0, "func")}, {}),
        ("sqlalchemy.orm.Session.commit", "commit", {}, {"scope": "session"}),
        (
            "sqlalchemy.orm.session.Session.add",
            "write",
            {"entity": (0, "instance")},
            {"verb": "insert", "executes": "flush"},
        ),
        ("django.db.models.Model.save", "write", {}, {"durable": "autocommit"}),
        ("fastapi.FastAPI.get", "route", {"path": (0, "path")}, {"method": "GET", "path_syntax": "starlette"}),
        ("flask.Flask.route", "route", {"path": (0, "rule")}, {"default_methods": ["GET"]}),
        ("fastapi.FastAPI.include_router", "include", {"child": (0, "router")}, {"prefix_rule": "concatenate"}),
        ("nameko.events.event_handler", "handler", {"topic": (1, "event_type")}, {"message_position": 1}),
        ("nameko.events.EventDispatcher.__call__", "publish", {"topic": (0, None), "payload": (1, None)}, {}),
        ("faststream.kafka.KafkaBroker.subscriber", "handler", {}, {"form": "message"}),
        ("faust.App.agent", "handler", {"topic": (0, "channel")}, {"produces": "faust.Agent"}),
        ("redis.Redis.set", "dedupe", {}, {"idiom": "set-if-absent"}),
        ("pika.channel.Channel.basic_ack", "ack", {}, {"action": "ack"}),
        ("tenacity.retry", "retry", {"stop": (None, "stop")}, {"form": "decorator", "bare": True}),
        ("stripe.Charge.create", "payment", {"idempotency_key": (None, "idempotency_key")}, {"verb": "charge"}),
        ("smtplib.SMTP_SSL.send_message", "mail", {"envelope": (0, "msg")}, {}),
        ("fastapi.BackgroundTasks.add_task", "deferred", {"handler": (0, "func")}, {"form": "background"}),
        ("concurrent.futures.ThreadPoolExecutor.submit", "deferred", {"handler": (0, None)}, {"form": "pool"}),
        ("asyncio.gather", "concurrent", {}, {"form": "gather"}),
        ("opentelemetry.propagate.inject", "propagation", {"carrier": (0, "carrier")}, {"direction": "outbound"}),
        ("grpc.insecure_channel", "rpc_channel", {"target": (0, "target")}, {"returns": "grpc.Channel"}),
    ],
)
def test_well_known_call_is_described(
    everything: Models,
    dotted: str,
    kind: str,
    slots: dict[str, tuple[int | None, str | None]],
    data: dict[str, object],
) -> None:
    api = one(everything, dotted, kind)
    assert {role: (api.slots[role].pos, api.slots[role].kw) for role in slots} == slots
    assert {key: api.data.get(key) for key in data} == data


def test_every_kind_has_rows(everything: Models) -> None:
    counts = {name: len(everything.of_kind(name)) for name in KINDS if name not in ("class", "shape")}
    assert [name for name, count in counts.items() if not count] == []
    assert counts["http"] > 200 and counts["publish"] > 190 and counts["write"] > 290 and counts["route"] > 200


def test_exact_arguments_of_amqp_are_told_apart(everything: Models) -> None:
    api = one(everything, "pika.channel.Channel.basic_publish", "publish")
    assert "topic" not in api.slots
    assert (api.slots["exchange"].pos, api.slots["routing_key"].pos, api.slots["payload"].pos) == (0, 1, 2)
    assert api.slots["headers"] == Slot(pos=3, kw="properties", field="headers")


# ------------------------------------------------------------------ classes and what calls return


def test_method_is_found_along_the_bases(everything: Models) -> None:
    assert everything.method("requests_toolbelt.sessions.BaseUrlSession", "post", "http")[0].call.endswith(
        "Session.post"
    )
    assert everything.method("sqlmodel.Session", "rollback", "rollback")[0].data["scope"] == "session"
    assert everything.bases("rest_framework.generics.ListAPIView")[-1] == "django.views.View"


def test_test_client_hides_the_client_it_inherits(everything: Models) -> None:
    assert everything.method("httpx.Client", "get", "http")
    assert everything.bases("starlette.testclient.TestClient")
    assert everything.method("starlette.testclient.TestClient", "get", "http") == ()
    assert everything.method("starlette.testclient.TestClient", "get")[0].kind == "test_double"


def test_any_import_path_of_a_class_leads_to_its_methods(everything: Models) -> None:
    assert everything.canonical("httpx._client.AsyncClient.get") == "httpx.AsyncClient.get"
    assert everything.find("httpx._client.AsyncClient.get") == everything.find("httpx.AsyncClient.get") != ()
    assert everything.is_class("sqlalchemy.orm.session.Session")
    assert not everything.is_class("requests.get")


@pytest.mark.parametrize(
    ("dotted", "cls"),
    [
        ("requests.session", "requests.Session"),
        ("requests.Session", "requests.Session"),
        ("pika.BlockingConnection", "pika.BlockingConnection"),
        ("pika.BlockingConnection.channel", "pika.adapters.blocking_connection.BlockingChannel"),
        ("sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.sessionmaker"),
        ("sqlalchemy.orm.sessionmaker.__call__", "sqlalchemy.orm.Session"),
        ("sqlalchemy.orm.sessionmaker.begin", "sqlalchemy.orm.Session"),
        ("sqlalchemy.ext.asyncio.AsyncEngine.begin", "sqlalchemy.ext.asyncio.AsyncConnection"),
        ("flask_sqlalchemy.SQLAlchemy.session", "sqlalchemy.orm.scoped_session"),
        ("django.db.models.Model.objects", "django.db.models.Manager"),
        ("django.db.models.Manager.filter", "django.db.models.QuerySet"),
        ("sqlalchemy.dialects.postgresql.Insert.values", "sqlalchemy.dialects.postgresql.Insert"),
        ("aio_pika.RobustChannel.default_exchange", "aio_pika.Exchange"),
        ("grpc.Channel.unary_unary", "grpc.UnaryUnaryMultiCallable"),
        ("requests.compat.urlparse", None),
    ],
)
def test_class_of_a_result(everything: Models, dotted: str, cls: str | None) -> None:
    assert everything.returns(dotted) == cls


def test_generated_client_depends_on_the_literal_argument(everything: Models) -> None:
    assert everything.returns("boto3.client", {0: "sqs"}) == "boto3.client:sqs"
    assert everything.returns("boto3.client", {"service_name": "sns"}) == "boto3.client:sns"
    assert everything.returns("boto3.session.Session.resource", lambda slot: "sqs" if slot.pos == 0 else None) == (
        "boto3.resource:sqs"
    )
    assert everything.returns("boto3.client") is None
    assert everything.returns("boto3.client", {"region_name": "eu-west-1"}) is None


# ------------------------------------------------------------------ shapes


@pytest.mark.parametrize(
    ("receiver", "method", "kind"),
    [
        ("session", "commit", "commit"),
        ("_db_session", "commit", "commit"),
        ("uow", "rollback", "rollback"),
        ("event_bus", "publish", "publish"),
        ("send_invoice", "delay", "publish"),
        ("collection", "insert_one", "write"),
        ("http_client", "post", "http"),
        ("message", "ack", "ack"),
        ("mailer", "send", "mail"),
    ],
)
def test_unresolved_call_is_judged_by_its_names(receiver: str, method: str, kind: str) -> None:
    assert kind in {shape.api.kind for shape in load([]).shape(receiver, method)}


@pytest.mark.parametrize(
    ("receiver", "method"),
    [
        ("obsession", "commit"),
        ("repo", "commit"),
        ("worker_pool", "apply_async"),
        ("cache", "get"),
        ("tabs", "publish"),
    ],
)
def test_unrelated_names_have_no_shape(receiver: str, method: str) -> None:
    assert load([]).shape(receiver, method) == ()


def test_shape_says_whether_an_argument_must_look_like_a_url() -> None:
    models = load([])
    (get,) = models.shape("client", "get")
    (delete,) = models.shape("session", "delete")
    assert (get.url_required, get.api.data["method"], get.api.call) == (True, "GET", "")
    assert delete.url_required is False
    assert models.shape("session", "commit")[0].url_required is None


# ------------------------------------------------------------------ loading


def test_only_imported_libraries_are_loaded() -> None:
    models = load(["os", "requests.adapters"])
    assert models.find("requests.get") and models.of_kind("header")
    assert models.find("httpx.get") == () == models.find("django.db.transaction.atomic")


def test_library_brings_those_whose_classes_it_extends() -> None:
    assert {"fastapi", "starlette"} <= set(files_for(["fastapi"]))
    assert "requests" in files_for(["requests_toolbelt.sessions"])


def test_import_of_a_namespace_package_reaches_what_lies_below() -> None:
    assert "google_cloud_pubsub" in files_for(["google.cloud"])
    assert "google_cloud_pubsub" in files_for(["google.cloud.pubsub_v1.types"])
    assert "google_cloud_pubsub" not in files_for(["google.cloudy", "googl"])


def test_importing_the_package_reads_no_data() -> None:
    program = (
        "import sys, pathlib; pathlib.Path.read_bytes = pathlib.Path.read_text = None; "
        "import edanalyze.models; print('tomllib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_digest_is_stable() -> None:
    assert digest() == digest() and len(digest()) == 64


# ------------------------------------------------------------------ a user's own tables


def test_own_wrapper_is_known_beside_the_libraries() -> None:
    models = load(
        ["requests"],
        {
            "publish": [{"call": "acme.bus.emit", "topic": 0, "payload": "event"}],
            "http": [{"call": "acme.http.{get,put}", "method": "*", "url": [0, "path"]}],
            "class": [{"call": "acme.http.Client", "bases": ["requests.Session"]}],
        },
    )
    assert one(models, "acme.bus.emit", "publish").slots == {"topic": Slot(pos=0), "payload": Slot(kw="event")}
    assert one(models, "acme.http.put", "http").data["method"] == "PUT"
    assert models.method("acme.http.Client", "get", "http")[0].call == "requests.Session.get"
    assert [api.call for api in models.own] == ["acme.bus.emit", "acme.http.get", "acme.http.put"]
    assert {api.origin for api in models.own} == {"pyproject.toml"}


def test_own_row_comes_before_that_of_the_library() -> None:
    models = load(["requests"], {"http": [{"call": "requests.get", "method": "POST", "url": 1}]})
    assert models.find("requests.get", "http")[0].data["method"] == "POST"


def test_all_problems_of_own_tables_are_told_at_once() -> None:
    with pytest.raises(ModelError) as caught:
        load(
            [],
            {
                "publish": [{"call": "a.b", "topic": -1, "paylod": 0}, {"topic": 0}],
                "ack": [{"call": "a.c", "action": "swallow"}],
                "scope": [{"call": "a.d"}],
                "retry": [{"call": "a.e", "bare": "yes", "max_attempts": {"pos": 0, "keyword": "n"}}],
                "wirte": [{"call": "a.f"}],
                "shape": [{"receiver": "x", "method": "y", "as": {"kind": "commit", "scope": "galaxy"}}],
                "http": {"call": "a.g"},
            },
        )
    told = {(problem.kind, problem.index, problem.key) for problem in caught.value.problems}
    assert told == {
        ("publish", 0, "topic"),
        ("publish", 0, "paylod"),
        ("publish", 1, "call"),
        ("ack", 0, "action"),
        ("scope", 0, "on_success"),
        ("retry", 0, "bare"),
        ("retry", 0, "max_attempts"),
        ("wirte", 0, ""),
        ("shape", 0, "as"),
        ("http", 0, ""),
    }
    assert "pyproject.toml: [[publish]] number 1.paylod: publish has no such key" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (0, Slot(pos=0)),
        ("url", Slot(kw="url")),
        ([2, "url"], Slot(pos=2, kw="url")),
        ("*", Slot(pos=0, variadic=True)),
        ("*2", Slot(pos=2, variadic=True)),
        ("**", Slot(rest=True)),
        ("headers[x-request.id]", Slot(kw="headers", entry="x-request.id")),
        ([0, "[enable.auto.commit]"], Slot(pos=0, entry="enable.auto.commit")),
        ("message.body", Slot(kw="message", field="body")),
        ({"pos": 1, "kw": "n", "default": 3}, Slot(pos=1, kw="n", default=3)),
    ],
)
def test_slot_notation(written: object, meant: Slot) -> None:
    models = load([], {"publish": [{"call": "acme.emit", "topic": written}]})
    assert one(models, "acme.emit", "publish").slots["topic"] == meant


@pytest.mark.parametrize("written", [True, 1.5, "", "a b", "[x]", [0], [0, 1], ["url", 0], {}, {"pos": "0"}])
def test_what_is_no_slot_is_refused(written: object) -> None:
    with pytest.raises(ModelError):
        load([], {"publish": [{"call": "acme.emit", "topic": written}]})


# ------------------------------------------------------------------ the data and the page keep the schema


@pytest.mark.parametrize("file", FILES)
def test_data_file_follows_the_schema(file: str) -> None:
    assert [str(problem) for problem in check(tables_of(document(file)), f"{file}.toml")] == []
    head = document(file)["library"]
    assert set(head) <= {"name", "imports", "versions"} and head["name"]
    assert file == "core" or head["imports"]


def test_the_page_says_of_which_kinds_nothing_but_the_call_is_taken() -> None:
    page = DOCS.read_text(encoding="utf-8")
    said = page.partition("### What is only known")[2].partition("## ")[0]
    engine = Path(edanalyze.__file__).parent
    sources = [file for file in engine.rglob("*.py") if "schema" not in file.parts]
    text = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    assert set(re.findall(r"`(\w+)`", said)) == {kind for kind in KINDS if f'"{kind}"' not in text}


def test_index_is_up_to_date() -> None:
    assert index_module.PATH.read_text(encoding="utf-8") == index_module.render(), (
        "run python -m edanalyze.models.index"
    )


def test_referenced_classes_are_known(everything: Models) -> None:
    unknown = {
        base
        for file in FILES
        for row in tables_of(document(file)).get("class", ())
        for base in row.get("bases", ())
        if not everything.is_class(base)
    }
    assert unknown == set()


def test_one_name_stands_for_one_thing(everything: Models) -> None:
    for file in FILES:
        for row in tables_of(document(file)).get("class", ()):
            for name in [row["call"]] if isinstance(row["call"], str) else row["call"]:
                if "{" not in name:
                    assert everything.canonical(name) == name


def test_shapes_are_valid_patterns(everything: Models) -> None:
    for shape in everything.shapes:
        re.compile(shape.receiver)


def test_page_describes_every_kind_and_key() -> None:
    assert DOCS.read_text(encoding="utf-8").endswith(describe()), "docs/models.md does not end with schema.describe()"


def test_every_attribute_is_explained_and_no_explanation_is_left_over() -> None:
    attributes = {
        (kind.name, key) for kind in KINDS.values() for key in kind.attributes if key not in COMMON and key != "as"
    }
    unexplained = {
        f"{kind}.{key}"
        for kind, key in attributes
        if f"{kind}.{key}" not in ATTRIBUTE_MEANINGS and key not in ATTRIBUTE_MEANINGS
    }
    used = {key for _, key in attributes} | {f"{kind}.{key}" for kind, key in attributes}
    slots = {slot for kind in KINDS.values() for slot in kind.slots}
    assert unexplained == set()
    assert set(ATTRIBUTE_MEANINGS) - used == set() == set(SLOT_MEANINGS) - slots


def test_examples_of_the_page_are_valid() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) > 30
    for block in blocks:
        tables = msgspec.toml.decode(block.encode())["tool"]["edanalyze"]
        load([], tables)
