"""Docker Compose files: services with their build folder, environment, host names and ports."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping

import msgspec

from edanalyze.discover.deployed import Container, Mount, Setting
from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.dotenv import assignments, interpolate
from edanalyze.discover.yamltree import Mapping as YamlMapping
from edanalyze.discover.yamltree import Node, Sequence, items, mapping, text

_NAME = re.compile(r"(?:.*[-_.])?compose(?:[-_.].*)?\.ya?ml", re.IGNORECASE)
_OVERRIDE = re.compile(r"override")
_BASE = re.compile(r"^(?:docker-)?compose\.ya?ml$")
_VARIANT = re.compile(r"^(?!.*(?:test|ci\b))")
_PORT = re.compile(r"(?:.*?(?P<published>\d+)(?:-\d+)?:)?(?:\$\{\w+\}:)?(?P<inside>\d+)(?:-\d+)?(?:/\w+)?$")
_DEEPEST = 5
_LONGEST_PORT = 80


def is_compose_file(name: str) -> bool:
    """Whether a file is a compose file by its name: `compose.yaml`, `docker-compose.prod.yml`, `dev.compose.yml`."""
    return _NAME.fullmatch(name) is not None


def compose_rank(path: str) -> tuple[int, int, str]:
    """How much a compose file counts: near the root before deep, overrides before the base, variants and tests last."""
    name = posixpath.basename(path).lower()
    order = (_OVERRIDE, _BASE, _VARIANT)
    rank = next((at for at, pattern in enumerate(order) if pattern.search(name)), len(order))
    return path.count("/"), rank, path


def read_compose(path: str, files: DeployFiles) -> list[Container]:
    """The services of one compose file. Variables are filled in from the `.env` beside it."""
    folder = folder_of(path)
    known = _dotenv(folder, files)
    top = mapping(next(iter(files.yaml(path)), None))
    services = mapping(top.get("services")) or _version_1(top)
    made = [
        _container(name, mapping(body), services.at(name), path, folder, known, files)
        for name, body in services.items()
    ]
    return _with_links(made, services)


def merged(containers: list[Container]) -> list[Container]:
    """Containers of the same name in the files of one folder put together: the override completes the base."""
    found: dict[tuple[str, str], Container] = {}
    for each in containers:
        key = (folder_of(each.file), each.name)
        found[key] = _combined(found[key], each) if key in found else each
    return list(found.values())


def _combined(first: Container, second: Container) -> Container:
    """Two descriptions of one container; the first is the stronger, what it lacks comes from the second."""
    base = second if first.context is None and second.context is not None else first
    return msgspec.structs.replace(
        base,
        image=first.image or second.image,
        command=first.command or second.command,
        own_entrypoint=first.own_entrypoint if first.command else second.own_entrypoint,
        environment=(*first.environment, *second.environment),
        hosts=tuple(dict.fromkeys((*first.hosts, *second.hosts))),
        ports=tuple(dict.fromkeys((*first.ports, *second.ports))),
        published=tuple(dict.fromkeys((*first.published, *second.published))),
        mounts=tuple(dict.fromkeys((*first.mounts, *second.mounts))),
    )


def _version_1(top: YamlMapping) -> YamlMapping:
    """The old form without `services:`, where every key is a service."""
    services = YamlMapping(top.line)
    for name, body in top.items():
        if {"image", "build"} & set(mapping(body)):
            services[name] = body
            services.lines[name] = top.at(name)
    return services


def _container(
    name: str, body: YamlMapping, line: int, path: str, folder: str, known: Mapping[str, str], files: DeployFiles
) -> Container:
    body = _extended(body, path, files)

    def fill(node: Node) -> str:
        return interpolate(text(node), known.get)

    build = body.get("build")
    context, dockerfile, stage, arguments = None, None, "", {}
    if build is not None:
        details = mapping(build)
        context = below(folder, fill(build) or fill(details.get("context")) or ".")
        dockerfile = below(context, fill(details.get("dockerfile")) or "Dockerfile") if context else None
        stage = fill(details.get("target"))
        arguments = {each: interpolate(value or "", known.get) for each, value, _ in _pairs(details.get("args"))}
    ports = [*_ports(body.get("ports"), known), *((port, None) for port, _ in _ports(body.get("expose"), known))]
    hosts = [name, fill(body.get("container_name")), fill(body.get("hostname")), *_aliases(body.get("networks"))]
    return Container(
        name=name,
        file=path,
        line=line,
        context=context,
        dockerfile=dockerfile,
        stage=stage,
        arguments=arguments,
        image=fill(body.get("image")),
        command=" ".join(filter(None, (_command(body.get("entrypoint"), known), _command(body.get("command"), known)))),
        own_entrypoint=body.get("entrypoint") is not None,
        workdir=fill(body.get("working_dir")),
        environment=tuple(_environment(body, path, folder, known, files)),
        hosts=tuple(dict.fromkeys(filter(None, hosts))),
        ports=tuple(dict.fromkeys(inside for inside, _ in ports)),
        published=tuple(dict.fromkeys(outside for _, outside in ports if outside is not None)),
        mounts=tuple(_mounts(body.get("volumes"), folder, known)),
    )


def _extended(body: YamlMapping, path: str, files: DeployFiles, depth: int = 0) -> YamlMapping:
    """A service with what it `extends` filled in below its own keys."""
    extends = body.get("extends")
    if extends is None or depth > _DEEPEST:
        return body
    file = text(mapping(extends).get("file"))
    source = below(folder_of(path), file) if file else path
    base_name = text(extends) or text(mapping(extends).get("service"))
    top = mapping(next(iter(files.yaml(source)), None)) if source else YamlMapping(0)
    base = mapping(mapping(top.get("services")).get(base_name))
    complete = YamlMapping(body.line)
    for each in (_extended(base, source or path, files, depth + 1), body):
        complete.update(each)
        complete.lines.update(each.lines)
    return complete


def _environment(
    body: YamlMapping, path: str, folder: str, known: Mapping[str, str], files: DeployFiles
) -> Iterator[Setting]:
    for name, value, line in _pairs(body.get("environment")):
        filled = known.get(name) if value is None else interpolate(value, known.get)
        if filled is not None:
            yield Setting(name, filled, path, line)
    for each in reversed(items(body.get("env_file"))):
        named = interpolate(text(each) or text(mapping(each).get("path")), known.get)
        file = below(folder, named) if named else None
        for name, value, line in assignments((files.text(file) if file else None) or ""):
            yield Setting(name, interpolate(value, known.get), file or path, line)


def _pairs(node: Node) -> Iterator[tuple[str, str | None, int]]:
    """The (name, value, line) of `environment` or `args`, as mapping or as list of `NAME=value`. None: no value."""
    if isinstance(node, YamlMapping):
        for name, value in node.items():
            yield name, None if value is None else text(value), node.at(name)
    elif isinstance(node, Sequence):
        for each in node:
            name, equals, value = text(each).partition("=")
            if name:
                yield name.strip(), value if equals else None, each.line


def _ports(node: Node, known: Mapping[str, str]) -> Iterator[tuple[int, int | None]]:
    """The (inside, published) ports of a list in short or long form."""
    for each in items(node):
        details = mapping(each)
        short = text(each) or f"{text(details.get('published'))}:{text(details.get('target'))}"
        if found := _PORT.fullmatch(interpolate(short, known.get).lstrip(":")[:_LONGEST_PORT]):
            yield int(found["inside"]), int(found["published"]) if found["published"] else None


def _aliases(networks: Node) -> Iterator[str]:
    for each in mapping(networks).values():
        for alias in items(mapping(each).get("aliases")):
            yield text(alias)


def _mounts(volumes: Node, folder: str, known: Mapping[str, str]) -> Iterator[Mount]:
    """The folders of the project that are mounted; named volumes are not."""
    for each in items(volumes):
        details = mapping(each)
        short = interpolate(text(each), {"PWD": ".", **known}.get).split(":")
        source, target = (
            (short[0], short[1]) if len(short) > 1 else (text(details.get("source")), text(details.get("target")))
        )
        if source.startswith(".") and (inside := below(folder, source)):
            yield Mount(inside, target)


def _command(node: Node, known: Mapping[str, str]) -> str:
    if isinstance(node, Sequence):
        return shlex.join(interpolate(text(each), known.get) for each in node)
    return interpolate(text(node), known.get)


def _with_links(containers: list[Container], services: YamlMapping) -> list[Container]:
    """The containers with the aliases that `links` of others give them."""
    aliases: dict[str, list[str]] = {}
    for body in services.values():
        for link in items(mapping(body).get("links")):
            name, _, alias = text(link).partition(":")
            aliases.setdefault(name, []).extend([alias] if alias else [])
    return [
        msgspec.structs.replace(each, hosts=tuple(dict.fromkeys((*each.hosts, *aliases.get(each.name, ())))))
        for each in containers
    ]


def _dotenv(folder: str, files: DeployFiles) -> dict[str, str]:
    """The variables that the `.env` of the folder, else that of the root, sets."""
    path = next((each for each in (below(folder, ".env"), ".env") if each and files.text(each) is not None), None)
    return {name: value for name, value, _ in assignments((files.text(path) if path else None) or "")}
