"""`edanalyze cache`: what is remembered between runs, and how to forget it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edanalyze.cli.failures import Failure, explained

if TYPE_CHECKING:
    from edanalyze.cache.folder import CacheFolder

CACHE = click.option("--no-cache", is_flag=True, help="Neither use nor keep what is remembered between runs.")
"""The option of all commands that analyse."""

_PATH = click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
_KINDS = {
    "facts": "facts of files, which save parsing them",
    "results": "results, which save the analysis while nothing changes",
    "files": "hashes of files by size and time",
    "tree": "which files there are",
    "tool": "which version of edanalyze and of the checks made all this",
}


@click.group(short_help="Show or clear what is remembered between runs.")
def cache() -> None:
    """Show or clear what runs over a project leave for the next one.

    It lies in `.edanalyze_cache` in the project root, or where `cache-dir` in [tool.edanalyze] or the environment
    variable EDANALYZE_CACHE_DIR says. It can be deleted at any time.
    """


@cache.command(short_help="Say where the cache is and what it holds.")
@_PATH
def info(path: Path | None) -> None:
    """Say where the cache of the project around PATH is, and what it holds."""
    with explained():
        folder = _folder(path)
        click.echo(f"{folder.path}{'' if folder.path.is_dir() else ' (not there yet)'}")
        sizes = folder.sizes()
        for size in sizes:
            noun = "file " if size.files == 1 else "files"
            click.echo(f"{_amount(size.bytes):>10}  {size.files:>4} {noun}  {_KINDS.get(size.kind, size.kind)}")
        click.echo(f"{_amount(sum(size.bytes for size in sizes)):>10}  of at most {_amount(folder.limit)}")


@cache.command(short_help="Delete what is remembered.")
@_PATH
def clear(path: Path | None) -> None:
    """Delete what is remembered of the project around PATH."""
    with explained():
        folder = _folder(path)
        try:
            freed = folder.clear()
        except OSError as error:
            raise Failure(f"cannot clear {folder.path}: {error.strerror or error}") from error
        click.echo(f"{folder.path}: {_amount(freed)} deleted")


def _folder(path: Path | None) -> CacheFolder:
    from edanalyze import api

    folder = api.cache_folder([path or Path()])
    if folder is None:
        raise Failure("loose files have no cache: name a folder of a project, or set EDANALYZE_CACHE_DIR")
    return folder


def _amount(count: int) -> str:
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.1f} KiB" if count < 1024**2 else f"{count / 1024**2:.1f} MiB"
