"""Dead letters in deployment templates: which resources keep failed messages aside, and where those go."""

from __future__ import annotations

from collections.abc import Iterator

from edanalyze.discover.cloudformation import Resource, Template, bare
from edanalyze.discover.yamltree import Mapping, Node, Sequence, Tagged, Text, items, mapping

ROUTING = frozenset(
    {"RedrivePolicy", "DeadLetterConfig", "DeadLetterQueue", "OnFailure", "redrivePolicy", "onError", "onFailure"}
)
"""Keys under which a template names the place for failed messages."""


def keeps_failures(node: Node) -> bool:
    """Whether a resource, event or function says anywhere within where its failed messages go."""
    match node:
        case Mapping():
            return any((key in ROUTING and bool(value)) or keeps_failures(value) for key, value in node.items())
        case Sequence():
            return any(keeps_failures(each) for each in node)
        case _:
            return False


def function_keeps_failures(template: Template, resource: Resource) -> bool:
    """Whether a function (or what invokes it asynchronously) keeps events that it failed on."""
    shared = mapping(mapping(template.body.get("Globals")).get("Function"))
    for own in (resource.properties, shared):
        if "DeadLetterQueue" in own or "DeadLetterConfig" in own or keeps_failures(own.get("EventInvokeConfig")):
            return True
    for invoked in template.all_of("AWS::Lambda::EventInvokeConfig"):
        named = bare(template.value(invoked.properties.get("FunctionName")))
        if named in {resource.name, template.name_of(resource)} and keeps_failures(invoked.properties):
            return True
    return False


def parking_queues(template: Template) -> frozenset[str]:
    """The names of the queues that hold what failed elsewhere."""
    found = set(_parked(template, template.body, False))
    for queue in template.all_of("AWS::SQS::Queue"):
        if "RedriveAllowPolicy" in queue.properties:
            found.add(template.name_of(queue))
    return frozenset(found)


def _parked(template: Template, node: Node, routing: bool) -> Iterator[str]:
    match node:
        case Mapping():
            if routing:
                yield bare(template.value(node))
            for key, value in node.items():
                yield from _parked(template, value, routing or key in ROUTING)
        case Sequence():
            for each in items(node):
                yield from _parked(template, each, routing)
        case Tagged() | Text() if routing:
            yield bare(template.value(node))
        case _:
            return
