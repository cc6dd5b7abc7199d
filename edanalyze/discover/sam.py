"""Functions, event sources, queues and the ways between them in SAM and CloudFormation templates."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from edanalyze.discover.cloudformation import Resource, Stacks, Template, bare, scalars
from edanalyze.discover.deadletters import function_keeps_failures, keeps_failures, parking_queues
from edanalyze.discover.deployed import DeclaredQueue, Function, FunctionEvent, Relay, Setting
from edanalyze.discover.deployfiles import DeployFiles, below
from edanalyze.discover.dockerfile import read_dockerfile, words
from edanalyze.discover.yamltree import Mapping, Node, items, mapping, text, walk

_KINDS = {
    "Api": "api",
    "HttpApi": "api",
    "SQS": "sqs",
    "SNS": "sns",
    "Schedule": "schedule",
    "ScheduleV2": "schedule",
    "EventBridgeRule": "eventbridge",
    "CloudWatchEvent": "eventbridge",
    "Kinesis": "kinesis",
    "DynamoDB": "dynamodb",
    "S3": "s3",
    "MSK": "kafka",
    "SelfManagedKafka": "kafka",
    "MQ": "mq",
    "Cognito": "cognito",
    "CloudWatchLogs": "logs",
}
_SOURCES = ("Queue", "Topic", "Stream", "EventBusName", "Bucket", "Topics", "Queues", "Broker", "LogGroupName")
_SERVICES = ("sqs", "sns", "kinesis", "dynamodb", "events", "s3", "kafka", "mq")
_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "x-amazon-apigateway-any-method"}
_TYPES = {
    "AWS::SQS::Queue": "sqs",
    "AWS::SNS::Topic": "sns",
    "AWS::Kinesis::Stream": "kinesis",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::Serverless::SimpleTable": "dynamodb",
}
_INTEGRATED = re.compile(r"\$\{(\w+)(?:\.(?:Arn|Alias))?\}")


class Stack(msgspec.Struct, frozen=True):
    """What one template deploys."""

    functions: tuple[Function, ...]
    events: tuple[FunctionEvent, ...]
    relays: tuple[Relay, ...]
    queues: tuple[DeclaredQueue, ...]


def read_templates(files: DeployFiles, stacks: Stacks) -> list[Stack]:
    """For each template its functions with their events, its queues, and what feeds one from another."""
    found = []
    for template in stacks.templates:
        own = {
            each.name: _function(template, each, files)
            for each in template.all_of("AWS::Serverless::Function", "AWS::Lambda::Function")
        }
        resources = resource_stack(template, own)
        events = (*_events(template, own), *_described(template, own, files))
        found.append(Stack(tuple(own.values()), events, resources.relays, resources.queues))
    return found


def resource_stack(template: Template, own: dict[str, Function]) -> Stack:
    """What the plain resources of a template say about queues, given the functions it deploys."""
    return Stack((), (), tuple(_relays(template, own)), tuple(_queues(template)))


def event(function: Function, kind: str, file: str, line: int) -> FunctionEvent:
    """An event of a function, its details still to be filled in."""
    return FunctionEvent(
        function=function.name, module=function.module, handler=function.handler, kind=kind, file=file, line=line
    )


def handler_of(handler: str, code: str, files: DeployFiles) -> tuple[str | None, str]:
    """The (file, function) of a handler such as `src/app.main`, looked for in the folder of the code."""
    module, _, name = handler.rpartition(".")
    for candidate in (module, module.replace(".", "/")):
        path = below(code, f"{candidate}.py")
        if path in files.sources:
            return path, name
    ending = f"/{module.replace('.', '/').rpartition('/')[2]}.py"
    prefix = "" if code == "." else f"{code}/"
    matches = [each for each in files.sources if each.startswith(prefix) and f"/{each}".endswith(ending)]
    return (matches[0] if len(matches) == 1 and module else None), name


def _function(template: Template, resource: Resource, files: DeployFiles) -> Function:
    shared = mapping(mapping(template.body.get("Globals")).get("Function"))
    own = resource.properties
    written = own.get("CodeUri") or own.get("Code") or shared.get("CodeUri") or own.get("InlineCode")
    code = below(template.folder, template.value(written) or ".") or template.folder
    handler = template.value(own.get("Handler") or shared.get("Handler"))
    about = mapping(mapping(template.body.get("Resources")).get(resource.name))
    image = mapping(about.get("Metadata"))
    if not handler and image:
        code = below(template.folder, text(image.get("DockerContext")) or ".") or template.folder
        handler = _image_handler(own, image, code, files)
    module, name = handler_of(handler, code, files) if handler else (None, "")
    environment = [
        Setting(key, bare(template.value(value)), template.path, variables.at(key))
        for variables in (_variables(own), _variables(shared))
        for key, value in variables.items()
    ]
    return Function(
        name=resource.name,
        stack=template.folder,
        code=code,
        module=module,
        handler=name,
        environment=tuple(environment),
        file=template.path,
        line=resource.line,
    )


def _variables(properties: Mapping) -> Mapping:
    return mapping(mapping(properties.get("Environment")).get("Variables"))


def _image_handler(own: Mapping, image: Mapping, code: str, files: DeployFiles) -> str:
    """The handler of a function shipped as image: its command, else that of its Dockerfile."""
    for each in items(mapping(own.get("ImageConfig")).get("Command")):
        return text(each)
    dockerfile = below(code, text(image.get("Dockerfile")) or "Dockerfile")
    command = read_dockerfile((files.text(dockerfile) if dockerfile else None) or "", {}).command
    return next(iter(reversed(words(command))), "")


def _events(template: Template, own: dict[str, Function]) -> Iterator[FunctionEvent]:
    kept = {name: function_keeps_failures(template, template.resources[name]) for name in own}
    for name, function in own.items():
        declared = mapping(template.resources[name].properties.get("Events"))
        for each in declared.values():
            made = _declared(template, function, mapping(each))
            yield msgspec.structs.replace(made, dead_letter=kept[name] or keeps_failures(each))

    names = _names(template, own)

    def invoked(node: Node, kind: str, line: int) -> Iterator[FunctionEvent]:
        name = _target(template, node, names)
        if name in own:
            made = event(own[name], kind, template.path, line)
            yield msgspec.structs.replace(made, dead_letter=kept[name])

    for mapped in template.all_of("AWS::Lambda::EventSourceMapping"):
        properties = mapped.properties
        source = properties.get("EventSourceArn")
        topics = items(properties.get("Topics"))
        for made in invoked(properties.get("FunctionName"), _kind_of(template, source), mapped.line):
            topic = template.value(topics[0]) if topics else bare(template.value(source))
            dead = made.dead_letter or keeps_failures(properties)
            made = msgspec.structs.replace(made, name=topic, properties=scalars(template, properties), dead_letter=dead)
            yield made
    for rule in template.all_of("AWS::Events::Rule"):
        for each in items(rule.properties.get("Targets")):
            for made in invoked(mapping(each).get("Arn"), "", rule.line):
                yield _rule(template, made, rule.properties)
    for subscription in template.all_of("AWS::SNS::Subscription"):
        for made in invoked(subscription.properties.get("Endpoint"), "sns", subscription.line):
            topic = bare(template.value(subscription.properties.get("TopicArn")))
            dead = made.dead_letter or keeps_failures(subscription.properties)
            yield msgspec.structs.replace(made, name=topic, dead_letter=dead)
    for resolver in template.all_of("AWS::AppSync::DataSource"):
        lambda_config = mapping(resolver.properties.get("LambdaConfig"))
        yield from invoked(lambda_config.get("LambdaFunctionArn"), "graphql", resolver.line)


def _declared(template: Template, function: Function, body: Mapping) -> FunctionEvent:
    """One entry of `Events` of a function."""
    properties = mapping(body.get("Properties"))
    kind = _KINDS.get(text(body.get("Type")), "other")
    made = event(function, kind, template.path, body.line)
    if kind == "eventbridge":
        return _rule(template, made, properties)
    source = next((properties[key] for key in _SOURCES if key in properties), None)
    first = items(source)[0] if items(source) else None
    return msgspec.structs.replace(
        made,
        name=bare(template.value(first)),
        path=template.value(properties.get("Path")),
        method=template.value(properties.get("Method")).upper(),
        properties=scalars(template, properties),
    )


def _rule(template: Template, made: FunctionEvent, properties: Mapping) -> FunctionEvent:
    """An event of a bus, or a schedule, as its rule says."""
    bus, types = _bus(template, properties)
    pattern = mapping(properties.get("Pattern") or properties.get("EventPattern"))
    origin = ",".join(map(template.value, items(pattern.get("source"))))
    return msgspec.structs.replace(
        made,
        kind="eventbridge" if bus else "schedule",
        name=bus,
        types=types,
        properties=scalars(template, properties) | ({"source": origin} if bus else {}),
    )


def _bus(template: Template, properties: Mapping) -> tuple[str, tuple[str, ...]]:
    """The (bus, event types) that a rule listens to; no bus if it is a schedule."""
    pattern = mapping(properties.get("Pattern") or properties.get("EventPattern"))
    types = tuple(template.value(each) for each in items(pattern.get("detail-type")) if not isinstance(each, Mapping))
    return (bare(template.value(properties.get("EventBusName"))) or "default" if pattern else ""), types


def _described(template: Template, own: dict[str, Function], files: DeployFiles) -> Iterator[FunctionEvent]:
    """The routes that an OpenAPI document of one of the template's APIs gives to functions."""
    for api in template.all_of("AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::ApiGateway::RestApi"):
        document, file = _openapi(template, api, files)
        for route, operations in mapping(document.get("paths")).items():
            for method, operation in mapping(operations).items():
                integration = mapping(operation).get("x-amazon-apigateway-integration")
                named = [name for each in walk(integration) for name in _INTEGRATED.findall(text(each))]
                for function in [own[name] for name in named if name in own and method in _METHODS][:1]:
                    made = event(function, "api", file, mapping(operations).at(method))
                    verb = "ANY" if method.startswith("x-") else method.upper()
                    yield msgspec.structs.replace(made, path=route, method=verb)


