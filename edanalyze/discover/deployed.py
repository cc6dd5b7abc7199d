"""What the files that deploy a system say, as records: containers, functions, queues and the ways between them."""

from __future__ import annotations

import msgspec


class Setting(msgspec.Struct, frozen=True):
    """One environment variable and where its value is written. What could not be filled in stays as `${NAME}`."""

    name: str
    value: str
    file: str
    line: int


class Mount(msgspec.Struct, frozen=True):
    """A folder (or file) of the project as it is seen in a container: copied into its image, or mounted."""

    source: str
    target: str


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """One deployed process: a compose service, a Kubernetes workload, a Dockerfile, a line of a Procfile.

    `context` is the folder it is built from and `dockerfile` the file, both from the root; None for a mere image.
    `arguments` are those of the build, `sources` the paths that any stage of it copies. `own_entrypoint` says that
    the command replaces the image's entry point too. `environment` has the strongest setting of a name first.
    `hosts` are the names by which others reach it, `ports` those it listens on, `published` those on the machine it
    runs on. `file` and `line` are where it is written.
    """

    name: str
    file: str
    line: int
    context: str | None = None
    dockerfile: str | None = None
    stage: str = ""
    arguments: dict[str, str] = {}
    image: str = ""
    command: str = ""
    own_entrypoint: bool = False
    workdir: str = ""
    environment: tuple[Setting, ...] = ()
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    published: tuple[int, ...] = ()
    mounts: tuple[Mount, ...] = ()
    sources: tuple[str, ...] = ()


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function deployed without a server of its own (Lambda).

    `module` is the file of its handler from the root and `handler` the name in it (dots for nesting); `module` is
    None where the code is not Python or cannot be found. `stack` is the template's folder, `code` the folder of the
    function's code, from the root.
    """

    name: str
    stack: str
    code: str
    module: str | None
    handler: str
    environment: tuple[Setting, ...]
    file: str
    line: int


class FunctionEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What starts a function, or calls back an application.

    `kind` is one of: api, websocket, graphql, sqs, sns, eventbridge, schedule, kinesis, dynamodb, kafka, mq, s3,
    cognito, logs, subscription (a broker's sidecar posts to `path`), other. `name` is the queue, topic, stream, bus
    or table, `path` and `method` those of a route. `types` are the event types let through (EventBridge
    detail-type). `module` and `handler` name the function as in `Function`; `properties` are the scalar properties
    of the event source as written. `dead_letter`: the source or the function keeps failed events aside.
    """

    function: str
    module: str | None
    handler: str
    kind: str
    file: str
    line: int
    name: str = ""
    path: str = ""
    method: str = ""
    types: tuple[str, ...] = ()
    properties: dict[str, str] = {}
    dead_letter: bool = False


class Relay(msgspec.Struct, frozen=True):
    """A way that messages take outside of code: topic to queue, exchange to queue, bus to target.

    `pattern` is the routing key or event type that is let through, "" for all.
    """

    source: str
    target: str
    pattern: str
    file: str
    line: int


class DeclaredQueue(msgspec.Struct, frozen=True):
    """A queue, topic or stream declared in a deployment file. `kind` as for FunctionEvent, or "rabbitmq".

    `dead_letter`: failed messages are kept aside; `parking`: it is where those of others are kept.
    """

    name: str
    kind: str
    dead_letter: bool
    file: str
    line: int
    fifo: bool = False
    parking: bool = False


class DeadLetterPolicy(msgspec.Struct, frozen=True):
    """A policy of the broker that keeps failed messages aside, for the queues that its pattern matches."""

    pattern: str
    file: str
    line: int

    def matches(self, queue: str) -> bool:
        """Whether a queue is one of them; of a pattern only the plain beginning counts."""
        plain = self.pattern.strip("^$")
        return plain in ("", ".*") or queue.startswith(plain.rstrip(".*"))


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation of an OpenAPI document: what answers it (`name`, in the module `controller` if that is given).

    `path` is as written, below `base`; `file` and `line` are where the document describes it.
    """

    name: str
    controller: str
    base: str
    path: str
    method: str
    file: str
    line: int


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """All that the deployment files of a project say. `settings` are environment files that belong to a folder."""

    containers: tuple[Container, ...] = ()
    functions: tuple[Function, ...] = ()
    events: tuple[FunctionEvent, ...] = ()
    relays: tuple[Relay, ...] = ()
    queues: tuple[DeclaredQueue, ...] = ()
    policies: tuple[DeadLetterPolicy, ...] = ()
    artifacts: dict[str, str] = {}
    settings: tuple[tuple[str, Setting], ...] = ()
    operations: tuple[Operation, ...] = ()
