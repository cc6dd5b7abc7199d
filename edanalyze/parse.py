"""The facts of all files of a project: remembered ones, and the others parsed, in several processes if that pays."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edanalyze.cache.facts import Encoded, Facts, FactsStore, decode, encode
from edanalyze.cache.sealed import digest
from edanalyze.facts.module import ModuleFacts, Unanalysed
from edanalyze.processes import start_method

if TYPE_CHECKING:
    from edanalyze.cache.memory import Memory
    from edanalyze.discover.files import SourceFile

Progress = Callable[[int, int], None]
"""Told after each step how much is done, and how much there is to do."""

_CHUNK = 256 * 1024
_SMALLEST_CHUNK = 32 * 1024
_CHUNKS_EACH = 12
_WORTH_A_PROCESS = 400 * 1024
_AHEAD = 3
_AHEAD_ELSEWHERE = 64


class Work(msgspec.Struct, frozen=True):
    """Which files to read, the largest number of bytes to read of one, and sources that stand in for those on disk."""

    files: Sequence[SourceFile]
    largest: int
    overlay: Mapping[Path, bytes]


class Parsed(msgspec.Struct, frozen=True):
    """Facts of the files that could be parsed, and why the others could not; both in the order of the files."""

    modules: tuple[ModuleFacts, ...]
    failures: tuple[Unanalysed, ...]


class _Lowered(msgspec.Struct, frozen=True):
    """What became of one file.

    `hash` is that of the source, empty where the outcome must not be remembered; `encoded` are the facts as another
    process sent them, empty where this one made them.
    """

    hash: bytes
    facts: Facts
    encoded: Encoded = b""


_sent = msgspec.msgpack.Decoder(list[tuple[bytes, memoryview]])


def parse_all(
    work: Work,
    jobs: int | None = None,
    progress: Progress | None = None,
    memory: Memory | None = None,
    executor: Executor | None = None,
) -> Parsed:
    """The facts of all files, the same whatever the number of processes and whatever is remembered.

    `executor` does the parsing where one is given: any whose workers can import this package and open the files.
    """
    found = _remembered(work, memory) if memory is not None else {}
    missing = [file for file in work.files if file.path not in found]
    store = memory.facts if memory is not None and missing else None
    total = len(work.files)
    if missing:
        given = {str(path): source for path, source in work.overlay.items()}
        chunks, workers = _divided(missing, jobs)
        done = total - len(missing)
        for chunk, lowered in _lowered(chunks, work.largest, given, workers, executor):
            for file, outcome in zip(chunk, lowered, strict=True):
                found[file.path] = outcome.facts
                if store is not None and outcome.hash:
                    store.add(store.key(file.path, outcome.hash), outcome.encoded or encode(outcome.facts))
            done += len(chunk)
            if progress is not None:
                progress(done, total)
    if memory is not None:
        memory.facts.write()
    facts = [found[file.path] for file in work.files]
    return Parsed(
        tuple(each for each in facts if isinstance(each, ModuleFacts)),
        tuple(each for each in facts if isinstance(each, Unanalysed)),
    )


def _remembered(work: Work, memory: Memory) -> dict[str, ModuleFacts | Unanalysed]:
    """What is known of the files as they are now, by path."""
    found: dict[str, ModuleFacts | Unanalysed] = {}
    for file in work.files:
        source = memory.hashes[file.path]
        encoded = memory.facts.find(FactsStore.key(file.path, source)) if source else None
        if encoded is not None:
            try:
                found[file.path] = decode(encoded)
            except msgspec.DecodeError:
                continue  # parsed again, which replaces it
    return found


def _divided(files: Sequence[SourceFile], jobs: int | None) -> tuple[list[list[SourceFile]], int]:
    """The files in chunks of about equal size, and the number of processes that is worth while for them."""
    sizes = [_size(file) for file in files]
    workers = min(jobs or os.cpu_count() or 1, 1 + sum(sizes) // _WORTH_A_PROCESS)
    wanted = max(_SMALLEST_CHUNK, min(_CHUNK, sum(sizes) // (workers * _CHUNKS_EACH)))
    chunks: list[list[SourceFile]] = [[]]
    filled = 0
    for file, size in zip(files, sizes, strict=True):
        if filled and filled + size > wanted:
            chunks.append([])
            filled = 0
        chunks[-1].append(file)
        filled += size
    return chunks, workers


def _size(file: SourceFile) -> int:
    try:
        return os.stat(file.absolute).st_size
    except OSError:
        return 0


def _lowered(
    chunks: list[list[SourceFile]], largest: int, given: Mapping[str, bytes], workers: int, executor: Executor | None
) -> Iterator[tuple[list[SourceFile], list[_Lowered]]]:
    """Each chunk with the outcomes of its files, in order. Few are under way at a time, so that few are held."""
    if workers <= 1 and executor is None:
        for chunk in chunks:
            yield chunk, _lower(chunk, largest, given)
        return
    ahead = _AHEAD_ELSEWHERE if executor is not None else workers * _AHEAD
    pool = nullcontext(executor) if executor is not None else _pool(workers)
    done = 0
    with suppress(BrokenExecutor), pool as doing:
        for outcomes in _in_turn(chunks, largest, given, doing, ahead):
            yield chunks[done], outcomes
            done += 1
    for chunk in chunks[done:]:  # a process was ended: which file was it?
        yield chunk, _apart(chunk, largest, given)


def _in_turn(
    chunks: list[list[SourceFile]], largest: int, given: Mapping[str, bytes], doing: Executor, ahead: int
) -> Iterator[list[_Lowered]]:
    """The outcomes of each chunk, in order. Raises BrokenExecutor once a process has been ended."""
    waiting: deque[Future[bytes]] = deque()
    for chunk in chunks:
        if len(waiting) >= ahead:
            yield _received(waiting.popleft().result())
        waiting.append(doing.submit(_encoded, chunk, largest, _own(given, chunk)))
    while waiting:
        yield _received(waiting.popleft().result())


def _apart(chunk: list[SourceFile], largest: int, given: Mapping[str, bytes]) -> list[_Lowered]:
    """The outcomes of a chunk in a process of its own; a file that ends its process (no memory) is left out."""
    with suppress(BrokenExecutor), _pool(1) as doing:
        return _received(doing.submit(_encoded, chunk, largest, _own(given, chunk)).result())
    if len(chunk) > 1:
        half = len(chunk) // 2
        return [*_apart(chunk[:half], largest, given), *_apart(chunk[half:], largest, given)]
    reason = "internal error: reading it ended the process"
    return [_Lowered(b"", Unanalysed(chunk[0].path, reason, crash=True))]


def _own(given: Mapping[str, bytes], chunk: Sequence[SourceFile]) -> dict[str, bytes]:
    return {file.absolute: given[file.absolute] for file in chunk if file.absolute in given}


def _pool(workers: int) -> AbstractContextManager[Executor]:
    """Processes of this machine."""
    method = start_method()
    if method == "fork":
        import edanalyze.syntax  # noqa: F401  (once here, rather than in each child)
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(method))


def _encoded(chunk: Sequence[SourceFile], largest: int, overlay: Mapping[str, bytes]) -> bytes:
    """What a process sends of a chunk: for each file the hash of its source, and its facts."""
    return msgspec.msgpack.encode([(each.hash, encode(each.facts)) for each in _lower(chunk, largest, overlay)])


def _received(sent: bytes) -> list[_Lowered]:
    return [_Lowered(source, decode(encoded), encoded) for source, encoded in _sent.decode(sent)]


def _lower(chunk: Sequence[SourceFile], largest: int, overlay: Mapping[str, bytes]) -> list[_Lowered]:
    from edanalyze.discover.sources import Unreadable, read
    from edanalyze.syntax import SyntaxFailure, lower
    from edanalyze.triage import reader

    found = []
    for file in chunk:
        source = b""
        outcome: Facts
        try:
            given = overlay.get(file.absolute)
            content = read(file, largest) if given is None else given
            outcome, source = lower(file.path, content, reader(file.path, content)), digest(content)
        except Unreadable as error:
            outcome = Unanalysed(file.path, error.reason)
        except SyntaxFailure as error:
            outcome, source = Unanalysed(file.path, error.reason), digest(content)
        except Exception as error:  # one strange file must not end the run
            outcome = Unanalysed(file.path, f"internal error: {type(error).__name__}: {error}", crash=True)
        found.append(_Lowered(source, outcome))
    return found
