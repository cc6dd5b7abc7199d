"""CloudFormation templates: what their references and functions come to, as far as the text of the project says."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.yamltree import Mapping, Node, Sequence, Tagged, Text, items, mapping, text

_REFERENCE = re.compile(r"\$\{([^${}]{1,200})\}")
_LOOSE_REFERENCE = re.compile(r"\$?\{(\w+)\}")
_RESOLVED_BY_NAME = re.compile(r"\{\{resolve:(?:ssm|secretsmanager):([^:}]+)[^}]*\}\}")
_PSEUDO = {
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": "",
}
_NAME_PROPERTIES = (
    "QueueName",
    "TopicName",
    "TableName",
    "StreamName",
    "BucketName",
    "FunctionName",
    "Name",
    "EventBusName",
)
_APIS = re.compile(r"AWS::(Serverless::(Api|HttpApi)|ApiGateway::RestApi|ApiGatewayV2::Api|AppSync::GraphQLApi)$")
_FUNCTIONS = {"Ref", "Sub", "GetAtt", "Join", "ImportValue", "If", "Select", "Split", "FindInMap", "Transform"}
_DEEPEST = 12
_LONGEST = 5_000
_MOST_STEPS = 500_000


class Resource(msgspec.Struct, frozen=True):
    """One resource of a template, by its logical name."""

    name: str
    type: str
    properties: Mapping
    line: int


class Template:
    """One template and what it needs of the others to be read."""

    def __init__(self, path: str, body: Mapping, stacks: Stacks) -> None:
        self.path = path
        self.folder = folder_of(path)
        self.body = body
        self._stacks = stacks
        self._parameters = mapping(body.get("Parameters"))
        self.resources = {
            name: Resource(
                name, text(mapping(each).get("Type")), mapping(mapping(each).get("Properties")), mapping(each).line
            )
            for name, each in mapping(body.get("Resources")).items()
        }
        self.given: dict[str, tuple[Template, Node]] = {}
        self.nested: dict[str, Template] = {}

    @property
    def stack(self) -> str:
        """What the stack is called: the folder of its template."""
        return posixpath.basename(self.folder) if self.folder != "." else "stack"

    def value(self, node: Node, depth: int = 0) -> str:
        """A node as one string; what cannot be told is left as `${…}`."""
        if depth > _DEEPEST or not self._stacks.may_go_on():
            return "${…}"
        if isinstance(node, Text):
            return self._by_name(node, depth)
        function, argument = _function(node)
        if function == "Ref":
            return self._reference(text(argument), depth)
        if function == "GetAtt":
            parts = (
                text(argument).split(".", 1) if isinstance(argument, Text) else [text(each) for each in items(argument)]
            )
            return self._attribute(parts, depth)
        if function == "Sub":
            return self._substituted(argument, depth)
        if function == "Join" and isinstance(argument, Sequence) and len(argument) == 2:
            return text(argument[0]).join(self.value(each, depth + 1) for each in items(argument[1])[:50])[:_LONGEST]
        if function == "If" and isinstance(argument, Sequence) and len(argument) == 3:
            return self.value(argument[1], depth + 1)
        if function == "Select" and isinstance(argument, Sequence) and len(argument) == 2:
            chosen = items(argument[1])
            at = text(argument[0])
            return self.value(chosen[int(at)], depth + 1) if at.isdecimal() and int(at) < len(chosen) else "${Select}"
        if function == "ImportValue":
            return self._stacks.exported(self.value(argument, depth + 1), depth)
        return f"${{{function}}}" if function else ""

    def name_of(self, resource: Resource, depth: int = 0) -> str:
        """What a resource is known by: the name it is given, if that can be told, else its logical name.

        A logical name that several templates use is made unique by the stack's name.
        """
        if _APIS.match(resource.type):
            return f"{self.stack}-{resource.name}".lower()
        for key in _NAME_PROPERTIES:
            given = self.value(resource.properties.get(key), depth + 1) if key in resource.properties else ""
            if given and "${" not in given:
                return given
        return f"{self.stack}-{resource.name}" if self._stacks.is_ambiguous(resource.name) else resource.name

    def all_of(self, *types: str) -> Iterator[Resource]:
        """The resources of any of these types."""
        return (each for each in self.resources.values() if each.type in types)

    def _attribute(self, parts: list[str], depth: int) -> str:
        """An attribute of a resource: the name of the resource, or what a nested stack gives out."""
        child = self.nested.get(parts[0]) if len(parts) == 2 and parts[1].startswith("Outputs.") else None
        if child is not None:
            output = mapping(mapping(child.body.get("Outputs")).get(parts[1].removeprefix("Outputs.")))
            return child.value(output.get("Value"), depth + 1)
        return self._reference(parts[0] if parts else "", depth)

    def _reference(self, name: str, depth: int) -> str:
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name == "AWS::StackName":
            return self.stack
        if name in self.resources:
            return self.name_of(self.resources[name], depth + 1)
        if name in ("ServerlessRestApi", "ServerlessHttpApi"):
            return f"{self.stack}-{name}".lower()
        if name in self.given:
            template, node = self.given[name]
            return template.value(node, depth + 1)
        return self._parameter(name, depth) if name in self._parameters else f"${{{name}}}"

    def _parameter(self, name: str, depth: int) -> str:
        body = mapping(self._parameters.get(name))
        given = text(body.get("Default")) or self._stacks.parameter(self.folder, name) or ""
        given = _LOOSE_REFERENCE.sub(lambda found: self._default(found[1]) or found[0], given)
        if "SSM::Parameter" in text(body.get("Type")):
            return self._stacks.stored(given, depth) if given else f"${{{name}}}"
        return given or f"${{{name}}}"

    def _default(self, name: str) -> str:
        return text(mapping(self._parameters.get(name)).get("Default"))

    def _substituted(self, argument: Node, depth: int) -> str:
        pattern, local = argument, Mapping(0)
        if isinstance(argument, Sequence) and argument:
            pattern, local = argument[0], mapping(argument[1]) if len(argument) > 1 else local

        def fill(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in local:
                return self.value(local[name], depth + 1)
            return self._attribute([name] if name in _PSEUDO else name.split(".", 1), depth + 1)[:_LONGEST]

        return _REFERENCE.sub(fill, self._by_name(text(pattern)[:_LONGEST], depth))

    def _by_name(self, written: str, depth: int) -> str:
        if "{{resolve:" not in written:
            return str(written)
        return _RESOLVED_BY_NAME.sub(lambda found: self._stacks.stored(found[1], depth), written)


class Stacks:
    """All templates of a project: their stored parameters, exports, and parameter files."""

    def __init__(self, files: DeployFiles) -> None:
        self._files = files
        self._steps = 0
        self.templates = [
            Template(path, mapping(document), self)
            for path in files.paths
            if path.endswith((".yaml", ".yml", ".json", ".template")) and _looks_like_template(files.text(path) or "")
            for document in files.yaml(path)[:1]
        ]
        self._uses = Counter(name for each in self.templates for name in each.resources)
        self._stored: dict[str, tuple[Template, Node]] = {}
        self._exported: dict[str, tuple[Template, Node]] = {}
        self._parameters: dict[str, dict[str, str]] = {}
        by_path = {each.path: each for each in self.templates}
        for each in self.templates:
            for nested in each.all_of("AWS::Serverless::Application", "AWS::CloudFormation::Stack"):
                location = text(nested.properties.get("Location")) or text(nested.properties.get("TemplateURL"))
                child = _located(below(each.folder, location), by_path)
                given = mapping(nested.properties.get("Parameters"))
                if child is not None and child is not each:
                    child.given.update({name: (each, value) for name, value in given.items()})
                    each.nested[nested.name] = child
        for each in self.templates:
            for parameter in each.all_of("AWS::SSM::Parameter"):
                self._stored[each.value(parameter.properties.get("Name"))] = (each, parameter.properties.get("Value"))
            for output in mapping(each.body.get("Outputs")).values():
                export = mapping(mapping(output).get("Export")).get("Name")
                self._exported[each.value(export)] = (each, mapping(output).get("Value"))

    def is_ambiguous(self, name: str) -> bool:
        """Whether several templates have a resource of this logical name."""
        return self._uses[name] > 1

    def may_go_on(self) -> bool:
        """Whether a further value may be worked out: a bound against templates that refer to each other without end."""
        self._steps += 1
        return self._steps < _MOST_STEPS

    def stored(self, name: str, depth: int = 0) -> str:
        """What some template stores in the parameter store under `name`; the name itself if none does."""
        template, node = self._stored.get(name, (None, None))
        return template.value(node, depth + 1) if template else name

    def exported(self, name: str, depth: int = 0) -> str:
        """What some template exports under `name`; the name itself if none does."""
        template, node = self._exported.get(name, (None, None))
        return template.value(node, depth + 1) if template else name

    def parameter(self, folder: str, name: str) -> str | None:
        """The value that a small file beside a template gives the parameter `name`."""
        if folder not in self._parameters:
            self._parameters[folder] = dict(self._parameter_file(folder))
        return self._parameters[folder].get(name)

    def _parameter_file(self, folder: str) -> Iterator[tuple[str, str]]:
        templates = {each.path for each in self.templates}
        for path in self._files.paths:
            if folder_of(path) != folder or path in templates or not path.endswith((".yaml", ".yml", ".json")):
                continue
            for top in self._files.yaml(path)[:1]:
                for each in (
                    mapping(top),
                    mapping(mapping(top).get("parameters")),
                    mapping(mapping(top).get("Parameters")),
                ):
                    yield from ((key, str(value)) for key, value in each.items() if isinstance(value, Text))
                for entry in items(top):
                    yield text(mapping(entry).get("ParameterKey")), text(mapping(entry).get("ParameterValue"))


def _located(path: str | None, by_path: dict[str, Template]) -> Template | None:
    """The template at a path; for what a build makes of a template, the one it was made of."""
    if path is None or path in by_path or "/.aws-sam/build/" not in f"/{path}":
        return by_path.get(path or "")
    source = posixpath.normpath(f"/{path}".replace("/.aws-sam/build/", "/")).lstrip("/")
    stem = source.rpartition(".")[0]
    return next((by_path[each] for each in (source, f"{stem}.yaml", f"{stem}.yml") if each in by_path), None)


def api_host(api: str) -> str:
    """The host name of an API by its identifier, with the region that references are filled in with."""
    return f"{api}.execute-api.{_PSEUDO['AWS::Region']}.{_PSEUDO['AWS::URLSuffix']}"


def bare(name: str) -> str:
    """The name in an ARN or queue URL; any other string as it is."""
    if name.startswith("arn:"):
        last = name.rpartition(":")[2] if "/stream/" not in name else name.partition("/stream/")[0].rpartition(":")[2]
        return last.partition("/")[2] or last
    return name.rpartition("/")[2] if "sqs." in name and name.startswith("https://") else name


def scalars(template: Template, node: Node) -> dict[str, str]:
    """The scalar properties of a mapping, filled in."""
    return {key: template.value(value) for key, value in mapping(node).items() if not _is_structure(value)}


def _is_structure(node: Node) -> bool:
    return isinstance(node, (Mapping, Sequence)) and not _function(node)[0]


def _function(node: Node) -> tuple[str, Node]:
    """The (name, argument) of an intrinsic function in either of its two forms; ("", None) for anything else."""
    if isinstance(node, Tagged):
        return node.tag, node.value
    if isinstance(node, Mapping) and len(node) == 1:
        key, argument = next(iter(node.items()))
        name = key.removeprefix("Fn::")
        if key == "Ref" or (name != key and name in _FUNCTIONS):
            return name, argument
    return "", None


def _looks_like_template(content: str) -> bool:
    return "Resources" in content and "AWS::" in content and "Type" in content
