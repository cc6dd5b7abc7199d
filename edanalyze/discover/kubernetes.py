"""Kubernetes manifests: workloads with their environment, services with their names, config maps, Dapr's own kinds."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from edanalyze.discover.deployed import Container, FunctionEvent, Setting
from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.dotenv import assignments, interpolate
from edanalyze.discover.helm import chart_of, rendered
from edanalyze.discover.yamltree import Mapping, Node, YamlError, documents, items, mapping, text

_WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet", "DeploymentConfig"}
_KIND = re.compile(
    r"^kind:\s*[\"']?(Deployment|StatefulSet|DaemonSet|Job|CronJob|Pod|ReplicaSet|DeploymentConfig|Service|ConfigMap|Secret"
    r"|Subscription|Kustomization|List)\b",
    re.MULTILINE,
)
_SEPARATOR = re.compile(r"^---.*$", re.MULTILINE)
_KIND_ENDING = re.compile(r"-(?:deployment|deploy|depl|dep|statefulset|sts|pod|cronjob|job)$")
_MOST_SETTINGS = 500
_REFERENCE = re.compile(r"\$\((\w+)\)")


class Manifests(msgspec.Struct, frozen=True):
    """What all manifests of a project say."""

    containers: tuple[Container, ...]
    events: tuple[FunctionEvent, ...]


class _Entity(msgspec.Struct, frozen=True):
    kind: str
    name: str
    namespace: str
    body: Mapping
    file: str


def read_manifests(files: DeployFiles) -> Manifests:
    """The workloads of all manifests (and Helm templates), their services' names as hosts.

    A config map (or a secret written in plain text) is looked for by name, the nearest to the workload first.
    """
    paths = sorted(files.paths, key=lambda path: (path.count("/"), path))
    found = [entity for path in paths if path.endswith((".yaml", ".yml")) for entity in _entities(path, files)]
    maps = [each for each in found if each.kind in ("ConfigMap", "Secret")]
    generated = [each for entity in found if entity.kind == "Kustomization" for each in _generated(entity, files)]
    known = [*((each.name, _config(each)) for each in maps), *generated]
    services = [each for each in found if each.kind == "Service"]
    containers = [
        container for each in found if each.kind in _WORKLOADS for container in _workload(each, services, known)
    ]
    return Manifests(tuple(containers), tuple(filter(None, map(_subscription, found))))


def _entities(path: str, files: DeployFiles) -> Iterator[_Entity]:
    content = files.text(path) or ""
    if not path.endswith("kustomization.yaml") and ("kind:" not in content or not _KIND.search(content)):
        return
    chart = chart_of(path, files)
    if chart is not None:
        content = rendered(content, chart, files)
    for document in _documents(path, content, files):
        body = mapping(document)
        for each in items(body.get("items")) if text(body.get("kind")) == "List" else [body]:
            about = mapping(mapping(each).get("metadata"))
            kind = text(mapping(each).get("kind")) or ("Kustomization" if "kustomization" in path else "")
            yield _Entity(kind, text(about.get("name")), text(about.get("namespace")), mapping(each), path)


def _documents(path: str, content: str, files: DeployFiles) -> Iterator[Node]:
    """The documents of a manifest; where one is not well-formed, the others are kept and it is remembered."""
    try:
        yield from documents(content)
    except YamlError:
        start = 0
        for end in (*(each.start() for each in _SEPARATOR.finditer(content)), len(content)):
            part, first = content[start:end], content.count("\n", 0, start) + 1
            start = end
            try:
                yield from documents(part, first)
            except YamlError as error:
                files.refuse(path, f"not valid YAML: {error}")


def _config(entity: _Entity) -> list[Setting]:
    data = mapping(entity.body.get("data" if entity.kind == "ConfigMap" else "stringData"))
    return [Setting(key, text(value), entity.file, data.at(key)) for key, value in data.items()]


def _generated(entity: _Entity, files: DeployFiles) -> Iterator[tuple[str, list[Setting]]]:
    """The config maps that a kustomization makes of literals and environment files."""
    for each in items(entity.body.get("configMapGenerator")):
        settings = []
        for literal in items(mapping(each).get("literals")):
            name, _, value = text(literal).partition("=")
            settings.append(Setting(name, value.strip("\"'"), entity.file, literal.line))
        for named in (*items(mapping(each).get("envs")), *items(mapping(each).get("env"))):
            path = below(folder_of(entity.file), text(named))
            pairs = assignments((files.text(path) if path else None) or "")
            settings += [Setting(name, value, path or entity.file, line) for name, value, line in pairs]
        yield text(mapping(each).get("name")), settings


def _workload(entity: _Entity, services: list[_Entity], maps: list[tuple[str, list[Setting]]]) -> Iterator[Container]:
    spec = mapping(entity.body.get("spec"))
    template = mapping(mapping(mapping(spec.get("jobTemplate")).get("spec") or spec).get("template")) or entity.body
    about, pod = mapping(template.get("metadata")), mapping(template.get("spec"))
    labels = mapping(about.get("labels"))
    mine = [each for each in services if _selects(each, labels)]
    app_id = text(mapping(about.get("annotations")).get("dapr.io/app-id"))
    hosts = [name for each in mine for name in _host_names(each)] + ([app_id] if app_id else [])
    published = [int(port) for each in mine for port in _service_ports(each)]
    bodies = [mapping(each) for each in items(pod.get("containers"))]
    own = next((each for each in bodies if _is_named(each, entity.name)), bodies[0] if bodies else None)
    for body in bodies:
        environment = tuple(islice(_environment(body, entity.file, maps), _MOST_SETTINGS))
        values = {setting.name: setting.value for setting in reversed(environment)}
        words = [text(word) for key in ("command", "args") for word in items(body.get(key))]
        ports = (text(mapping(port).get("containerPort")) for port in items(body.get("ports")))
        yield Container(
            name=_KIND_ENDING.sub("", entity.name) if body is own and entity.name else text(body.get("name")),
            file=entity.file,
            line=body.line,
            image=text(body.get("image")),
            command=shlex.join(_filled(word, values) for word in words),
            own_entrypoint=bool(items(body.get("command"))),
            workdir=text(body.get("workingDir")),
            environment=environment,
            hosts=tuple(dict.fromkeys(hosts)) if body is own else (),
            ports=tuple(dict.fromkeys([*map(int, filter(str.isdecimal, ports)), *(published if body is own else ())])),
        )


def _is_named(container: Mapping, name: str) -> bool:
    """Whether a container of a workload is the workload's own, by its name or that of its image."""
    return name in (text(container.get("name")), text(container.get("image")).rpartition("/")[2].partition(":")[0])


