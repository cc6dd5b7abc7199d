"""Tells users why a run could not be done: what happened, where, and what to do; never a bare traceback."""

from __future__ import annotations

import traceback

from edanalyze.check.baseline import BaselineError
from edanalyze.check.crash import origin
from edanalyze.discover.config import ConfigError
from edanalyze.discover.git import GitError
from edanalyze.models import ModelError
from edanalyze.report.escape import printable

_MOST = 100


def describe(error: Exception, verbose: bool = False) -> str:
    """Describe what ended a run.

    Settings and models that cannot be used are listed with file and key, one a line. Whatever is not the user's to mend
    is a mistake in edanalyze: the text names it and where it happened, and `verbose` adds the traceback.
    """
    if isinstance(error, (ConfigError, ModelError)):
        lines = [f"  {_line(each)}" for each in error.problems[:_MOST]]
        if len(error.problems) > _MOST:
            lines.append(f"  ... and {len(error.problems) - _MOST} more")
        return "\n".join(["the configuration cannot be used:", *lines])
    if isinstance(error, (FileNotFoundError, BaselineError, GitError)):
        return _line(error)
    crash = f"edanalyze stopped because of a mistake of its own{origin(error)}:\n  {_line(repr(error))}\n"
    if not verbose:
        return f"{crash}Please file this as a bug of edanalyze; running it with --verbose shows what helps to find it."
    details = "".join(traceback.format_exception(error))
    return f"{crash}Please file this as a bug of edanalyze, with what follows.\n{details}"


def _line(text: object) -> str:
    return printable(str(text))
