"""Which folder holds the code that a container runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from edanalyze.discover.commands import entry_of
from edanalyze.discover.deployed import Container
from edanalyze.discover.deployfiles import DeployFiles, folder_of

_PACKAGING = {
    "Dockerfile",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
    "package.json",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "go.mod",
    "Cargo.toml",
    "Gemfile",
    "composer.json",
    "mix.exs",
}
_FOREIGN = (
    *(
        ".java",
        ".kt",
        ".scala",
        ".clj",
        ".go",
        ".rs",
        ".c",
        ".cc",
        ".cpp",
        ".cs",
        ".fs",
        ".swift",
        ".dart",
        ".erl",
        ".hs",
    ),
    *(".js", ".mjs", ".ts", ".tsx", ".jsx", ".html", ".rb", ".php", ".ex", ".exs", ".lua", ".conf", ".template"),
)
_READY_MADE = re.compile(
    r"postgres\w*|mysql|mariadb|mongo\w*|redis\w*|valkey|memcached|rabbitmq|(?:cp-)?kafka\w*|(?:cp-)?zookeeper|nats|nginx|traefik"
    r"|haproxy|envoy|elasticsearch|opensearch|kibana|logstash|grafana|prometheus|jaeger|all-in-one|zipkin|minio|consul|vault|etcd"
    r"|localstack|mailhog|mailpit|pgadmin\d*|adminer|python|node|alpine|busybox|ubuntu|debian|keycloak|influxdb|cassandra|pulsar"
    r"|mosquitto|selenium|schema-registry|akhq|kafdrop|flower|portainer|caddy|registry|clickhouse\S*|neo4j|daprd?|placement"
)
_SERVICE_WORDS = re.compile(r"[-_.](?:service|svc|server|app|api|backend)$|^(?:service|svc|app)[-_.]")


DEPLOYING = {"docker", "dockerfiles", "containers", "images", "deploy", "deployment", "build", "ci", "infra", "ops"}
"""What folders are called that hold the Dockerfiles of code elsewhere."""


class Placed(msgspec.Struct, frozen=True):
    """A container with the folder of its code (None: no code in the project) and the file it starts.

    The container is as it runs: where it is a mere image built elsewhere in the project, completed by that build.
    """

    container: Container
    folder: str | None
    entry: str | None


class CodeFolders:
    """Finds the code of containers by their build, image or name."""

    def __init__(self, files: DeployFiles, artifacts: Mapping[str, str]) -> None:
        self._files = files
        self._artifacts = {_image_name(image): folder for image, folder in artifacts.items()}
        self._packaged = sorted(
            {folder_of(path) for path in (*files.paths, *files.sources) if posixpath.basename(path) in _PACKAGING}
        )
        self._coded = frozenset(parent for path in files.sources for parent in parents(path))
        self._foreign = frozenset(parent for path in files.paths if path.endswith(_FOREIGN) for parent in parents(path))

    def below(self, folder: str) -> list[str]:
        """The folders with Python code below a folder."""
        return sorted(each for each in self._coded if each != folder and is_below(each, folder))

    def is_python(self, folder: str) -> bool:
        """Whether a folder holds Python code, or the path is a Python file."""
        return folder in self._coded or folder in self._files.sources

    def is_foreign(self, folder: str) -> bool:
        """Whether a folder holds code of other languages and none of Python."""
        return folder in self._foreign and not self.is_python(folder)

    def place(self, containers: Sequence[Container]) -> list[Placed]:
        """Each container with its code, those without any last resort left at None."""
        images = {_image_name(each.image): each for each in reversed(containers) if each.context and each.image}
        whole = self._whole(containers)
        if whole is not None:
            images |= dict.fromkeys(self._named_whole(containers, images), whole)
        placed = []
        for each in containers:
            built = each if each.context else self._built(each, images)
            if (
                built is None
                or built.context is None
                or not (self.is_python(built.context) or self.is_foreign(built.context))
            ):
                placed.append(Placed(each, None, None))
                continue
            entry = entry_of(built, self._files)
            placed.append(Placed(built, self._narrow(built, entry), entry))
        return _generalised(placed, self)

    def _whole(self, containers: Sequence[Container]) -> Container | None:
        """The build of the project's root, if nothing else is built: a repository that holds one service."""
        builds = [each for each in containers if each.context]
        dockerfiles = {each.dockerfile for each in builds}
        return builds[0] if len(dockerfiles) == 1 and all(each.context == "." for each in builds) else None

    def _named_whole(self, containers: Sequence[Container], images: Mapping[str, Container]) -> list[str]:
        """The images that are made by the one build of a project: those called like it, else the only one there is."""
        names = {_image_name(each.image) for each in containers if not each.context and each.image} - set(images)
        unknown = sorted(
            name
            for name in names
            if not _READY_MADE.fullmatch(name) and not self._called(name) and name not in self._artifacts
        )
        own = title(self._files.root.name)
        called = [name for name in unknown if own in (title(name), _SERVICE_WORDS.sub("", title(name)))]
        return called or (unknown if len(unknown) == 1 else [])

    def _built(self, container: Container, images: Mapping[str, Container]) -> Container | None:
        """The container as if it were built from the folder that its image is made of."""
        name = _image_name(container.image)
        if source := images.get(name):
            return msgspec.structs.replace(
                container,
                context=source.context,
                dockerfile=source.dockerfile,
                command=container.command or source.command,
                workdir=container.workdir or source.workdir,
                mounts=(*container.mounts, *source.mounts),
                sources=source.sources,
                environment=(
                    *container.environment,
                    *(each for each in source.environment if each.file == source.dockerfile),
                ),
            )
        folder = self._artifacts.get(name) or self._mounted(container) or self._called(name) or None
        if folder is None and not _READY_MADE.fullmatch(name):
            folder = self._called(container.name.lower()) or self._started(container)
        return msgspec.structs.replace(container, context=folder) if folder else None

    def _mounted(self, container: Container) -> str | None:
        """The folder of code that a ready-made image (`python:3.12`) gets mounted to run."""
        mounted = [each.source for each in container.mounts if self.is_python(each.source)]
        return mounted[0] if len(mounted) == 1 and container.command else None

    def _started(self, container: Container) -> str | None:
        """The folder of the file that declares a container which starts a script by its path in the project."""
        here = folder_of(container.file)
        for word in container.command.split():
            if word.endswith(".py") and not word.startswith("/"):
                return here if posixpath.normpath(posixpath.join(here, word)) in self._files.sources else None
        return None

    def _called(self, name: str) -> str | None:
        """The one packaged folder that an image is named after."""
        if not name or _READY_MADE.fullmatch(name):
            return None
        coded = [each for each in self._packaged if each != "." and (self.is_python(each) or self.is_foreign(each))]
        titles = {each: title(posixpath.basename(each)) for each in coded}
        for wanted in (title(name), _SERVICE_WORDS.sub("", title(name))):
            matches = [each for each, title in titles.items() if wanted in (title, _SERVICE_WORDS.sub("", title))]
            if not matches:
                matches = [each for each, title in titles.items() if wanted.endswith(f"-{title}")]
            if len(matches) == 1:
                return matches[0]
        return None

    def _narrow(self, container: Container, entry: str | None) -> str | None:
        """The smallest folder (or file) of the build folder that is this container's own.

        None for an image that has no code of its own: what it copies is not Python, and it has no folder to itself.
        """
        context = container.context or "."
        own = folder_of(container.dockerfile) if container.dockerfile else context
        has_own = own != context and is_below(own, context) and posixpath.basename(own) not in DEPLOYING
        sources = dict.fromkeys(map(_source, (*(each.source for each in container.mounts), *container.sources)))
        copied = [each for each in sources if is_below(each, context)]
        python = [each for each in copied if self.is_python(each)]
        if has_own and any(is_below(each, own) or is_below(own, each) for each in copied):
            if self.is_foreign(own) or (self.is_python(own) and (entry is None or is_below(entry, own))):
                return own
        if (copied or has_own) and not python and entry is None:
            return context if self.is_foreign(context) else None
        if not python or context in python:
            return context
        if entry and (holding := [each for each in python if is_below(entry, each)]):
            return max(holding, key=len)
        return python[0] if len(python) == 1 else context