def _environment(container: Mapping, file: str, maps: list[tuple[str, list[Setting]]]) -> Iterator[Setting]:
    known: dict[str, str] = {}
    for each in items(container.get("env")):
        entry = mapping(each)
        name = text(entry.get("name"))
        source = mapping(entry.get("valueFrom"))
        reference = mapping(source.get("configMapKeyRef") or source.get("secretKeyRef"))
        if entry.get("value") is not None:
            value = _filled(text(entry.get("value")), known)
            known[name] = value
            yield Setting(name, value, file, entry.at("value"))
        elif reference:
            wanted = text(reference.get("key"))
            for setting in _config_map(text(reference.get("name")), file, maps):
                if setting.name == wanted:
                    known.setdefault(name, setting.value)
                    yield Setting(name, setting.value, setting.file, setting.line)
    for each in reversed(items(container.get("envFrom"))):
        entry = mapping(each)
        reference = mapping(entry.get("configMapRef") or entry.get("secretRef"))
        for setting in _config_map(text(reference.get("name")), file, maps):
            yield msgspec.structs.replace(setting, name=text(entry.get("prefix")) + setting.name)


def _filled(written: str, values: dict[str, str]) -> str:
    """`written` with each `$(NAME)` filled in; the unknown becomes `${NAME}`."""
    return interpolate(_REFERENCE.sub(r"${\1}", written.replace("$", "$$").replace("$$(", "$(")), values.get)


def _config_map(name: str, file: str, maps: list[tuple[str, list[Setting]]]) -> list[Setting]:
    """The settings of all config maps of a name, those written nearest to `file` first."""
    if not name:
        return []
    found = [settings for known, settings in maps if known == name and settings]
    return [each for settings in sorted(found, key=lambda found: _distance(found[0].file, file)) for each in settings]


def _distance(one: str, other: str) -> int:
    """How many folders lie between two files."""
    shared = len(Path(os.path.commonpath([f"./{one}", f"./{other}"])).parts)
    return one.count("/") + other.count("/") - 2 * shared


def _selects(service: _Entity, labels: Mapping) -> bool:
    selector = mapping(mapping(service.body.get("spec")).get("selector"))
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _host_names(service: _Entity) -> list[str]:
    namespace = service.namespace or "default"
    ending = f"{service.name}.{namespace}"
    return [service.name, ending, f"{ending}.svc", f"{ending}.svc.cluster.local"]


def _service_ports(service: _Entity) -> Iterator[str]:
    for each in items(mapping(service.body.get("spec")).get("ports")):
        port = text(mapping(each).get("port"))
        if port.isdecimal():
            yield port


def _subscription(entity: _Entity) -> FunctionEvent | None:
    """A topic that Dapr delivers to a path of the applications named in its scopes."""
    spec = mapping(entity.body.get("spec"))
    topic = text(spec.get("topic"))
    if entity.kind != "Subscription" or not topic or "dapr.io" not in text(entity.body.get("apiVersion")):
        return None
    routes = mapping(spec.get("routes"))
    rules = (text(mapping(each).get("path")) for each in items(routes.get("rules")))
    path = text(spec.get("route")) or text(routes.get("default")) or next(rules, "")
    return FunctionEvent(
        function=next(iter(text(each) for each in items(entity.body.get("scopes"))), ""),
        module=None,
        handler="",
        kind="subscription",
        file=entity.file,
        line=spec.at("topic"),
        name=topic,
        path=path,
        method="POST",
        properties={"pubsubname": text(spec.get("pubsubname"))},
    )