def _openapi(template: Template, api: Resource, files: DeployFiles) -> tuple[Mapping, str]:
    """The (document, file) that describes an API: in the template, included in it, or referred to."""
    inline = mapping(api.properties.get("DefinitionBody") or api.properties.get("Body"))
    if "paths" in inline:
        return inline, template.path
    included = mapping(mapping(inline.get("Fn::Transform")).get("Parameters")).get("Location")
    written = text(included) or text(api.properties.get("DefinitionUri"))
    path = below(template.folder, written) if written else None
    return mapping(next(iter(files.yaml(path)), None)) if path else inline, path or template.path


def _relays(template: Template, own: dict[str, Function]) -> Iterator[Relay]:
    """What templates feed from one queue, topic or bus to another; what goes to functions is an event instead."""
    names = _names(template, own)

    def relay(source: str, target: Node, pattern: str, line: int) -> Iterator[Relay]:
        end = _target(template, target, names)
        if source and end and end not in own:
            yield Relay(source, bare(template.value(target)), pattern, template.path, line)

    def source(node: Node) -> str:
        return bare(template.value(node)) if node is not None else ""

    for each in template.all_of("AWS::SNS::Subscription"):
        yield from relay(source(each.properties.get("TopicArn")), each.properties.get("Endpoint"), "", each.line)
    for each in template.all_of("AWS::Pipes::Pipe"):
        yield from relay(source(each.properties.get("Source")), each.properties.get("Target"), "", each.line)
    for each in template.all_of("AWS::SNS::Topic"):
        for subscription in map(mapping, items(each.properties.get("Subscription"))):
            yield from relay(template.name_of(each), subscription.get("Endpoint"), "", subscription.line)
    for each in template.all_of("AWS::Events::Rule"):
        bus, types = _bus(template, each.properties)
        for target in items(each.properties.get("Targets")):
            for detail_type in types or ("",):
                yield from relay(bus, mapping(target).get("Arn"), detail_type, each.line)


