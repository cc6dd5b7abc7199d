"""Where results go: a file, or standard output; in colour or plain."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from edanalyze.cli.failures import Failure

if TYPE_CHECKING:
    from rich.console import Console


@contextmanager
def destination(file: Path | None) -> Iterator[TextIO]:
    """Open `file` for text, or give standard output. Raises Failure when the file cannot be written."""
    if file is None:
        yield sys.stdout
        return
    with writable(file), file.open("w", encoding="utf-8", newline="\n") as stream:
        yield stream


@contextmanager
def writable(file: Path) -> Iterator[None]:
    """Turn a failure to write `file` into a Failure that says why."""
    try:
        yield
    except OSError as error:
        raise Failure(f"cannot write {file}: {error.strerror or error}") from error


def colours(stream: TextIO, wish: str) -> Console:
    """Give a console on `stream` that takes no text for markup. `wish` is auto, always or never.

    With auto, a terminal gets colours unless the environment says otherwise (NO_COLOR, FORCE_COLOR, TERM=dumb).
    """
    from rich.console import Console

    plain = wish == "never" or (wish == "auto" and stream is not sys.stdout)
    return Console(
        file=stream,
        color_system=None if plain else "auto",
        force_terminal=True if wish == "always" else None,
        no_color=False if wish == "always" else None,
        markup=False,
        emoji=False,
        highlight=False,
    )
