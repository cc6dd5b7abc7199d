"""EDA999: what edanalyze says of a mistake of its own, which costs one file or some rules and never the run."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import Path

import msgspec

from edanalyze.check.diagnostic import Confidence, Diagnostic
from edanalyze.facts.module import Unanalysed

CODE = "EDA999"
NAME = "internal-error"
_PACKAGE = Path(__file__).resolve().parents[1]
_HINT = "please report this as a bug of edanalyze, with this message"


EXPLANATION = f"""# {CODE} {NAME}

edanalyze itself has made a mistake, in a file or in a rule. The file was left out, or the findings of the rule are
missing; everything else was analysed as usual. The finding stands at the file, or, for a rule, at the first file that
was asked for.

Please report it as a bug of edanalyze, with the message of the finding, the version (`edanalyze --version`) and, where
you can, the smallest file that shows it. Until it is mended, `ignore` the rule or `exclude` the file.
"""


class Crash(msgspec.Struct, frozen=True):
    """A rule that failed: its code, and what happened where."""

    code: str
    reason: str


def of(code: str, error: Exception) -> Crash:
    """The crash of a rule."""
    return Crash(code, f"{type(error).__name__}: {error}{origin(error)}")


def origin(error: BaseException) -> str:
    """Name the innermost line of edanalyze that an exception came through, in parentheses; "" if there is none."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename).resolve()
        if file.is_relative_to(_PACKAGE):
            return f" (edanalyze/{file.relative_to(_PACKAGE).as_posix()}:{frame.lineno})"
    return ""


def of_rules(crashes: Iterable[Crash], path: str) -> list[Diagnostic]:
    """One diagnostic per cause, naming the rules that it cost; `path` is the file to show it at."""
    causes: dict[str, list[str]] = {}
    for crash in crashes:
        causes.setdefault(crash.reason, []).append(crash.code)
    return [
        _diagnostic(path, f"{', '.join(codes)} could not be checked: {reason}; {_HINT}")
        for reason, codes in causes.items()
    ]


def of_files(left_out: Iterable[Unanalysed]) -> list[Diagnostic]:
    """One diagnostic per file that was left out because of a mistake of edanalyze."""
    return [_diagnostic(file.path, f"{file.reason}; {_HINT}") for file in left_out if file.crash]


def _diagnostic(path: str, message: str) -> Diagnostic:
    return Diagnostic(
        code=CODE,
        name=NAME,
        message=message,
        path=path,
        line=1,
        column=1,
        end_line=1,
        end_column=1,
        function="",
        service="",
        confidence=Confidence.CERTAIN,
        fingerprint="",
        url="docs/limits.md",
    )
