"""`edanalyze baseline`: accept the findings of today, and be told of those of tomorrow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edanalyze.cli.failures import Failure, explained
from edanalyze.cli.output import writable

if TYPE_CHECKING:
    from edanalyze.api import Project
    from edanalyze.check.baseline import Baseline
    from edanalyze.check.diagnostic import CheckResult

PATHS = click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
FILE = click.option(
    "--baseline",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The baseline.  [default: from the configuration, else edanalyze-baseline.json]",
)
CONFIG = click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read settings from this TOML file."
)


@click.group(short_help="Accept the findings of today, to be told of new ones only.")
def baseline() -> None:
    """Keep a list of findings that are accepted for now; `edanalyze check` and flake8 then report the others only.

    A finding is known by its rule, function and message, without line numbers, and counted: edits elsewhere do not
    bring it back, and a further one of the same kind in the same function is new.

    \b
    edanalyze baseline write    accept everything that is found now
    edanalyze check             nothing to report, until something new is written
    edanalyze baseline prune    forget what has been mended since
    """


@baseline.command(short_help="Accept everything that is found now.")
@PATHS
@FILE
@CONFIG
def write(paths: tuple[Path, ...], file: Path | None, config: Path | None) -> None:
    """Write the findings in PATHS (the whole project when none is given) into the baseline.

    What the baseline holds of other paths is kept. The file is meant to be committed.
    """
    with explained():
        from edanalyze.check import baseline as records
        from edanalyze.check.crash import CODE
        from edanalyze.check.lines import line_of

        project, place, known = _load(paths, file, config, compare=False)
        result = _checked(project)
        found = [each for each in result.diagnostics if each.code != CODE]
        made = records.make(found, line_of(project.read))
        others = tuple(entry for entry in known.findings if not project.covers(entry.path))
        _save(records.Baseline(records.VERSION, records.ordered((*made.findings, *others))), place)
        click.echo(f"{_findings(made.size)} accepted in {place}")
        if not project.config.baseline:
            click.echo(f'say `baseline = "{place.name}"` in [tool.edanalyze], or pass it with --baseline')


@baseline.command(short_help="Compare what is found now with the baseline.")
@PATHS
@FILE
@CONFIG
def check(paths: tuple[Path, ...], file: Path | None, config: Path | None) -> None:
    """Count which findings are known and new, and which entries of the baseline are stale; list the latter two.

    Exit status: 0 neither new nor stale ones, 1 some, 2 the command or the configuration is wrong.
    """
    with explained():
        from edanalyze.report import concise
        from edanalyze.report.escape import one_line

        project, _, _ = _load(paths, file, config, compare=True)
        result = _checked(project)
        stale = sum(len(entry.lines) for entry in result.stale)
        click.echo(f"{_findings(result.known)} known, {len(result.diagnostics)} new, {stale} stale")
        for line in concise.lines(result, str):
            click.echo(f"new: {line}")
        for entry in result.stale:
            click.echo(f"stale: {one_line(str(entry))}")
    if result.diagnostics or result.stale:
        raise click.exceptions.Exit(1)


@baseline.command(short_help="Forget what has been mended.")
@PATHS
@FILE
@CONFIG
def prune(paths: tuple[Path, ...], file: Path | None, config: Path | None) -> None:
    """Remove from the baseline the entries of PATHS whose finding is gone; nothing is added."""
    with explained():
        from edanalyze.check import baseline as records

        project, place, known = _load(paths, file, config, compare=True)
        result = _checked(project)
        left = records.prune(known, result.stale)
        if result.stale:
            _save(left, place)
        click.echo(f"{_findings(known.size - left.size)} removed from {place}, {left.size} left")


def _load(
    paths: tuple[Path, ...], file: Path | None, config: Path | None, compare: bool
) -> tuple[Project, Path, Baseline]:
    """The project, where its baseline is, and what that holds; to `compare` with it, there has to be one."""
    from edanalyze import api
    from edanalyze.check import baseline as records

    given = paths or (Path(),)
    project = api.load_project(given, api.Options(config=config, baseline=file, use_baseline=compare, cache=True))
    place = project.baseline_file or project.root / records.DEFAULT
    if project.baseline_file is None:
        project = api.load_project(given, api.Options(config=config, baseline=place, use_baseline=compare, cache=True))
    known = records.read(place) if compare or place.exists() else records.Baseline(records.VERSION, ())
    return project, place, known


def _checked(project: Project) -> CheckResult:
    from edanalyze import api
    from edanalyze.cli.progress import progress_bar

    with progress_bar(wanted=True) as progress:
        return api.check(project, progress)


def _save(content: Baseline, place: Path) -> None:
    from edanalyze.check import baseline as records

    with writable(place):
        if place.is_symlink():
            raise Failure(f"{place} is a symbolic link; a baseline is written into the project itself")
        place.write_bytes(records.encode(content))


def _findings(number: int) -> str:
    return f"{number} finding" if number == 1 else f"{number} findings"
