"""Kinds that describe safe paths: outbox, idempotency, durable execution, saga."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

_STRENGTH = (
    "atomic store-only after-commit dedupe lock mutex cache durable-execution compensating broker-only "
    "backend-dependent opt-out none"
)

KINDS: tuple[Kind, ...] = (
    kind(
        "outbox",
        "Writes an event row that a relay publishes later.",
        "topic payload key headers envelope args kwargs message_id correlation_id database session connection config "
        "label fields serializer version handler strategy destination retries metadata table",
        text="transport",
        table="attributes",
        form="call outbox_model function_decorator class_decorator config celery_app_subclass",
        strength=_STRENGTH,
        required="strength",
        example='call = "acme.outbox.record"\nform = "call"\nstrength = "atomic"\ntopic = [0, "topic"]\n'
        'payload = [1, "event"]',
    ),
    kind("relay", "Publishes the rows of an outbox.", "storage publisher", form="relay"),
    kind(
        "outbox_consumer",
        "Reads messages that an outbox library delivers.",
        "topic handler message connection visibility max_records",
        form="function_decorator poll ack register_callback",
    ),
    kind(
        "inbox",
        "Remembers handled messages in the handler's transaction.",
        "consumer message_id envelope",
        table="attributes",
        form="call inbox_model function_decorator",
    ),
    kind(
        "transactional_enqueue",
        "Enqueues in the same database and, given its connection, the same transaction.",
        "topic payload headers connection database dedup_id delay priority conflict func args",
        flag="durable",
        form="call connector app function_decorator",
        strength=_STRENGTH,
    ),
    kind(
        "after_commit_enqueue",
        "Enqueues once the transaction has committed; a crash in between loses the message.",
        "handler args",
        form="call function_decorator event-name",
    ),
    kind(
        "event_store",
        "Stores events as the source of truth.",
        "payload upstream position app projection",
        strength=_STRENGTH,
    ),
    kind(
        "idempotency",
        "Guards a handler or a block against repetition.",
        "keys store ttl header methods config table lock switch",
        text="default_header",
        list="applies_to",
        form="function_decorator asgi_middleware django_middleware config store async_context_manager call",
        guards="http function block lambda",
        strength=_STRENGTH,
        example='call = "acme.guard.once"\nform = "function_decorator"\nguards = "function"\nkeys = "key"',
    ),
    kind(
        "task_once",
        "Lets a task run or be queued only once.",
        "keys dedup_id once lock message_id store limit",
        text="raises",
        form="call task_base decorator_option decorator context_manager",
        signal="raises none",
        strength=_STRENGTH,
    ),
    kind(
        "workflow",
        "Durable execution: workflows, activities, steps.",
        "func label args dedup_id retry timeout topic queue payload count reuse conflict signal workflows activities "
        "backoff destination config",
        form="call decorator construct config context_manager",
        role="workflow_entry workflow_class activity step transactional_step start message_handler query_handler "
        "send_message worker retry idempotency_key",
        strength=_STRENGTH,
    ),
    kind(
        "saga",
        "Steps with compensations.",
        "action compensation label queue context on_success on_failure dedup_id retry retries payload handler",
        list="members",
        form="step base_class decorator start compensate construct",
        strength=_STRENGTH,
    ),
    kind(
        "false_friend",
        "A library that its name makes look like something it is not.",
        text="use_instead",
        list="imports",
    ),
    kind("broker_transaction", "Covers messages only, never a database write.", strength=_STRENGTH),
)
