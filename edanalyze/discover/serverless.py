"""Serverless Framework projects (`serverless.yml`): functions, their events and environment, and their resources."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from edanalyze.discover.cloudformation import Stacks, Template, bare, scalars
from edanalyze.discover.deadletters import keeps_failures
from edanalyze.discover.deployed import Function, FunctionEvent, Setting
from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.sam import Stack, event, handler_of, resource_stack
from edanalyze.discover.yamltree import Mapping, Node, Sequence, Tagged, Text, items, mapping, text

_NAMES = ("serverless.yml", "serverless.yaml")
_KINDS = {
    "http": "api",
    "httpApi": "api",
    "alb": "api",
    "websocket": "websocket",
    "sqs": "sqs",
    "sns": "sns",
    "schedule": "schedule",
    "eventBridge": "eventbridge",
    "cloudwatchEvent": "eventbridge",
    "stream": "kinesis",
    "s3": "s3",
    "kafka": "kafka",
    "msk": "kafka",
    "rabbitmq": "mq",
    "activemq": "mq",
    "cognitoUserPool": "cognito",
    "cloudwatchLog": "logs",
}
_SOURCES = ("arn", "queue", "topicName", "topic", "eventBus", "bucket", "logGroup", "pool")
_VARIABLE = re.compile(r"\$\{([^${}]{1,200})\}")
_FILE = re.compile(r"file\(([^)]+)\)(?::([\w.-]+))?")
_PASSES = 10
_LONGEST = 5_000


def read_serverless(files: DeployFiles, stacks: Stacks) -> list[Stack]:
    """What each serverless.yml deploys."""
    return [_read(path, files, stacks) for path in files.named(*_NAMES)]


def _read(path: str, files: DeployFiles, stacks: Stacks) -> Stack:
    body = mapping(next(iter(files.yaml(path)), None))
    body = mapping(_Variables(body, folder_of(path), files).filled(body))
    resources = Mapping(0)
    for each in items(body.get("resources")):
        named = mapping(mapping(each).get("Resources"))
        resources.update(named)
        resources.lines.update(named.lines)
    whole = Mapping(0)
    whole["Resources"] = resources
    template = Template(path, whole, stacks)
    provided = mapping(mapping(body.get("provider")).get("environment"))
    functions: list[Function] = []
    events: list[FunctionEvent] = []
    declared = mapping(body.get("functions"))
    for name, each in declared.items():
        function = _function(name, mapping(each), declared.at(name), provided, template, files)
        functions.append(function)
        for made in _events(mapping(each), function, template):
            events.append(msgspec.structs.replace(made, dead_letter=keeps_failures(each)))
    queues = resource_stack(template, {each.name: each for each in functions})
    return Stack(tuple(functions), tuple(events), queues.relays, queues.queues)


def _function(
    name: str, body: Mapping, line: int, provided: Mapping, template: Template, files: DeployFiles
) -> Function:
    module, handler = handler_of(text(body.get("handler")), template.folder, files)
    environment = [
        Setting(key, bare(template.value(value)), template.path, variables.at(key))
        for variables in (mapping(body.get("environment")), provided)
        for key, value in variables.items()
    ]
    return Function(
        name=name,
        stack=template.folder,
        code=folder_of(module) if module else template.folder,
        module=module,
        handler=handler,
        environment=tuple(environment),
        file=template.path,
        line=line,
    )


def _events(body: Mapping, function: Function, template: Template) -> Iterator[FunctionEvent]:
    for each in items(body.get("events")):
        for key, details in mapping(each).items():
            made = event(function, _KINDS.get(key, "other"), template.path, mapping(each).at(key))
            yield _event(made, key, details, template)


def _event(made: FunctionEvent, key: str, details: Node, template: Template) -> FunctionEvent:
    properties = mapping(details)
    if made.kind == "api":
        words = text(details).split()
        method, path = (
            (words[0], words[-1]) if words else (text(properties.get("method")), text(properties.get("path")))
        )
        verb = "ANY" if method in ("*", "any") else method.upper()
        return msgspec.structs.replace(made, method=verb, path=f"/{path.lstrip('/*')}")
    kind = made.kind
    if key == "stream" and (text(properties.get("type")) == "dynamodb" or ":dynamodb:" in template.value(details)):
        kind = "dynamodb"
    if key == "eventBridge" and "schedule" in properties:
        kind = "schedule"
    pattern = mapping(properties.get("pattern") or properties.get("event"))
    source = next((properties[each] for each in _SOURCES if each in properties), None)
    name = bare(template.value(source if isinstance(details, Mapping) and not text(details) else details))
    if kind == "schedule":
        name = ""
    return msgspec.structs.replace(
        made,
        kind=kind,
        name=name or ("default" if kind == "eventbridge" else ""),
        path=text(properties.get("route")) if kind == "websocket" else "",
        types=tuple(template.value(each) for each in items(pattern.get("detail-type"))),
        properties=scalars(template, properties),
    )


class _Variables:
    """The variables of one file: `${self:custom.x}`, `${opt:stage, 'dev'}`, `${file(env.yml):key}`."""

    def __init__(self, body: Mapping, folder: str, files: DeployFiles) -> None:
        self._body = body
        self._folder = folder
        self._files = files

    def filled(self, node: Node, depth: int = 0) -> Node:
        """The node with all variables that can be told filled in; a variable may stand for a whole mapping."""
        if depth > _PASSES * 3:
            return node
        if isinstance(node, Mapping):
            made = Mapping(node.line)
            made.lines = node.lines
            made.update({key: self.filled(value, depth + 1) for key, value in node.items()})
            return made
        if isinstance(node, Sequence):
            listed = Sequence(node.line)
            listed.extend(self.filled(each, depth + 1) for each in node)
            return listed
        if isinstance(node, Tagged):
            return Tagged(node.tag, self.filled(node.value, depth + 1), node.line)
        return self._text(node) if isinstance(node, Text) and "${" in node else node

    def _text(self, written: Text) -> Node:
        whole = _VARIABLE.fullmatch(written)
        if whole and isinstance(found := self._looked_up(whole[1]), (Mapping, Sequence, Tagged)):
            return found
        result = str(written)
        for _ in range(_PASSES):
            replaced = _VARIABLE.sub(lambda found: self._string(found), result)
            if replaced == result or len(replaced) > _LONGEST:
                break
            result = replaced
        made = Text(result)
        made.line = written.line
        return made

    def _string(self, found: re.Match[str]) -> str:
        value = self._looked_up(found[1])
        return str(value) if isinstance(value, Text) else found[0]

    def _looked_up(self, expression: str) -> Node:
        source, _, default = expression.partition(",")
        kind, _, name = source.strip().partition(":")
        node: Node = None
        if kind == "self":
            node = _at(self._body, name)
        elif file := _FILE.match(source.strip()):
            path = below(self._folder, file[1].strip())
            top = next(iter(self._files.yaml(path)), None) if path else None
            node = _at(top, file[2] or "")
        elif not default and (kind, name) in (("opt", "stage"), ("sls", "stage")):
            return Text("dev")
        if node is None and default:
            fallback = default.strip()
            return (
                self._looked_up(fallback)
                if ":" in fallback and fallback[0] not in "'\""
                else Text(fallback.strip("'\""))
            )
        return node


def _at(node: Node, path: str) -> Node:
    for part in filter(None, path.split(".")):
        node = mapping(node).get(part)
    return node
