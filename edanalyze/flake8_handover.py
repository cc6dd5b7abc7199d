"""Hands the findings of one analysis to flake8's worker processes, where they do not inherit them.

Forked workers see what the parent found. Under the start methods spawn and forkserver flake8 parses its options again
in each worker, and every worker would analyse the whole project: the parent leaves its findings in a temporary file,
named by an environment variable.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

import msgspec

Report: TypeAlias = "tuple[int, int, str]"
"""What flake8 is told of a diagnostic: line (1-based), column (0-based), code and message."""

VARIABLE = "_EDANALYZE_FLAKE8_FINDINGS"


def offer(findings: Mapping[str, Sequence[Report]]) -> None:
    """Leave findings for the workers that this process is going to start; forgotten when it ends."""
    os.environ.pop(VARIABLE, None)
    method = multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]
    if method == "fork":
        return
    handle, name = tempfile.mkstemp(prefix="edanalyze-", suffix=".findings")
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.msgpack.encode([(os.fsencode(path), found) for path, found in findings.items()]))
    os.environ[VARIABLE] = name
    atexit.register(_forget, name)


def receive() -> dict[str, list[Report]] | None:
    """Give what the parent has left for this worker; None when this is no worker, or nothing is there."""
    name = os.environ.get(VARIABLE)
    if name is None or multiprocessing.parent_process() is None:
        return None
    try:
        with open(name, "rb") as file:
            pairs = msgspec.msgpack.decode(file.read(), type=list[tuple[bytes, list[tuple[int, int, str]]]])
    except (OSError, msgspec.DecodeError):
        return None
    return {os.fsdecode(path): found for path, found in pairs}


def _forget(name: str) -> None:
    with suppress(OSError):
        os.unlink(name)
