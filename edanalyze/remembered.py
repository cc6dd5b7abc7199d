"""Results that outlive the run: taken from an earlier one over the same input, or made and kept for later ones."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from edanalyze.check import registry
from edanalyze.facts.module import Unanalysed
from edanalyze.project import Project

T = TypeVar("T")


class Remembered(msgspec.Struct, frozen=True):
    """A result, and what was not analysed for it."""

    result: msgspec.Raw
    not_analysed: tuple[Unanalysed, ...]


def remembered(project: Project, kind: str, about: bytes, form: type[T], make: Callable[[], T]) -> T:
    """A result of an earlier run over the same input, else a new one, which is then kept for later runs.

    `kind` and `about` say which of several results is meant, `form` is its type.
    """
    memory = project.memory
    if memory is None:
        return make()
    known = memory.find(kind, about)
    if known is not None:
        found = msgspec.msgpack.decode(known, type=Remembered)
        project.not_analysed[:] = found.not_analysed
        return msgspec.msgpack.decode(found.result, type=form)
    result = make()
    if memory.version is None:
        memory.identify(registry.catalogue().packages, msgspec.msgpack.encode(registry.catalogue()))
    files = project.deploy_files
    with suppress(UnicodeEncodeError):  # a name of a file that is no text
        kept = Remembered(msgspec.Raw(msgspec.msgpack.encode(result)), tuple(project.not_analysed))
        note = project.deployment_digest if kind == "found" and not _has_failed(result) else b""
        memory.keep(kind, about, msgspec.msgpack.encode(kept), files.read, files.are_same, note)
    return result


def _has_failed(result: object) -> bool:
    from edanalyze.check.found import Found

    return isinstance(result, Found) and bool(result.failed)
