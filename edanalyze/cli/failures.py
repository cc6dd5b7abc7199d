"""Turns exceptions of the engine into messages and an exit status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


class Failure(click.ClickException):
    """A run that could not be done; the command exits with status 2."""

    exit_code = 2


@contextmanager
def explained(verbose: bool = False) -> Iterator[None]:
    """Turn whatever exception comes out of the block into a Failure with a message for users."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except Exception as error:
        from edanalyze.report.failure import describe

        raise Failure(describe(error, verbose)) from error
