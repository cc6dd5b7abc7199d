"""EDA999: what edanalyze says of a mistake of its own: it costs a file, a function or some rules, and never the run."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import msgspec

from edanalyze.check.diagnostic import Confidence, Diagnostic
from edanalyze.facts.module import Unanalysed

CODE = "EDA999"
NAME = "internal-error"
_PACKAGE = Path(__file__).resolve().parents[1]
_HINT = "please report this as a bug of edanalyze, with this message"


EXPLANATION = f"""# {CODE} {NAME}

edanalyze itself has made a mistake, in a file, a function or a rule. The file or function was left out, or the
findings of the rule are missing; everything else was analysed as usual. The finding stands at the file, at the `def`
line of the function, or, for a rule, at the first file that was asked for. Nothing that is found in functions which
lead to one that was left out is certain: that one may be what prevents it.

Please report it as a bug of edanalyze, with what `edanalyze check --verbose` says of it, the version
(`edanalyze --version`) and, where you can, the smallest file that shows it. Until it is mended, `ignore` the rule or
`exclude` the file.
"""
_DEEPEST = 12


class Crash(msgspec.Struct, frozen=True):
    """A rule that failed: its code, what happened where, the end of the traceback, and the code it may be due to.

    `suspects` are ids of functions and modules, the likeliest first.
    """

    code: str
    reason: str
    details: str = ""
    suspects: tuple[str, ...] = ()


def of(code: str, error: Exception) -> Crash:
    """The crash of a rule, or ("") of the analysis as a whole."""
    from edanalyze.check.culprits import suspects

    innermost = next(iter(deque(_followed(error), maxlen=_DEEPEST)), None)  # the whole may be 60,000 calls deep
    details = "".join(traceback.format_exception(type(error), error, innermost, chain=False))
    return Crash(code, f"{type(error).__name__}: {error}{origin(error)}", details, suspects(error))


def origin(error: BaseException) -> str:
    """Name the innermost line of edanalyze that an exception came through, in parentheses; "" if there is none."""
    for each in reversed(list(_followed(error))):
        file = Path(each.tb_frame.f_code.co_filename).resolve()
        if file.is_relative_to(_PACKAGE):
            return f" (edanalyze/{file.relative_to(_PACKAGE).as_posix()}:{each.tb_lineno})"
    return ""


def _followed(error: BaseException) -> Iterator[TracebackType]:
    """The calls that an exception came through, outermost first."""
    each = error.__traceback__
    while each is not None:
        yield each
        each = each.tb_next


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
    """One diagnostic per file or function that was left out because of a mistake of edanalyze."""
    return [
        _diagnostic(each.path, f"{each.reason}; {_HINT}", each.line, each.function) for each in left_out if each.crash
    ]


def _diagnostic(path: str, message: str, line: int = 1, function: str = "") -> Diagnostic:
    return Diagnostic(
        code=CODE,
        name=NAME,
        message=message,
        path=path,
        line=line,
        column=1,
        end_line=line,
        end_column=1,
        function=function,
        service="",
        confidence=Confidence.CERTAIN,
        fingerprint="",
        url="docs/limits.md",
    )
