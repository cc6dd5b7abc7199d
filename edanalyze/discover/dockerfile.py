"""What a Dockerfile says about a service: what is copied where, the environment, ports and the command."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping

import msgspec

from edanalyze.discover.dotenv import interpolate

_MOST_INSTRUCTIONS = 1_000
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_FLAG = re.compile(r"--[\w-]+(=\S*)?\s+")
_FROM = re.compile(r"--from=(\S+)")
_PAIR = re.compile(r"""([A-Za-z_][\w.-]*)=("(?:[^"\\]|\\.)*"|'[^']*'|(?:\\.|\S)*)""")


class Copy(msgspec.Struct, frozen=True):
    """One source of a COPY or ADD, relative to the build context, and where it goes in the image."""

    source: str
    target: str


class Dockerfile(msgspec.Struct, frozen=True):
    """The last stage of a Dockerfile, with what the stages it builds on say.

    `environment` is (name, value, line); `ports` are those exposed; entry point and command are
    one line each.
    `sources` is what any stage takes from the build context.
    """

    copies: tuple[Copy, ...] = ()
    sources: tuple[str, ...] = ()
    environment: tuple[tuple[str, str, int], ...] = ()
    ports: tuple[int, ...] = ()
    workdir: str = "/"
    entrypoint: str = ""
    command: str = ""


class _Stage(msgspec.Struct):
    copies: tuple[Copy, ...] = ()
    environment: tuple[tuple[str, str, int], ...] = ()
    ports: tuple[int, ...] = ()
    workdir: str = "/"
    entrypoint: str = ""
    command: str = ""


def read_dockerfile(text: str, arguments: Mapping[str, str], target: str = "") -> Dockerfile:
    """What the stage `target` (the last one if empty) of a Dockerfile comes to, with build `arguments` filled in."""
    stages: dict[str, _Stage] = {}
    stage = _Stage()
    known = dict(arguments)
    sources: list[str] = []
    for line, name, rest in _instructions(text):
        if name == "FROM":
            words = _FLAG.sub("", rest).split()
            base = interpolate(words[0], known.get) if words else ""
            stage = msgspec.structs.replace(stages[base.lower()]) if base.lower() in stages else _Stage()
            stages[words[2].lower() if len(words) > 2 else str(len(stages))] = stage
        elif name == "ARG":
            key, _, value = rest.partition("=")
            known.setdefault(key.strip(), value.strip().strip("\"'"))
        elif name == "ENV":
            added = [(key, interpolate(value, known.get), line) for key, value in _pairs(rest)]
            known.update({key: value for key, value, _ in added if key not in arguments})
            stage.environment = (*stage.environment, *added)
        else:
            before = len(stage.copies)
            _apply(stage, name, rest, known, stages)
            if _FROM.search(rest) is None:
                sources += [each.source for each in stage.copies[before:]]
    chosen = stages.get(target.lower(), stage)
    return Dockerfile(
        chosen.copies,
        tuple(dict.fromkeys(sources)),
        chosen.environment,
        chosen.ports,
        chosen.workdir,
        chosen.entrypoint,
        chosen.command,
    )


def words(line: str) -> list[str]:
    """A command line taken apart as a shell would; at blanks where its quotes do not close."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _apply(stage: _Stage, name: str, rest: str, known: Mapping[str, str], stages: Mapping[str, _Stage]) -> None:
    if name in ("COPY", "ADD"):
        stage.copies += tuple(_copies(stage, rest, known, stages))
    elif name == "EXPOSE":
        ports = (interpolate(each, known.get).partition("/")[0] for each in rest.split())
        stage.ports += tuple(int(each) for each in ports if each.isdecimal() and len(each) < 6)
    elif name == "WORKDIR":
        stage.workdir = posixpath.normpath(posixpath.join(stage.workdir, interpolate(rest.strip(), known.get)))
    elif name == "CMD":
        stage.command = shlex.join(_exec_form(rest)) if rest.lstrip().startswith("[") else rest.strip()
    elif name == "ENTRYPOINT":
        stage.entrypoint = shlex.join(_exec_form(rest)) if rest.lstrip().startswith("[") else rest.strip()
        stage.command = ""


def _copies(stage: _Stage, rest: str, known: Mapping[str, str], stages: Mapping[str, _Stage]) -> Iterator[Copy]:
    """The sources of one COPY. What comes from an earlier stage is traced to what that stage copied."""
    origin = _FROM.search(rest)
    *sources, target = _exec_form(_FLAG.sub("", rest)) or [""]
    into = posixpath.join(stage.workdir, interpolate(target, known.get))
    for source in (interpolate(each, known.get) for each in sources):
        if origin is None:
            yield Copy(source, into)
            continue
        for earlier in stages.get(origin[1].lower(), _Stage()).copies:
            below = posixpath.relpath(posixpath.join("/", source), posixpath.join("/", earlier.target))
            if not below.startswith(".."):
                yield Copy(posixpath.normpath(posixpath.join(earlier.source, below)), into)


def _instructions(text: str) -> list[tuple[int, str, str]]:
    """The (line, name in capitals, rest) of each instruction, continued lines put together, comments left out."""
    found: list[tuple[int, str, str]] = []
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        start = start if pending else number
        if line.rstrip().endswith("\\"):
            pending += line.rstrip()[:-1] + " "
            continue
        if matched := _INSTRUCTION.fullmatch((pending + line).rstrip()):
            found.append((start, matched[1].upper(), matched[2]))
        pending = ""
        if len(found) == _MOST_INSTRUCTIONS:
            break
    return found


def _exec_form(rest: str) -> list[str]:
    """The words of an instruction, in JSON form or plain."""
    if rest.lstrip().startswith("["):
        try:
            return [str(each) for each in json.loads(rest)]
        except (ValueError, RecursionError):
            return words(rest.strip(" []").replace(",", " "))
    return words(rest)


def _pairs(rest: str) -> list[tuple[str, str]]:
    """The assignments of an ENV, in the form `A=b C=d` or the old form `A b`."""
    pairs = _PAIR.findall(rest)
    if pairs and rest.lstrip().startswith(f"{pairs[0][0]}="):
        return [
            (name, value.strip("\"'") if value[:1] in "\"'" else value.replace("\\ ", " ")) for name, value in pairs
        ]
    name, _, value = rest.strip().partition(" ")
    return [(name, value.strip())] if value else []