def parents(path: str) -> Iterator[str]:
    """All folders above a path, "." last."""
    while path != ".":
        path = folder_of(path)
        yield path


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or anything below it."""
    return folder in (".", path) or path.startswith(f"{folder}/")


def _generalised(placed: list[Placed], folders: CodeFolders) -> list[Placed]:
    """A container gets its whole build folder unless that holds another's code as well.

    A Dockerfile among the code, though built from further up, says for itself which folder is meant.
    """
    taken = {each.folder for each in placed if each.folder}
    result = []
    for placement in placed:
        folder, context = placement.folder, placement.container.context
        beside_code = placement.container.dockerfile and folder == folder_of(placement.container.dockerfile)
        if folder and context and not beside_code and folders.is_python(folder) and is_below(folder, context):
            others = [each for each in taken - {folder, context} if is_below(each, context) and folders.is_python(each)]
            folder = folder if any(not is_below(each, folder) for each in others) else context
        result.append(Placed(placement.container, folder, placement.entry))
    return result


def _source(source: str) -> str:
    return folder_of(source) if "*" in source else source


def _image_name(image: str) -> str:
    """The last part of an image's name, without tag and digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()


def title(name: str) -> str:
    """A name as it is compared with others: services, images and folders differ in case and dashes."""
    return name.lower().replace("_", "-").replace(".", "-")
