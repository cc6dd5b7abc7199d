"""What a quick look at the text of a Python file tells: whether it starts an application, what it imports.

Only discovery relies on this, to tell services apart before anything is parsed; the analysis itself never does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_BROKERS = (
    "pika|aio_pika|aiormq|kombu|kafka|aiokafka|confluent_kafka|nats|stan|stomp|paho|gmqtt|aiomqtt|faust|faststream|nameko|celery"
    "|dramatiq|huey|rq|arq|taskiq|pulsar|boto3|aioboto3|aiobotocore|redis|aioredis|zmq|pymqi|eventsourcing|propan|rocketmq"
    r"|google\.cloud\.pubsub\w*|azure\.(?:servicebus|eventhub|eventgrid)|dapr"
)
_WEB = (
    "flask|fastapi|starlette|sanic|quart|litestar|starlite|bottle|falcon|aiohttp|tornado|robyn|blacksheep|apiflask|connexion"
    "|chalice|responder|hug|pyramid|cherrypy|grpc|aws_lambda_powertools|microdot|socketify|django"
)
_IMPORTS_BROKER = re.compile(rf"^[ \t]*(?:from|import)[ \t]+(?:{_BROKERS})\b", re.MULTILINE)
_IMPORTS_BROKER_FROM = re.compile(r"^[ \t]*from[ \t]+(?:google\.cloud[ \t]+import[ \t]+pubsub|azure)\b", re.MULTILINE)
_IMPORTS_WEB = re.compile(rf"^[ \t]*(?:from|import)[ \t]+(?:{_WEB})\b", re.MULTILINE)
_CONSTRUCTS = re.compile(
    r"\b(?:Flask|FastAPI|Starlette|Sanic|Quart|Litestar|Starlite|Bottle|Robyn|APIFlask|FlaskApp|AsyncApp|Chalice|Application"
    r"|FastStream|Celery|Configurator|Microdot|App|API|server|tree\.mount|bottle\.run|execute_from_command_line)\(",
)
_CONSTRUCTS_AT_TOP = re.compile(
    r"^[A-Za-z_]\w*(?:[ \t]*:[ \t]*[\w.]+)?[ \t]*=[ \t]*(?:\w+\.)*(?:Flask|FastAPI|Starlette|Sanic|Quart|Litestar"
    r"|Starlite|Bottle|Robyn|APIFlask|FlaskApp|AsyncApp|Chalice|Application|FastStream|Celery|Microdot|App|API)\(",
    re.MULTILINE,
)
_MAIN = re.compile(r"^if[ \t]+__name__[ \t]*==", re.MULTILINE)
_BLOCKS_AT_TOP = re.compile(
    r"^(?:(?:\w+\.)*(?:start_consuming|run|run_forever|serve_forever|start|loop_forever|run_until_complete)\("
    r"|while[ \t]|for[ \t]+\w+[ \t]+in[ \t]+[\w.]*(?:consume|subscri|listen|poll|stream|receiv)\w*\b)",
    re.MULTILINE,
)
_EXECUTES = re.compile(r"^(?:while[ \t]|try:|with[ \t]|(?!print\()[A-Za-z_][\w.]*\()", re.MULTILINE)
_LAUNCHES = re.compile(r"^[ \t]*(?:from|import)[ \t]+(?:multiprocessing|subprocess)\b", re.MULTILINE)
_LAMBDA = re.compile(
    r"^(?:async[ \t]+)?def[ \t]+"
    r"(?:\w*handler\w*\([ \t]*_?event\b|\w+\([ \t]*(?:event|data)\b[^,()\n]*,[ \t]*_?context\b)",
    re.MULTILINE,
)
_CLOUD_FUNCTION = re.compile(r"^@(?:functions_framework\.)?(?:http|cloud_event|typed)\b", re.MULTILINE)
_NAMEKO = re.compile(r"^[ \t]+name[ \t]*=[ \t]*[\"']", re.MULTILINE)
_PERSISTS = re.compile(
    r"\b__tablename__\b|\bmodels\.Model\b|\bdb\.Model\b|\btable[ \t]*=[ \t]*True\b|\bcreate_(?:async_)?engine\("
    r"|\bMongoClient\(|\bAsyncIOMotorClient\(|\bdeclarative_base\(|\bDeclarativeBase\b|\bpsycopg2?\.connect\(|\bsqlite3\.connect\("
    r"|\basyncpg\.(?:connect|create_pool)\(|\bSQLAlchemy\(|\bPeewee\w*|\bDocument\)|\bdatabases\.Database\("
)
_PORT = re.compile(r"\bport[ \t]*=[ \t]*(?:int\([^\n]{0,60}?)?[\"']?(\d{2,5})\b")
_SERVED_AT = re.compile(
    r"(?:Server\(\s*\(|\bmake_server\(|\brun_simple\(|\.run\()"
    r"\s*(?:host[ \t]*=[ \t]*)?[\"'][\w.:-]*[\"']\s*,\s*(\d{2,5}|[A-Za-z_]\w*)\b"
)
_PORT_NAME = re.compile(r"\bport[ \t]*=[ \t]*([A-Za-z_]\w*)[ \t]*[,)]")
_NUMBER = r"^{name}[ \t]*(?::[ \t]*int[ \t]*)?=[ \t]*(?:int\([^\n]{{0,60}}?)?[\"']?(\d{{2,5}})\b"
_RUNS = re.compile(r"(?:\.run|run_app|serve|run_simple|listen|add_insecure_port|Server|make_server)\(")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]{0,2000}\)|[^\n#;]{0,500})"
    r"|import[ \t]+([\w., \t]{1,500}))",
    re.MULTILINE,
)
_NAMED_IN_TEXT = re.compile(r"[\"']([A-Za-z_]\w*(?:\.\w+){1,8}|[A-Za-z_]\w*(?=:\w))(?::\w+)?[\"']")
_LISTED = re.compile(r"[A-Za-z_]\w*(?:[ \t]+as[ \t]+\w+)?")


class Clues(msgspec.Struct, frozen=True):
    """What one file's text shows.

    `starts`: an application is started or served from it (an app object, a main block around a broker, a handler).
    `runs`: it is run by itself (a main block, a blocking call at top level), whatever for.
    `executes`: does something when it is loaded. `launches`: starts other processes.
    `handles`: holds the handler of a function (Lambda, Cloud Functions).
    `serves`: belongs to an application at all. `ports` are those it listens on.
    `imports` are (module, names): relative ones with their dots, names empty for `import module` and for modules
    named in a string (`"app.main:app"`, a task module to include).
    """

    starts: bool
    runs: bool
    executes: bool
    launches: bool
    handles: bool
    serves: bool
    ports: tuple[int, ...]
    imports: tuple[tuple[str, tuple[str, ...]], ...]


def read_clues(content: str) -> Clues:
    """The clues in the text of one Python file."""
    broker = bool(_IMPORTS_BROKER.search(content) or _IMPORTS_BROKER_FROM.search(content))
    web = bool(_IMPORTS_WEB.search(content))
    built = bool((web or broker) and _CONSTRUCTS.search(content))
    runs_itself = bool(("__name__" in content and _MAIN.search(content)) or _BLOCKS_AT_TOP.search(content))
    handles = (("handler" in content or "context" in content) and bool(_LAMBDA.search(content))) or (
        "functions_framework" in content and bool(_CLOUD_FUNCTION.search(content))
    )
    starts = bool(
        ((web or broker) and _CONSTRUCTS_AT_TOP.search(content))
        or ((broker or built) and runs_itself)
        or (broker and "nameko" in content and _NAMEKO.search(content))
        or (handles and not runs_itself)
    )
    return Clues(
        starts=starts,
        runs=runs_itself,
        executes=bool(_EXECUTES.search(content)),
        launches=not built and "process" in content and bool(_LAUNCHES.search(content)),
        handles=handles,
        serves=starts or built or broker,
        ports=tuple(dict.fromkeys(_ports(content))) if starts or runs_itself else (),
        imports=tuple(_imports(content)),
    )


def _ports(content: str) -> Iterator[int]:
    """The ports that a file serves at, as numbers or by names that it gives numbers to."""
    if not _RUNS.search(content):
        return
    for each in (*_PORT.findall(content), *_SERVED_AT.findall(content), *_PORT_NAME.findall(content)):
        numbers = [each] if each.isdigit() else re.findall(_NUMBER.format(name=re.escape(each)), content, re.MULTILINE)
        yield from map(int, numbers[:1])


def persists(content: str) -> bool:
    """Whether the text of a Python file declares tables or opens a database."""
    return _PERSISTS.search(content) is not None


def _imports(content: str) -> list[tuple[str, tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    for module, names, plain in _IMPORT.findall(content):
        if plain:
            found += [(each.split()[0], ()) for each in plain.split(",") if each.strip()]
        else:
            found.append((module, tuple(each.split()[0] for each in _LISTED.findall(names))))
    return found + [(each, ()) for each in dict.fromkeys(_NAMED_IN_TEXT.findall(content))]