def _queues(template: Template) -> Iterator[DeclaredQueue]:
    parking = parking_queues(template)
    for each in template.all_of(*_TYPES):
        properties = each.properties
        if each.type.endswith("Table") and "StreamSpecification" not in properties:
            continue
        name = template.name_of(each)
        fifo = template.value(properties.get("FifoQueue") or properties.get("FifoTopic")) == "true" or name.endswith(
            ".fifo"
        )
        dead = "RedrivePolicy" in properties
        yield DeclaredQueue(name, _TYPES[each.type], dead, template.path, each.line, fifo, name in parking)


def _names(template: Template, own: dict[str, Function]) -> dict[str, str]:
    """The logical name of each function by the name that references to it come to."""
    return {template.name_of(template.resources[name]): name for name in own if name in template.resources}


def _target(template: Template, node: Node, names: dict[str, str]) -> str:
    """The logical name of the function that a reference means, else the name it comes to; "" for none."""
    name = bare(template.value(node)).removeprefix("function:") if node is not None else ""
    return names.get(name, name)


def _kind_of(template: Template, node: Node) -> str:
    """The kind of event source that a reference means, by the resource's type or the ARN's service."""
    name = bare(template.value(node))
    for each in template.all_of(*_TYPES):
        if template.name_of(each) == name:
            return _TYPES[each.type]
    written = template.value(node)
    return next((each for each in _SERVICES if f":{each}:" in written), "other")
