"""What the commands that analyse are given, and what they say of that which could not be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edanalyze.report.escape import one_line

if TYPE_CHECKING:
    from edanalyze.api import Project
    from edanalyze.facts.module import Unanalysed

PATHS = click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
CONFIG = click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read settings from this TOML file."
)
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Say more about failures.")


def divided(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The paths of a project, and the facts files: those that end in `.json`."""
    facts = tuple(path for path in paths if path.suffix == ".json" and not path.is_dir())
    return tuple(path for path in paths if path not in facts), facts


def project_at(paths: tuple[Path, ...], config: Path | None, no_cache: bool, facts: tuple[Path, ...] = ()) -> Project:
    """The project around `paths` (the current folder when there are none), beside the systems of `facts` files."""
    from edanalyze import api

    return api.load_project(paths or (Path(),), api.Options(config=config, facts=facts, cache=not no_cache))


def tell(left_out: Iterable[Unanalysed]) -> None:
    """Say on stderr what was not analysed."""
    for each in sorted({*left_out}, key=lambda entry: (entry.path, entry.reason)):
        click.echo(f"not analysed: {one_line(each.path)}: {one_line(each.reason)}", err=True)


def tell_about(project: Project, verbose: bool) -> None:
    """Say on stderr what of a project was not analysed and, if wanted, what did not work with what is remembered."""
    tell(project.not_analysed)
    for note in project.cache_notes if verbose else ():
        click.echo(f"note: {one_line(note)}", err=True)
