"""All that the deployment files of a project say, put together."""

from __future__ import annotations

import posixpath
import re

import msgspec

from edanalyze.discover.cloudformation import Stacks
from edanalyze.discover.codefolders import DEPLOYING
from edanalyze.discover.compose import compose_rank, is_compose_file, merged, read_compose
from edanalyze.discover.deployed import (
    Container,
    DeadLetterPolicy,
    DeclaredQueue,
    Deployment,
    FunctionEvent,
    Mount,
    Relay,
    Setting,
)
from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.dockerfile import Dockerfile, read_dockerfile
from edanalyze.discover.helm import charts, environment_values
from edanalyze.discover.kubernetes import read_manifests
from edanalyze.discover.manifests import (
    read_broker_definitions,
    read_dapr,
    read_environment_files,
    read_procfiles,
    read_skaffold,
)
from edanalyze.discover.openapi import read_operations
from edanalyze.discover.sam import read_templates
from edanalyze.discover.serverless import read_serverless

_DOCKERFILE = re.compile(
    r"(?:Docker|Container)file(?:[._-](?P<ending>(?!dockerignore)[\w-]+))?|(?P<beginning>[\w-]+)\.(?:docker|container)file",
    re.IGNORECASE,
)
_VARIANTS = {"", "dev", "development", "prod", "production", "test", "local", "ci", "debug", "base", "build", "slim"}


def read_deployment(files: DeployFiles) -> Deployment:
    """The containers, functions, queues and settings of a project.

    What cannot be read is remembered in `files`. Containers come in the order of how much they say about the
    system: compose files (those nearest to the root first), Dapr, Kubernetes, Procfile, Dockerfiles by themselves.
    """
    composed = [
        container
        for path in sorted(files.paths, key=compose_rank)
        if is_compose_file(posixpath.basename(path))
        for container in read_compose(path, files)
    ]
    manifests = read_manifests(files)
    containers = [*merged(composed), *read_dapr(files), *manifests.containers, *read_procfiles(files)]
    artifacts = read_skaffold(files)
    built = [_with_dockerfile(each, files) for each in containers]
    built += [_with_dockerfile(each, files) for each in _alone(built, files)]
    stacks = Stacks(files)
    deployed = [*read_templates(files, stacks), *read_serverless(files, stacks)]
    broker = list(read_broker_definitions(files))
    events = [each for stack in deployed for each in stack.events]
    return Deployment(
        containers=tuple(built),
        functions=tuple(each for stack in deployed for each in stack.functions),
        events=(*_distinct(events), *manifests.events),
        relays=(
            *(each for stack in deployed for each in stack.relays),
            *(each for each in broker if isinstance(each, Relay)),
        ),
        queues=(
            *(each for stack in deployed for each in stack.queues),
            *(each for each in broker if isinstance(each, DeclaredQueue)),
        ),
        policies=tuple(each for each in broker if isinstance(each, DeadLetterPolicy)),
        artifacts=artifacts,
        settings=(*read_environment_files(files), *_chart_settings(files)),
        operations=tuple(read_operations(files)),
    )


def _with_dockerfile(container: Container, files: DeployFiles) -> Container:
    """The container with what its Dockerfile adds: copied folders, environment, ports, command."""
    content = files.text(container.dockerfile) if container.dockerfile else None
    if content is None or container.context is None:
        return container
    values = {each.name: each.value for each in reversed(container.environment)}
    said = read_dockerfile(content, {**values, **container.arguments}, container.stage)
    copied = ((below(container.context, each.source.lstrip("/") or "."), each.target) for each in said.copies)
    sources = (below(container.context, each.lstrip("/") or ".") for each in said.sources)
    return msgspec.structs.replace(
        container,
        command=_command(container, said),
        workdir=container.workdir or said.workdir,
        environment=(
            *container.environment,
            *(Setting(name, value, container.dockerfile or "", line) for name, value, line in said.environment),
        ),
        ports=tuple(dict.fromkeys((*container.ports, *said.ports))),
        mounts=(*container.mounts, *(Mount(source, target) for source, target in copied if source)),
        sources=tuple(filter(None, sources)),
    )


def _command(container: Container, said: Dockerfile) -> str:
    """What is run: the container's own command, after the image's entry point unless it replaces that as well."""
    if container.own_entrypoint:
        return container.command
    return f"{said.entrypoint} {container.command or said.command}".strip()


def _alone(known: list[Container], files: DeployFiles) -> list[Container]:
    """A container for each Dockerfile that nothing builds by name."""
    used = {each.dockerfile for each in known}
    found = []
    for path in files.paths:
        named = _DOCKERFILE.fullmatch(posixpath.basename(path))
        if named is None or path in used:
            continue
        variant = named["ending"] or named["beginning"] or ""
        folder = posixpath.basename(folder_of(path)).strip(".")
        context = _context(path, files)
        if folder.lower() in DEPLOYING:  # `docker/Dockerfile` is named after what it is built from
            folder = posixpath.basename(context).strip(".")
        name = folder if variant.lower() in _VARIANTS else variant
        found.append(Container(name=name, file=path, line=1, context=context, dockerfile=path))
    return found


def _context(path: str, files: DeployFiles) -> str:
    """The folder a Dockerfile is built from: the nearest one at or above it in which what it copies exists."""
    folder = folder_of(path)
    copies = [each.lstrip("/") for each in read_dockerfile(files.text(path) or "", {}).sources if "*" not in each]
    wanted = [each for each in copies if each.rstrip("/") not in (".", "") and "${" not in each]
    while wanted:
        if any(files.exists(below(folder, each)) for each in wanted):
            return folder
        if folder == ".":
            break
        folder = folder_of(folder)
    return folder_of(path)


def _distinct(events: list[FunctionEvent]) -> list[FunctionEvent]:
    """The events without those that a template and an OpenAPI document both declare."""
    seen: dict[object, FunctionEvent] = {}
    for each in events:
        seen.setdefault(
            (each.function, each.module, each.handler, each.kind, each.name, each.path, each.method, each.types), each
        )
    return list(seen.values())


def _chart_settings(files: DeployFiles) -> list[tuple[str, Setting]]:
    """What Helm charts set under the names of environment variables, for the folder called like the chart."""
    return [
        (f"chart:{name}", Setting(key, str(value), path, value.line))
        for folder, name in charts(files)
        for key, value, path in environment_values(folder, files)
    ]
