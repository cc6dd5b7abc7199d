"""Small systems written down as files, and what the analyser binds in them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from edanalyze import api
from edanalyze.analyse.binding.records import HttpCall, PublishCall
from edanalyze.analyse.system import System


def system(folder: Path, files: Mapping[str, str]) -> System:
    """The analysed system that these files make up."""
    for path, text in {"pyproject.toml": "", **files}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
    return api.load_project([folder], api.Options(jobs=1)).system


def requests(made: System) -> list[str]:
    """Every HTTP call as `file:line METHOD url -> route`, service or host; `?` when it is not known."""
    return [
        f"{at(made, call)} {'/'.join(call.methods)} {call.url.text} -> {callee(call)}"
        for call in made.binding.http_calls
    ]


def at(made: System, call: HttpCall | PublishCall) -> str:
    """Where a call is fixed."""
    return f"{made.program.paths[call.site.module]}:{call.site.place.line}"


def callee(call: HttpCall) -> str:
    """Whom a call reaches."""
    if call.targets:
        return ", ".join(f"{call.service} {target.name}" for target in call.targets)
    return call.service or call.external or "?"


def messages(made: System) -> list[str]:
    """Every publish as `file:line topic -> handlers`."""
    found = []
    for call in made.binding.publishes:
        receivers = ", ".join(entry.function.rpartition(":")[2] for entry in call.consumers)
        found.append(f"{at(made, call)} {call.topic or '?'} -> {receivers or '-'}")
    return found
