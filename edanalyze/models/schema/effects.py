"""Kinds that describe classes and factories, effects beyond HTTP and brokers, and shapes of unresolved calls."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

KINDS: tuple[Kind, ...] = (
    kind(
        "class",
        "A class: other import paths (`also`) and base classes, nearest first.",
        list="bases",
        example='call = "acme.http.Client"\nbases = ["httpx.Client"]',
    ),
    kind(
        "factory",
        "A call (constructor, function, method, property) that returns an object of a known class. `{slot}` in "
        "`returns` is replaced by that argument, `self` is the receiver's class.",
        "url topic service label group_id autocommit config key bind mode hosts host sub_queue exchange routing_key "
        "queue handler dead_letter isolation_level session_class factory confirms auto_ack transaction connection "
        "channel connector base_url app settings options partition broker entity sql immediate",
        role="connection producer client consumer app resource channel queue exchange topic pipeline session envelope "
        "socket database cursor transaction engine collection pool batch document session_factory query instance "
        "statement global_default model manager",
        list="makes",
        example='call = "acme.db.session"\nreturns = "sqlalchemy.orm.Session"',
    ),
    kind(
        "mail",
        "Sends mail.",
        "to subject payload envelope",
        example='call = "acme.mail.send"\nto = [0, "recipient"]',
    ),
    kind(
        "payment",
        "Moves money or prepares to.",
        "amount idempotency_key",
        verb="charge authorise capture refund transfer subscribe invoice checkout",
        example='call = "acme.payments.charge"\nverb = "charge"\namount = [0, "amount"]',
    ),
    kind(
        "deferred",
        "Runs its callable outside the caller's wait.",
        "handler args kwargs",
        text="started_by",
        form="background task thread process pool timer group",
        required="handler",
        example='call = "acme.jobs.spawn"\nhandler = [0, "fn"]\nform = "background"',
    ),
    kind(
        "concurrent",
        "Runs several awaitables or callables side by side and waits for them.",
        "tasks handler items",
        form="gather wait group map",
        example='call = "acme.aio.all_of"\ntasks = "*"\nform = "gather"',
    ),
    kind(
        "invoke",
        "Calls (or awaits) its argument and waits; `wrap` and `bind` give a callable that does.",
        "handler args kwargs",
        form="call await wrap bind",
        required="handler",
        example='call = "acme.aio.in_thread"\nhandler = [0, "fn"]\nform = "call"',
    ),
    kind(
        "own_methods",
        "Runs methods of the receiver's class where a project defines them; a `*` at the end stands for any ending, "
        "`form_class.clean` for a method of the class that the attribute (or method) `form_class` gives. Of a class: "
        "what objects of it run once they are made, where `entity` is given.",
        "entity",
        list="methods",
        required="methods",
        example='call = "acme.forms.Form.check"\nmethods = ["validate", "validate_*"]',
    ),
    kind("sleep", "Waits for time to pass."),
    kind("log", "Writes a log record.", example='call = "acme.log.note"'),
    kind(
        "volatile",
        "Gives another value each time: clock, random numbers, fresh identifiers.",
        form="clock random unique",
    ),
    kind(
        "orm_model",
        "A base class whose instances are table rows.",
        text="switch",
        example='call = "acme.db.Base"',
    ),
    kind(
        "record",
        "A base class or decorator that declares a data class.",
        form="base decorator",
        flavour="dataclass model typed-dict named-tuple attrs struct record serializer",
    ),
    kind(
        "value_type",
        "A class, column or function, and the type of its values.",
        holds="str int float bool bytes datetime date time duration uuid decimal",
        required="holds",
        example='call = "acme.types.Sku"\nholds = "str"',
    ),
    kind(
        "record_dump",
        "Turns an object into a dict or text with all its fields, unless it is told which (slot `fields`).",
        "entity fields",
        flag="whole_row",
        example='call = "acme.db.to_dict"\nentity = [0, "row"]\nwhole_row = true',
    ),
    kind(
        "raw_row",
        "Gives a row as the database keeps it, unless it is told which fields (slot `fields`).",
        "fields",
        example='call = "acme.db.first"',
    ),
    kind(
        "record_load",
        "Makes an object of a class (slot `entity`, else the receiver) of data, and may reject unknown fields.",
        "entity payload",
        example='call = "acme.bus.Event.parse"\npayload = [0, "data"]',
    ),
    kind(
        "validator",
        "Holds data against a JSON Schema.",
        "payload schema",
        required="payload schema",
        example='call = "acme.schemas.check"\npayload = [0, "data"]\nschema = [1, "schema"]',
    ),
    kind(
        "shape",
        "What a call on an unresolved receiver stands for: `receiver` is a regular expression searched in the last "
        "name of the receiver, `as` a table of another kind with its `kind`.",
        text="receiver method",
        flag="url_required",
        required="receiver method as",
        example='receiver = "(?i)(^|_)ledger$"\nmethod = "complete"\nas = {kind = "commit", scope = "session"}',
    ),
)
