"""Runs a target of tests/fuzz for some minutes: `python -m tests.fuzz.longer urls --minutes 10`.

Inputs are made from random bytes, as a fuzzing engine would make them. Each has to end within a time; what fails is
printed as the call that reproduces it, and ends the run with status 1.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from types import FrameType
from typing import Any

from tests.fuzz.targets import TARGETS

_PATIENCE = 20
_LONGEST = 4096


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.longer", description=__doc__)
    parser.add_argument("target", choices=[*TARGETS])
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    fuzz: Any = TARGETS[options.target].hypothesis.fuzz_one_input  # type: ignore[attr-defined]
    signal.signal(signal.SIGALRM, _hangs)
    ran = valid = 0
    slowest = 0.0
    end = time.monotonic() + options.minutes * 60
    while time.monotonic() < end:
        data = os.urandom(16 + int.from_bytes(os.urandom(2), "big") % _LONGEST)
        start = time.monotonic()
        signal.alarm(_PATIENCE)
        try:
            valid += fuzz(data) is not None
        except BaseException:
            sys.stderr.write(f"{options.target}: fails for {data!r}\n")
            raise
        finally:
            signal.alarm(0)
        ran += 1
        slowest = max(slowest, time.monotonic() - start)
    sys.stdout.write(
        f"{options.target}: {ran} inputs ({valid} complete) in {options.minutes:g} minutes, "
        f"no failure, the slowest took {slowest:.2f} s\n"
    )
    return 0


def _hangs(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"an input takes more than {_PATIENCE} s")


if __name__ == "__main__":
    raise SystemExit(main())
