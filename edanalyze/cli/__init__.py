"""The command line: options in, engine called, results written. Commands load the engine only when they need it."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 clean, 1 findings, 2 usage or configuration error, 130 interrupted.

    The process lives for one command and its objects for as long, so the garbage collector does not look at them: not
    meanwhile, and not when the interpreter ends.
    """
    import click

    from edanalyze.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal's encoding must not stop a report
    gc.disable()
    atexit.register(gc.freeze)
    try:
        status = app.main(arguments, prog_name="edanalyze", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("edanalyze: interrupted\n")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the output has left (`edanalyze check | head`); the interpreter's last flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
