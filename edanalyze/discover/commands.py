"""From the command of a container to the Python file it starts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from edanalyze.discover.deployed import Container
from edanalyze.discover.deployfiles import DeployFiles, below
from edanalyze.discover.dockerfile import words
from edanalyze.discover.dotenv import interpolate

_OBJECT = re.compile(r"([A-Za-z_][\w./-]*):[A-Za-z_][\w.]*(?:\(.*\))?")
_MODULE = re.compile(r"[A-Za-z_][\w]*(?:[./][A-Za-z_]\w*)*")
_APP_OPTIONS = {"-A", "--app", "--wsgi", "-k", "--module", "-m", "-w", "--source", "-f", "--locustfile"}
_CONFIGURED = {"-c", "--config"}
_RUNNERS = {
    ("nameko", "run"),
    ("faststream", "run"),
    ("fastapi", "run"),
    ("fastapi", "dev"),
    ("taskiq", "worker"),
    ("streamlit", "run"),
    ("faust", "-A"),
    ("bentoml", "serve"),
}
_RUNNER_WORDS = {
    "dramatiq",
    "arq",
    "huey_consumer",
    "huey_consumer.py",
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "daphne",
    "granian",
}
_SERVERS = re.compile(
    r"(?:gunicorn|uvicorn|flask|celery|pytest|http|pip|hypercorn|debugpy|daphne|coverage|alembic|ptvsd)(?:\..*)?"
)
_TARGET = re.compile(r"^([\w.-]+)[ \t]*:(?![=:])")
_DEEPEST = 4


def entry_of(container: Container, files: DeployFiles) -> str | None:
    """The Python file, from the root, that the container's command starts; None if that cannot be told."""
    values = {each.name: each.value for each in reversed(container.environment)}
    command = interpolate(container.command, values.get)
    if flask_app := values.get("FLASK_APP"):
        command += f" --app {flask_app}"
    for candidate in _candidates(command, container, files, 0):
        if path := _resolved(candidate, container, files):
            return path
    return None


def _candidates(command: str, container: Container, files: DeployFiles, depth: int) -> Iterator[str]:
    """What a command line could start: paths of files, or of modules written as paths without ending."""
    parts = [each for word in words(command) for each in (words(word) if " " in word else [word])]
    for at, word in enumerate(parts):
        before = parts[at - 1] if at else ""
        if before in _CONFIGURED:
            continue
        if word.endswith(".py"):
            yield word
        elif found := _OBJECT.fullmatch(word):
            yield found[1].replace(".", "/") if not found[1].endswith(".py") else found[1]
        elif before in _APP_OPTIONS and _MODULE.fullmatch(word) and not _SERVERS.fullmatch(word):
            yield word.replace(".", "/")
        elif (posixpath.basename(parts[at - 2]) if at > 1 else "", before) in _RUNNERS or before in _RUNNER_WORDS:
            if _MODULE.fullmatch(word):
                yield word.replace(".", "/")
                yield posixpath.dirname(word.replace(".", "/"))
        elif word.endswith(".sh") or (before == "make" and not word.startswith("-")):
            if depth < _DEEPEST:
                script = _script(word, container, files) if word.endswith(".sh") else _recipe(word, container, files)
                for line in script:
                    yield from _candidates(line, container, files, depth + 1)
        elif posixpath.basename(word) == "locust":
            yield "locustfile.py"


def _script(word: str, container: Container, files: DeployFiles) -> list[str]:
    path = _located(word, container, files, files.known)
    content = files.text(path) if path else None
    return [line for line in (content or "").splitlines() if not line.lstrip().startswith("#")]


def _recipe(target: str, container: Container, files: DeployFiles) -> list[str]:
    """The lines below a target of the Makefile in the container's folder."""
    path = _located("Makefile", container, files, files.known)
    lines: list[str] = []
    inside = False
    for line in ((files.text(path) if path else None) or "").splitlines():
        if found := _TARGET.match(line):
            inside = found[1] == target
        elif inside:
            lines.append(line.strip().lstrip("@-"))
    return lines


def _resolved(word: str, container: Container, files: DeployFiles) -> str | None:
    if not word:
        return None
    endings = [word] if word.endswith(".py") else [f"{word}.py", f"{word}/__main__.py", f"{word}/__init__.py"]
    for each in endings:
        if found := _located(each, container, files, files.sources):
            return found
    return None


def _located(word: str, container: Container, files: DeployFiles, known: frozenset[str]) -> str | None:
    """The file of the project that `word` means inside the container."""
    inside = posixpath.normpath(posixpath.join(container.workdir or "/", word))
    for mount in sorted(container.mounts, key=lambda mount: -len(mount.target)):
        target = posixpath.normpath(posixpath.join("/", mount.target))
        source = posixpath.dirname(mount.source) or "." if "*" in mount.source else mount.source
        remainder = posixpath.relpath(inside, target)
        if source in known and (remainder == "." or remainder == posixpath.basename(source)):
            return source
        path = below(source, remainder)
        if not remainder.startswith("..") and path in known:
            return path
    context = container.context
    if context is None:
        return None
    direct = below(context, word.lstrip("/"))
    if direct in known:
        return direct
    prefix = "" if context == "." else f"{context}/"
    matches = [each for each in known if each.startswith(prefix) and f"/{each}".endswith(f"/{word.lstrip('./')}")]
    return matches[0] if len(matches) == 1 else None
