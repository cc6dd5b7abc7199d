"""Kinds that describe message brokers and task queues."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

_DELIVERY = "at-least-once at-most-once exactly-once"

KINDS: tuple[Kind, ...] = (
    kind(
        "publish",
        "A call that sends a message, an event or a task.",
        "topic payload key headers exchange routing_key queue envelope partition ordering_key correlation_id "
        "message_id dedup_id args kwargs func sender reply_to delay eta ttl on_delivery callback stream list target "
        "topic_arn subject event_type source mode qos extra_headers request timeout pubsub operation retry options "
        "structure",
        text="partial confirm_by keyed_by inside",
        flag="batch blocking in_process after_commit enveloped broadcast registry transient",
        form="message event command task task-inline rpc rpc-reply signal stream list socket delayed delayed-set "
        "binding workflow kv event-factory query",
        confirm="return await future callback flush none configured",
        keyed="log group configured",
        example='call = "acme.bus.emit"\ntopic = [0, "topic"]\npayload = [1, "event"]\nkey = "key"',
    ),
    kind(
        "publish_decorator",
        "A decorator whose function's return value (or named parameter, slot `arg`) is published.",
        "topic key headers partition exchange routing_key stream list arg",
        form="message",
    ),
    kind(
        "signature",
        "Prepares a task or message that is published later.",
        "topic args kwargs func task tasks queue message_id dedup_id callback headers delay eta lock priority",
    ),
    kind(
        "flush",
        "Waits for, or serves, outstanding deliveries of a producer.",
        "timeout",
        form="poll enable_confirms close",
        example='call = "acme.bus.Producer.drain"',
    ),
    kind(
        "envelope",
        "A message object that a publishing call takes.",
        "payload headers correlation_id message_id key partition topic queue event_type type source subject reply_to "
        "ttl eta args kwargs options envelope delivery_mode",
        example='call = "acme.bus.Envelope"\npayload = [0, "body"]\ncorrelation_id = "correlation_id"',
    ),
    kind(
        "serializer",
        "Turns an event into bytes, headers or a broker message, by a schema if one is given.",
        "payload key schema",
        flag="registry",
    ),
    kind(
        "deserializer",
        "Turns bytes or text into data; with slot `entity`, into an object of that class when it is given.",
        "payload entity",
        example='call = "acme.wire.read"\npayload = [0, "data"]',
    ),
    kind("destination", "Builds the full name of a topic or subscription.", "project topic"),
    kind(
        "consumer",
        "Reads messages: poll loops, iteration, callbacks registered by a call.",
        "topic handler group_id auto_ack queue stream pattern dead_letter mode config durable manual_ack qos schedule "
        "timeout max_records sender visibility pubsub",
        text="yields",
        flag="in_process many",
        list="signature",
        declares="queue subscription",
        form="poll register_callback subscribe iterate run reclaim construct assign decorator assign_callback",
        delivery=_DELIVERY,
        required="form",
        example='call = "acme.bus.listen"\nform = "register_callback"\ntopic = [0, "topic"]\nhandler = [1, "fn"]',
    ),
    kind(
        "handler",
        "A decorator that makes a function the handler of messages, events or tasks.",
        "topic queue stream list exchange route source_service group_id handler message batch max_retries max_tries "
        "retry retry_for retry_when throws bind acks_late reject_on_worker_lost base schedule durable pull lock "
        "queueing_lock requeue reliable handler_type dead_letter event_class processor sender pubsub",
        text="produces topic_default requeue_when",
        flag="bare in_process after_commit",
        number="message_position",
        declares="queue subscription",
        form="message event command task task-wrapper periodic signal stream rpc hook domain-event binding query",
        ack="before after configured",
        delivery=_DELIVERY,
        example='call = "acme.bus.on"\nform = "event"\ntopic = [0, "event_type"]',
    ),
    kind(
        "handler_class",
        "A base class whose overridden methods handle messages (`*`: a method per message type).",
        list="override",
        delivery=_DELIVERY,
        example='call = "acme.bus.Consumer"\noverride = ["on_message"]',
    ),
    kind(
        "event_source",
        "The event a serverless platform hands to a function, and where its parts are.",
        text="source records partial",
        table="attributes",
        delivery=_DELIVERY,
    ),
    kind(
        "message",
        "A received message: which attribute (`name()` when it is a method) holds what.",
        "payload headers",
        table="attributes",
        form="function",
        example='call = "acme.bus.Message"\nattributes = {payload = "body", headers = "headers"}',
    ),
    kind(
        "ack",
        "Settles a message.",
        "message requeue topic multiple offsets group_id transaction reason callback reject_redelivered "
        "ignore_processed request timeout wait mode retry delay qos event handler processor event_type",
        flag="requeues raised",
        action="ack nack reject extend commit_offset store_offset delete scope requeue defer dead_letter checkpoint",
        scope="partition",
        required="action",
        example='call = "acme.bus.Message.done"\naction = "ack"',
    ),
    kind(
        "auto_ack",
        "A switch (argument, property or setting) that settles messages without an explicit call; with slot `handler` "
        "only where that is given.",
        "switch group_id handler",
        text="inherits",
        value="when",
        flag="default legacy",
        ack="before timer after",
        required="when",
    ),
    kind(
        "dead_letter",
        "Where dead-letter routing is declared.",
        "topic exchange routing_key limit queue_type ttl sub_queue policy exc message_id args kwargs confirm retry",
        mechanism="amqp-queue-argument redrive-policy consumer-policy subscription-policy subscription-config "
        "target-config on-failure-destination task-hook built-in none",
        required="mechanism",
    ),
    kind(
        "broker_retry",
        "Redelivery or resending that a broker library does itself.",
        "count delay backoff backoff_max min_backoff max_backoff jitter timeout acks switch exceptions exclude throws "
        "retry_when policy func kwargs exc eta wait",
        value="default",
        flag="raised",
        scope="task consumer producer",
    ),
    kind(
        "broker_dedupe",
        "Duplicates a broker or task queue drops itself.",
        "dedup_id switch",
        flag="default",
        mechanism="idempotent-producer job-id-unique fifo-dedup-5-minutes fifo-content-dedup unique-index "
        "message-id-window exactly-once-delivery duplicate-detection-window sequence-id none",
    ),
    kind(
        "producer_transaction",
        "Transactions of a broker (they do not cover a database).",
        "transaction offsets group transactional_id",
        action="begin commit abort send_offsets enable init scope",
        required="action",
    ),
    kind(
        "declare",
        "Declares a queue, exchange, topic or subscription.",
        "topic exchange queue routing_key exchange_type durable arguments passive group_id label request push protocol "
        "endpoint pattern target source handler dlq retries partial consumer auto_ack exclusive auto_delete mode",
        text="settings_of",
        list="modes",
        entity="queue exchange binding topic subscription consumer-group stream rule event-source-mapping "
        "worker-routing",
        required="entity",
    ),
    kind(
        "setting",
        "A setting of a library, by name, and its default.",
        "switch propagator",
        value="default",
        list="values",
        form="isolation call environment keyword",
    ),
    kind(
        "topic_prefix",
        "A router of message handlers and publishers or, with slot `child`, its inclusion in another: the prefix goes "
        "in front of the topics declared on it.",
        "prefix child",
        example='call = "acme.bus.Router.attach"\nchild = [0, "router"]\nprefix = "prefix"',
    ),
    kind("hook", "Runs around publishing or handling.", "message handler", flag="in_process"),
    kind(
        "transport",
        "What carries the messages of the named libraries or APIs; the longest beginning that fits decides.",
        list="carries",
        required="carries",
        example='name = "acme-bus"\ncarries = ["acme.bus"]',
    ),
    kind("signal_object", "An in-process signal that functions connect to.", flag="in_process"),
)
