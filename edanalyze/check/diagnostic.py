"""What a check says: diagnostics with their trace, and the result of a whole run."""

from __future__ import annotations

import enum

import msgspec

from edanalyze.check.accepted import Accepted
from edanalyze.facts.module import Unanalysed


class Confidence(str, enum.Enum):
    """How sure a diagnostic is (see docs/concepts.md)."""

    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"

    @property
    def rank(self) -> int:
        """Order of confidence, 0 is the surest."""
        return list(type(self)).index(self)


class TraceStep(msgspec.Struct, frozen=True):
    """One step of the path that proves a diagnostic; 1-based line and column."""

    path: str
    line: int
    column: int
    message: str


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding, in the shape of `edanalyze check --format json` (docs/schema/check.schema.json)."""

    code: str
    name: str
    message: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    service: str
    confidence: Confidence
    fingerprint: str
    trace: tuple[TraceStep, ...] = ()
    url: str = ""

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of reports: by place, then code."""
        return (self.path, self.line, self.column, self.code, self.message)


class CheckResult(msgspec.Struct, frozen=True):
    """Everything a run found: diagnostics in order, files left out, and notes for `--verbose`.

    `known` counts the findings that the baseline holds; `stale` are entries of it whose finding is gone.
    """

    diagnostics: tuple[Diagnostic, ...]
    not_analysed: tuple[Unanalysed, ...] = ()
    notes: tuple[str, ...] = ()
    files: int = 0
    lines: int = 0
    known: int = 0
    stale: tuple[Accepted, ...] = ()
