"""Read and parse all files of a project, in several processes when there is enough to do."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edanalyze.facts.module import ModuleFacts, Unanalysed

if TYPE_CHECKING:
    from edanalyze.discover.files import SourceFile

Progress = Callable[[int, int], None]
"""Told after each step how much is done, and how much there is to do."""

_FEW = 60
_CHUNK = 24


class Parsed(msgspec.Struct, frozen=True):
    """Facts of the files that could be parsed, and why the others could not."""

    modules: tuple[ModuleFacts, ...]
    failures: tuple[Unanalysed, ...]


class _Chunk(msgspec.Struct, frozen=True):
    modules: list[ModuleFacts]
    failures: list[Unanalysed]


def parse_all(
    files: Sequence[SourceFile],
    largest: int,
    overlay: Mapping[Path, bytes],
    jobs: int | None,
    progress: Progress | None,
) -> Parsed:
    """The facts of all files, in the order of `files` whatever the number of processes."""
    workers = min(jobs or os.cpu_count() or 1, 1 + len(files) // _FEW)
    chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    modules: list[ModuleFacts] = []
    failures: list[Unanalysed] = []
    done = 0
    for chunk, result in zip(chunks, _results(chunks, largest, overlay, workers), strict=True):
        modules += result.modules
        failures += result.failures
        done += len(chunk)
        if progress is not None:
            progress(done, len(files))
    return Parsed(tuple(modules), tuple(failures))


def _results(
    chunks: list[Sequence[SourceFile]], largest: int, overlay: Mapping[Path, bytes], workers: int
) -> Iterable[_Chunk]:
    given = {str(path): source for path, source in overlay.items()}
    if workers <= 1:
        for chunk in chunks:
            yield _parse(chunk, largest, given)
        return
    decoder = msgspec.msgpack.Decoder(_Chunk)
    with ProcessPoolExecutor(workers, mp_context=_start_method()) as pool:
        for encoded in pool.map(_encoded, chunks, [largest] * len(chunks), [given] * len(chunks)):
            yield decoder.decode(encoded)


def _start_method() -> BaseContext:
    """Forking is quickest, but not safe once there are other threads (a progress bar has one)."""
    methods = multiprocessing.get_all_start_methods()
    alone = threading.active_count() == 1
    return multiprocessing.get_context("fork" if alone and "fork" in methods else "spawn")


def _encoded(chunk: Sequence[SourceFile], largest: int, overlay: Mapping[str, bytes]) -> bytes:
    return msgspec.msgpack.encode(_parse(chunk, largest, overlay))


def _parse(chunk: Sequence[SourceFile], largest: int, overlay: Mapping[str, bytes]) -> _Chunk:
    from edanalyze.discover.sources import Unreadable, read
    from edanalyze.syntax import SyntaxFailure, lower

    modules: list[ModuleFacts] = []
    failures: list[Unanalysed] = []
    for file in chunk:
        try:
            source = overlay.get(file.absolute)
            modules.append(lower(file.path, read(file, largest) if source is None else source))
        except Unreadable as error:
            failures.append(Unanalysed(file.path, error.reason))
        except SyntaxFailure as error:
            failures.append(Unanalysed(file.path, error.reason))
        except Exception as error:  # one strange file must not end the run
            failures.append(Unanalysed(file.path, f"internal error: {type(error).__name__}: {error}", crash=True))
    return _Chunk(modules, failures)
