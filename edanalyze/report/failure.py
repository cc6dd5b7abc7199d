"""Tells users why a run could not be done: what happened, where, and what to do; never a bare traceback."""

from __future__ import annotations

import traceback
from pathlib import Path

from edanalyze.discover.config import ConfigError
from edanalyze.models import ModelError
from edanalyze.report.escape import printable

_PACKAGE = Path(__file__).resolve().parents[1]


def describe(error: Exception, verbose: bool = False) -> str:
    """Describe what ended a run.

    Settings and models that cannot be used are listed with file and key, one a line. Whatever is not the user's to mend
    is a mistake in edanalyze: the text names it and where it happened, and `verbose` adds the traceback.
    """
    if isinstance(error, (ConfigError, ModelError)):
        problems = "\n".join(f"  {_line(each)}" for each in error.problems)
        return f"the configuration cannot be used:\n{problems}"
    if isinstance(error, FileNotFoundError):
        return _line(error)
    crash = f"edanalyze stopped because of a mistake of its own{_place(error)}:\n  {_line(repr(error))}\n"
    if not verbose:
        return f"{crash}Please file this as a bug of edanalyze; running it with --verbose shows what helps to find it."
    details = "".join(traceback.format_exception(error))
    return f"{crash}Please file this as a bug of edanalyze, with what follows.\n{details}"


def _line(text: object) -> str:
    return printable(str(text))


def _place(error: Exception) -> str:
    """Name the innermost line of edanalyze that the exception came through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename).resolve()
        if file.is_relative_to(_PACKAGE):
            return f" (edanalyze/{file.relative_to(_PACKAGE).as_posix()}:{frame.lineno})"
    return ""
