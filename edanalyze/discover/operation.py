"""What a system is operated with: exporters, alerts, dashboards and scripts, found by the words that stand for them.

operation.toml holds the words. Alerts, dashboards and pipelines are written in dozens of formats, and in all of them
the name of a metric stands as it is.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from edanalyze.discover.deployed import Container
    from edanalyze.discover.deployfiles import DeployFiles

PARKING = re.compile(
    r"dead[-_. ]?letter|(?<![a-z])(?:dlq|dlx|parking[-_. ]?lot|parked|poison|quarantine)|dlq(?![a-z])", re.IGNORECASE
)
"""What texts call the place of dead letters."""

_COMMENT = re.compile(r"\s*(?:#|//)")


class Means(msgspec.Struct, frozen=True):
    """A means to operate messages, as `edanalyze.exchange.records.Operation` has it."""

    kind: str
    name: str
    transports: tuple[str, ...]
    path: str
    line: int


class Sign(msgspec.Struct, frozen=True):
    """Words that stand for something, what it shows, and the transports and files that it is for (() for all)."""

    words: tuple[str, ...]
    shows: tuple[str, ...]
    transports: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Operated(msgspec.Struct, frozen=True):
    """Images and words that show that a system runs its broker, or is watched."""

    images: tuple[str, ...]
    words: tuple[str, ...]


class Metrics(msgspec.Struct, frozen=True):
    """Patterns of the names of metrics, by what they show."""

    lag: str
    dead_letters: str

    def shows(self, name: str) -> str:
        """What a metric of some name shows: "lag", "dead letters", or "" for neither."""
        words = re.sub(r"\W+", "_", name).lower()
        if re.search(self.dead_letters, words):
            return "dead letters"
        return "lag" if re.search(self.lag, words) else ""


class Replay(msgspec.Struct, frozen=True):
    """A pattern of the names of code that brings messages back."""

    names: str


class Signs(msgspec.Struct, frozen=True):
    """The content of operation.toml."""

    files: tuple[str, ...]
    metrics: Metrics
    replay: Replay
    operated: Operated
    sign: tuple[Sign, ...]


@cache
def signs() -> Signs:
    """All that is known."""
    text = (Path(__file__).parent / "operation.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=Signs)


def find_means(files: DeployFiles) -> Iterator[Means]:
    """The means in all files besides the sources, by file and line; each name once a file."""
    for path, lines in _read(files):
        seen: set[tuple[str, str]] = set()
        for number, word in _words(lines, _pattern()):
            for sign in _meant(word, path):
                for shown in sign.shows:
                    kind = _kind(shown, lines, number)
                    if (kind, word) not in seen:
                        seen.add((kind, word))
                        yield Means(kind, f"`{word}`", sign.transports, path, number)


def is_operated(files: DeployFiles, containers: Iterable[Container]) -> bool:
    """Whether the project runs a broker, declares its queues, or holds what watches it."""
    known = signs().operated
    if any(fnmatch.fnmatch(each.image.lower(), pattern) for each in containers for pattern in known.images):
        return True
    pattern = _alternatives(known.words)
    return any(True for _, lines in _read(files) for _ in _words(lines, pattern))


def _read(files: DeployFiles) -> Iterator[tuple[str, list[str]]]:
    """The files that may hold signs, with their lines."""
    for path in files.paths:
        if _is_named(path, (*signs().files, *(name for sign in signs().sign for name in sign.files))):
            yield path, files.glance(path).splitlines()


def _words(lines: Sequence[str], pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The words that a pattern finds, with their lines; comments do not count."""
    for number, line in enumerate(lines, 1):
        found = pattern.findall(line)
        if found and not _COMMENT.match(line):
            yield from ((number, word) for word in found)


def _meant(word: str, path: str) -> Iterator[Sign]:
    """The signs that a word in a file is of."""
    for sign in signs().sign:
        if word in sign.words and _is_named(path, sign.files or signs().files):
            yield sign


def _kind(shown: str, lines: Sequence[str], number: int) -> str:
    """What a sign shows at its place: the depth of a queue is that of dead letters where the text around says so."""
    if shown != "depth":
        return shown
    return "dead letters" if any(map(PARKING.search, _around(lines, number - 1))) else "lag"


def _around(lines: Sequence[str], at: int) -> Sequence[str]:
    """The block that a line is in, by indentation: its item of a list, else what is two levels above it."""
    start, depth = at, _indentation(lines[at])
    for _ in range(2):
        if lines[start].lstrip().startswith("- "):
            break
        above = (at for at in range(start - 1, -1, -1) if lines[at].strip() and _indentation(lines[at]) < depth)
        start = next(above, start)
        depth = _indentation(lines[start])
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or _indentation(lines[end]) > depth):
        end += 1
    return lines[start:end]


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_named(path: str, patterns: Iterable[str]) -> bool:
    name = posixpath.basename(path)
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@cache
def _pattern() -> re.Pattern[str]:
    return _alternatives(word for sign in signs().sign for word in sign.words)


def _alternatives(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern for whole words, the longest first."""
    longest = sorted({*words}, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")
