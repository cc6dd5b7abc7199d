"""The baseline: findings that a project has accepted for now, so that only new ones are reported.

An entry is known by rule, symbol (the dotted function) and message without line numbers, and counted: it survives
edits elsewhere, moves inside its file, and goes when the finding goes. Where a function has more findings of a kind
than the baseline knows, those on lines that read as they did are taken for the known ones.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from edanalyze.check.accepted import Accepted, Key
from edanalyze.check.diagnostic import Diagnostic

VERSION = 1
DEFAULT = "edanalyze-baseline.json"
"""Where a baseline is written when the configuration does not say."""

Line: TypeAlias = "Callable[[str, int], str]"
"""Gives a line of the source by root-relative path and number."""

_LINE_NUMBER = re.compile(r"(\.\w{2,5}):\d+(?::\d+)?")


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a baseline file."""

    version: int
    findings: tuple[Accepted, ...]

    @property
    def size(self) -> int:
        """How many findings it knows."""
        return sum(len(entry.lines) for entry in self.findings)


class Compared(msgspec.Struct, frozen=True):
    """Findings held against a baseline: the new ones, how many were known, and what the baseline has in excess."""

    new: tuple[Diagnostic, ...]
    known: int
    stale: tuple[Accepted, ...]


class BaselineError(ValueError):
    """A baseline file that cannot be used; the text says why."""


def make(diagnostics: Iterable[Diagnostic], line: Line) -> Baseline:
    """A baseline that knows exactly these findings."""
    lines: dict[Key, list[str]] = {}
    paths: dict[Key, str] = {}
    for diagnostic in sorted(diagnostics, key=lambda diagnostic: diagnostic.sort_key):
        name = key_of(diagnostic)
        paths.setdefault(name, diagnostic.path)
        lines.setdefault(name, []).append(_mark(diagnostic, line))
    entries = [Accepted(*name, paths[name], tuple(sorted(marks))) for name, marks in lines.items()]
    return Baseline(VERSION, ordered(entries))


def ordered(entries: Iterable[Accepted]) -> tuple[Accepted, ...]:
    """Entries in the order of a file."""
    return tuple(sorted(entries, key=lambda entry: (entry.path, entry.key)))


def compare(
    baseline: Baseline, diagnostics: Sequence[Diagnostic], line: Line, judged: Callable[[Accepted], bool]
) -> Compared:
    """Hold findings against a baseline.

    `judged` says of an entry whether its finding would have been among `diagnostics` if it were still there: entries
    of files or rules that were left out of the run are not called stale.
    """
    groups: dict[Key, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        groups.setdefault(key_of(diagnostic), []).append(diagnostic)
    new: list[Diagnostic] = []
    stale: list[Accepted] = []
    known = 0
    for entry in baseline.findings:
        found = groups.pop(entry.key, [])
        unknown, unmatched = _pair(entry.lines, found, line)
        new += unknown
        known += len(found) - len(unknown)
        if unmatched and judged(entry):
            stale.append(msgspec.structs.replace(entry, lines=unmatched))
    new += [diagnostic for found in groups.values() for diagnostic in found]
    return Compared(tuple(sorted(new, key=lambda diagnostic: diagnostic.sort_key)), known, tuple(stale))


def prune(baseline: Baseline, stale: Iterable[Accepted]) -> Baseline:
    """The baseline without what `compare` found to be stale."""
    gone = {entry.key: Counter(entry.lines) for entry in stale}
    kept: list[Accepted] = []
    for entry in baseline.findings:
        left = Counter(entry.lines) - gone.get(entry.key, Counter())
        if left:
            kept.append(msgspec.structs.replace(entry, lines=tuple(sorted(left.elements()))))
    return Baseline(VERSION, tuple(kept))


def read(file: Path) -> Baseline:
    """The baseline in a file. Raises BaselineError when it cannot be read or is none."""
    try:
        baseline = msgspec.json.decode(file.read_bytes(), type=Baseline)
    except OSError as error:
        raise BaselineError(f"{file}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise BaselineError(f"{file}: no baseline of edanalyze: {error}") from error
    if baseline.version != VERSION:
        raise BaselineError(f"{file}: written by another version of edanalyze (format {baseline.version})")
    return baseline


def encode(baseline: Baseline) -> bytes:
    """The text of a baseline file: the same findings always give the same bytes, and merge line by line."""
    return msgspec.json.format(msgspec.json.encode(baseline), indent=1) + b"\n"


def key_of(diagnostic: Diagnostic) -> Key:
    """What a finding is known by."""
    return (diagnostic.code, _encodable(diagnostic.function), _encodable(_LINE_NUMBER.sub(r"\1", diagnostic.message)))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _mark(diagnostic: Diagnostic, line: Line) -> str:
    text = " ".join(line(diagnostic.path, diagnostic.line).split())
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def _pair(known: Sequence[str], found: Sequence[Diagnostic], line: Line) -> tuple[list[Diagnostic], tuple[str, ...]]:
    """Pair findings with marks: first those whose line reads the same, then in order; gives what is left of both."""
    left = Counter(known)
    others: list[Diagnostic] = []
    for diagnostic in found:
        mark = _mark(diagnostic, line)
        if left[mark] > 0:
            left[mark] -= 1
        else:
            others.append(diagnostic)
    remaining = sorted(left.elements())
    paired = min(len(remaining), len(others))
    return others[paired:], tuple(remaining[paired:])
