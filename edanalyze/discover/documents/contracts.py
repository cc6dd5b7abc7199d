"""AsyncAPI (2.x and 3.0), OpenAPI (and Swagger), and EventBridge schemas."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from edanalyze.discover.documents.records import Channel, Document, Event, Operation
from edanalyze.discover.yamltree import Mapping, Sequence, items, mapping, text, walk

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_WORDS = ("asyncapi", "openapi", "swagger", "x-amazon-events-source", "detail-type")
_SOURCE = "x-amazon-events-source"
_TYPE = "x-amazon-events-detail-type"
_GATEWAY = "x-amazon-apigateway-integration"
_DEEPEST = 12


def may_be(content: str) -> bool:
    """Whether a text is worth being parsed."""
    return any(word in content for word in _WORDS)


def documents(root: Mapping, path: str) -> Iterator[Document]:
    """What one YAML or JSON document shows; one that holds EventBridge schemas may be of another kind, too."""
    title = text(mapping(root.get("info")).get("title"))
    if "asyncapi" in root:
        yield _asyncapi(root, path, title)
    elif ("openapi" in root or "swagger" in root) and mapping(root.get("paths")):
        yield _openapi(root, path, title)
    elif isinstance(root.get("source"), Sequence) and isinstance(root.get("detail-type"), Sequence):
        yield Document(kind="pattern", file=path, events=tuple(_let_through(root)))
    events = tuple(_events(root))
    if events:
        yield Document(kind="eventbridge", file=path, title=title, events=events)


# -------------------------------------------------------------------- AsyncAPI


def _asyncapi(root: Mapping, path: str, title: str) -> Document:
    """The channels of a document; an address of null is one that is not known."""
    servers = [mapping(each) for each in mapping(root.get("servers")).values()]
    channels = mapping(root.get("channels"))
    return Document(
        kind="asyncapi",
        file=path,
        title=title,
        protocols=tuple(filter(None, (text(each.get("protocol")).lower() for each in servers))),
        channels=tuple(
            _channel(root, name, mapping(node), channels.at(name))
            for name, node in channels.items()
            if "address" not in mapping(node) or mapping(node)["address"] is not None
        ),
    )


def _channel(root: Mapping, name: str, node: Mapping, line: int) -> Channel:
    """A channel under the name that code has for it.

    Before version 3 the key is the address, since then it only stands for it; generators that make up addresses put the
    true name into the binding of the protocol.
    """
    bound = _bound(mapping(node.get("bindings")))
    address = text(node.get("address"))
    aliases = [*bound[1:], address, name]
    for each in _messages(node):
        message = _resolved(root, each)
        aliases += [text(message.get(key)) for key in ("name", "title", "messageId")]
        aliases.append(text(each.get("$ref")).rpartition("/")[2])
    known = bound[0] if bound else address or name
    return Channel(known, tuple(dict.fromkeys(each for each in aliases if each and each != known)), line)


def _bound(bindings: Mapping) -> list[str]:
    """The names of topics, queues and subjects in the bindings of a channel."""
    found: list[str] = []
    for each in map(mapping, bindings.values()):
        found += [text(each.get(key)) for key in ("topic", "queue", "channel", "subject")]
        found.append(text(mapping(each.get("queue")).get("name")))
    return [name for name in found if name]


def _messages(channel: Mapping) -> Iterator[Mapping]:
    """The messages of a channel: below it since version 3, before that below its operations."""
    for name, each in mapping(channel.get("messages")).items():
        yield mapping(each) or Mapping(0)
        yield _named(name)
    for action in ("publish", "subscribe"):
        message = mapping(mapping(channel.get(action)).get("message"))
        yield message
        yield from map(mapping, items(message.get("oneOf")))


def _named(name: str) -> Mapping:
    found = Mapping(0)
    found["name"] = name
    return found


def _resolved(root: Mapping, node: Mapping) -> Mapping:
    """What a reference within the document leads to; other nodes stand for themselves."""
    for _ in range(_DEEPEST):
        reference = text(node.get("$ref"))
        if not reference.startswith("#/"):
            break
        found = root
        for part in reference[2:].split("/"):
            found = mapping(found.get(part.replace("~1", "/").replace("~0", "~")))
        node = found
    return node


# --------------------------------------------------------------------- OpenAPI


def _openapi(root: Mapping, path: str, title: str) -> Document:
    urls = [urlsplit(text(mapping(server).get("url"))) for server in items(root.get("servers"))]
    base = text(root.get("basePath")) or next((url.path for url in urls if url.path), "")
    hosts = [url.hostname or "" for url in urls] + [text(root.get("host")).partition(":")[0]]
    return Document(
        kind="openapi",
        file=path,
        title=title,
        hosts=tuple(dict.fromkeys(filter(None, hosts))),
        operations=tuple(_operations(root, base.rstrip("/"))),
    )


def _operations(root: Mapping, base: str) -> Iterator[Operation]:
    """The operations that code answers: an API gateway may answer some by itself."""
    for path, node in mapping(root.get("paths")).items():
        item = mapping(node)
        for method in METHODS:
            if method in item and _GATEWAY not in mapping(item.get(method)):
                yield Operation(method.upper(), base, path, item.at(method))


# ----------------------------------------------------------------- EventBridge


def _let_through(root: Mapping) -> Iterator[Event]:
    """The events that a pattern of a rule lets through, as far as it names them in full."""
    for source in filter(None, map(text, items(root.get("source")))):
        for kind in filter(None, map(text, items(root.get("detail-type")))):
            yield Event(source, kind, root.at("source"))


def _events(root: Mapping) -> Iterator[Event]:
    """The schemas of events, wherever they stand."""
    for node in walk(root):
        if isinstance(node, Mapping) and text(node.get(_SOURCE)):
            yield Event(text(node.get(_SOURCE)), text(node.get(_TYPE)), node.at(_SOURCE))
