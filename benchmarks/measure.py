"""Runs commands and tells what they cost: processor time of the process and its children, wall time, peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds of processor and wall time; memory of its largest process in megabytes."""

    cpu: float
    wall: float
    memory: float


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: bytes | None = None) -> Cost:
    """Run a command in a folder. Raises RuntimeError when it ends in any other way than well or with findings."""
    given = subprocess.PIPE if stdin is not None else subprocess.DEVNULL
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if stdin is not None and process.stdin is not None:
        process.stdin.write(stdin)
        process.stdin.close()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)}: exit status {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


def median(runs: int, once: Callable[[], Cost]) -> Cost:
    """The median, in each respect, of several runs."""
    costs = [once() for _ in range(runs)]
    return Cost(
        statistics.median(each.cpu for each in costs),
        statistics.median(each.wall for each in costs),
        statistics.median(each.memory for each in costs),
    )
