"""Smaller files that say what runs: Procfile, Skaffold, Dapr's multi-app file, RabbitMQ definitions, `.env` files."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

from edanalyze.discover.deployed import Container, DeadLetterPolicy, DeclaredQueue, Relay, Setting
from edanalyze.discover.deployfiles import DeployFiles, below, folder_of
from edanalyze.discover.dotenv import assignments
from edanalyze.discover.yamltree import Sequence, items, mapping, text

_PROCESS = re.compile(r"^([A-Za-z0-9_-]+):\s*(\S.*)$")
_SKAFFOLD = re.compile(r"skaffold[\w.-]*\.ya?ml")
_DAPR = re.compile(r"dapr[\w.-]*\.ya?ml")
_ENVIRONMENT = re.compile(r"\.env(?:\.[\w.-]+)?|[\w.-]+\.env|env\.[\w-]+|\.envrc", re.IGNORECASE)
_RANKS = (
    (re.compile(r"test|ci\b", re.IGNORECASE), 5),
    (re.compile(r"example|sample|template|dist|default", re.IGNORECASE), 4),
    (re.compile(r"local|dev", re.IGNORECASE), 3),
    (re.compile(r"docker|compose|prod|container", re.IGNORECASE), 1),
)


def read_procfiles(files: DeployFiles) -> Iterator[Container]:
    """The processes of each Procfile; `release` is none."""
    for path in files.named("Procfile"):
        for number, line in enumerate((files.text(path) or "").splitlines(), 1):
            found = _PROCESS.match(line[:1000])
            if found and found[1] != "release":
                yield Container(
                    name=found[1],
                    file=path,
                    line=number,
                    context=folder_of(path),
                    command=found[2],
                    own_entrypoint=True,
                )


def read_skaffold(files: DeployFiles) -> dict[str, str]:
    """The folder that each image is built from, by the image's name."""
    artifacts: dict[str, str] = {}
    for path in files.paths:
        if not _SKAFFOLD.fullmatch(posixpath.basename(path)):
            continue
        for document in files.yaml(path):
            for each in items(mapping(mapping(document).get("build")).get("artifacts")):
                entry = mapping(each)
                context = text(mapping(entry.get("jib")).get("project")) or text(entry.get("context")) or "."
                base = text(entry.get("context")) if "jib" in entry else "."
                folder = below(below(folder_of(path), base) or ".", context)
                if folder:
                    artifacts[text(entry.get("image"))] = folder
    return artifacts


def read_dapr(files: DeployFiles) -> Iterator[Container]:
    """The applications of Dapr multi-app files; each is reached by its application id."""
    for path in files.paths:
        if not _DAPR.fullmatch(posixpath.basename(path)):
            continue
        for document in files.yaml(path)[:1]:
            shared = mapping(mapping(mapping(document).get("common")).get("env"))
            for each in items(mapping(document).get("apps")):
                entry = mapping(each)
                folder = below(folder_of(path), text(entry.get("appDirPath")) or ".")
                name = text(entry.get("appID")) or posixpath.basename(folder or "")
                port = text(entry.get("appPort"))
                command = entry.get("command")
                yield Container(
                    name=name,
                    file=path,
                    line=entry.line,
                    context=folder,
                    command=shlex.join(map(text, command)) if isinstance(command, Sequence) else text(command),
                    environment=tuple(
                        Setting(key, text(value), path, variables.at(key))
                        for variables in (mapping(entry.get("env")), shared)
                        for key, value in variables.items()
                    ),
                    hosts=(name,),
                    ports=(int(port),) if port.isdecimal() else (),
                    published=(int(port),) if port.isdecimal() else (),
                )


def read_broker_definitions(files: DeployFiles) -> Iterator[Relay | DeclaredQueue | DeadLetterPolicy]:
    """The queues, bindings and dead-letter policies of exported RabbitMQ definitions."""
    for path in files.paths:
        if not path.endswith(".json") or not _is_broker_definition(files, path):
            continue
        top = mapping(next(iter(files.yaml(path)), None))
        for each in items(top.get("bindings")):
            entry = mapping(each)
            if text(entry.get("destination_type")) != "exchange":
                key = text(entry.get("routing_key"))
                yield Relay(text(entry.get("source")), text(entry.get("destination")), key, path, entry.line)
        policies = [
            DeadLetterPolicy(text(policy.get("pattern")), path, policy.line)
            for policy in map(mapping, items(top.get("policies")))
            if "dead-letter-exchange" in mapping(policy.get("definition"))
        ]
        yield from policies
        for each in items(top.get("queues")):
            entry = mapping(each)
            name = text(entry.get("name"))
            arguments = mapping(entry.get("arguments"))
            dead = "x-dead-letter-exchange" in arguments or any(policy.matches(name) for policy in policies)
            yield DeclaredQueue(name, "rabbitmq", dead, path, entry.line)


def read_environment_files(files: DeployFiles) -> list[tuple[str, Setting]]:
    """The (folder, setting) of each line in the project's environment files, the most telling file first."""
    paths = [path for path in files.paths if _ENVIRONMENT.fullmatch(posixpath.basename(path))]
    return [
        (folder_of(path), Setting(name, value, path, line))
        for path in sorted(paths, key=lambda path: (_rank(path), path))
        for name, value, line in assignments(files.text(path) or "")
    ]


def _rank(path: str) -> int:
    """0 for a plain `.env`, more for variants that say less about the deployed system."""
    name = posixpath.basename(path)
    if name in (".env", ".envrc"):
        return 0
    return next((rank for pattern, rank in _RANKS if pattern.search(name)), 2)


def _is_broker_definition(files: DeployFiles, path: str) -> bool:
    name = posixpath.basename(path)
    if "definition" not in name and "rabbit" not in path.lower():
        return False
    content = files.text(path) or ""
    return '"bindings"' in content and '"queues"' in content
