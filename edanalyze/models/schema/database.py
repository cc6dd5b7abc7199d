"""Kinds that describe databases: transactions, writes, guards, hooks."""

from __future__ import annotations

from edanalyze.models.schema.kind import Kind, kind

_SCOPES = "session connection transaction batch pipeline savepoint"
_IDIOMS = (
    "upsert insert-ignore insert-if-absent get-or-create set-if-absent set-membership conditional-put "
    "conditional-update create-if-absent lightweight-transaction explicit-stream-id counter lock work-claim "
    "upsert|insert-ignore"
)

KINDS: tuple[Kind, ...] = (
    kind(
        "scope",
        "Opens a transaction and decides what leaving it does.",
        "database savepoint rollback callback handler values keys args dedup_id switch durable isolation readonly "
        "retry session mode size",
        list="form",
        flag="repeats",
        form="with async-with decorator callback for async-for call object setting manual",
        on_success="commit savepoint close execute none",
        nested="savepoint flat error ignored",
        required="on_success",
        example='call = "acme.db.transaction"\nform = ["with", "decorator"]\non_success = "commit"',
    ),
    kind("begin", "Begins a transaction that a later call ends.", scope=_SCOPES, example='call = "acme.db.begin"'),
    kind(
        "commit",
        "Commits.",
        "database savepoint",
        scope=_SCOPES,
        example='call = "acme.db.UnitOfWork.complete"\nscope = "session"',
    ),
    kind("rollback", "Rolls back.", "database savepoint switch", scope=_SCOPES),
    kind("db_flush", "Sends pending SQL without committing.", "objects"),
    kind(
        "autocommit",
        "Switches autocommit on (`when` is the value that does).",
        "switch database",
        value="when",
        flag="default",
        required="when",
    ),
    kind(
        "write",
        "Changes stored data.",
        "entity values sql statement keys table session database fields update_fields upsert condition ignore "
        "force_insert unique_fields upsert_fields switch cursor merge func dedup changed",
        text="creates changes",
        verb="insert update upsert delete replace raw bulk insert_or_update dml",
        executes="flush commit await callback",
        durable="commit autocommit immediate",
        required="durable",
        example='call = "acme.db.Repository.add"\nverb = "insert"\nentity = [0, "item"]\nexecutes = "flush"\n'
        'durable = "commit"',
    ),
    kind(
        "statement",
        "Builds a statement that another call executes.",
        "entity sql",
        form="dml bulk-op raw-sql condition",
        verb="insert update upsert delete replace not_exists",
    ),
    kind(
        "fetch",
        "Reads rows of a mapped class: the one that `entity` names, or the one that the query was started on.",
        "entity",
        gives="row rows pair query query_class columns",
        required="gives",
        example='call = "acme.db.Repository.find"\ngives = "row"\nentity = [0, "model"]',
    ),
    kind("read_lock", "Reads rows and locks them.", "entity ident nowait skip_locked switch"),
    kind("read_check", "Looks a marker up without setting it.", "keys values"),
    kind(
        "dedupe",
        "A write that tells or ignores a duplicate; `signal` says how the caller learns of it.",
        "keys values switch ttl ttl_ms blocking condition create_values insert_values field table text session "
        "timeout action",
        text="raises",
        idiom=_IDIOMS,
        signal="created upserted_id falsy rowcount counter raises waits none",
        required="idiom",
        example='call = "acme.db.claim"\nidiom = "set-if-absent"\nkeys = [0, "key"]\nsignal = "falsy"',
    ),
    kind("unique", "Declares a unique key.", "switch fields primary_key label condition"),
    kind("integrity_error", "The exception a unique violation raises.", list="codes"),
    kind(
        "after_commit",
        "Runs its callable after the commit.",
        "handler target event session database",
        list="form events",
        form="call decorator event-name blinker-signal",
        example='call = "acme.db.after_commit"\nhandler = [0, "fn"]\nform = ["call"]',
    ),
    kind(
        "in_commit",
        "Runs its callable inside the transaction, before the commit.",
        "connection entity sender event",
        list="form",
        form="event-name signal decorator blinker-signal",
    ),
    kind(
        "cdc",
        "Derives events from committed writes.",
        "topic handler message pipeline resume start",
        flag="durable",
        form="listener change_stream stream_handler change_feed_handler",
        strength="atomic",
    ),
)
