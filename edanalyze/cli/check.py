"""`edanalyze check`: analyse a project and report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edanalyze.cli.cache import CACHE
from edanalyze.cli.dates import AS_OF
from edanalyze.cli.executor import connected
from edanalyze.cli.failures import Failure, explained
from edanalyze.cli.inputs import divided
from edanalyze.cli.output import colours, destination
from edanalyze.cli.progress import progress_bar
from edanalyze.cli.selectors import check_selectors, complete_rules

if TYPE_CHECKING:
    from typing import TextIO

    from edanalyze.api import Project
    from edanalyze.check.diagnostic import CheckResult

FORMATS = ("text", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit")


@click.command(short_help="Report what is wrong in a project.")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to report.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to a file.")
@click.option(
    "--select",
    multiple=True,
    metavar="RULES",
    callback=check_selectors,
    shell_complete=complete_rules,
    help="Run these rules (EDA2,EDA301,publish-after-commit).",
)
@click.option(
    "--extend-select",
    multiple=True,
    metavar="RULES",
    callback=check_selectors,
    shell_complete=complete_rules,
    help="Run these rules as well.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULES",
    callback=check_selectors,
    shell_complete=complete_rules,
    help="Do not run these rules.",
)
@click.option(
    "--enable",
    multiple=True,
    metavar="RULES",
    callback=check_selectors,
    shell_complete=complete_rules,
    help="Switch on rules that are off by default.",
)
@click.option("--preview", is_flag=True, default=None, help="Let rules in that may still change.")
@click.option(
    "--min-confidence",
    type=click.Choice(["certain", "likely", "guess"]),
    help="Report findings that are at least this sure.  [default: likely]",
)
@click.option("--strict", is_flag=True, default=None, help="Also report what most systems can live with.")
@click.option("--include-tests", is_flag=True, default=None, help="Analyse test code, too.")
@click.option("--disable-noqa", is_flag=True, help="Report what `# noqa` comments suppress, too.")
@click.option(
    "--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Read settings from this TOML file."
)
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Do not report what this file holds (see `edanalyze baseline`).  [default: from the configuration]",
)
@click.option("--no-baseline", is_flag=True, help="Report what the baseline holds, too.")
@click.option(
    "--since",
    metavar="REV",
    help="Report only what has changed since the merge base of this git revision and HEAD (edits included).",
)
@AS_OF
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Number of processes that read files.  [default: cores]")
@click.option(
    "--executor", metavar="ADDRESS", help="Let a cluster read files: dask://HOST:PORT (needs edanalyze[dask])."
)
@CACHE
@click.option("--statistics", is_flag=True, help="Count the findings of each rule.")
@click.option("--exit-zero", is_flag=True, help="Exit with status 0 even if there are findings.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the text report.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say what could not be resolved, and why.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
def check(
    paths: tuple[Path, ...],
    form: str,
    output: Path | None,
    config: Path | None,
    color: str,
    statistics: bool,
    exit_zero: bool,
    verbose: bool,
    quiet: bool,
    disable_noqa: bool,
    no_baseline: bool,
    no_cache: bool,
    executor: str | None,
    **settings: Any,
) -> None:
    """Report event-driven architecture mistakes in PATHS (files or folders; the current folder when none is given).

    The whole project around PATHS is analysed, since what is wrong often shows only across files; what is reported
    lies in PATHS. A comment `# noqa: EDA201` or `# edanalyze: ignore[publish-after-commit] reason` on the reported
    line suppresses a finding.

    \b
    edanalyze check                                  this project
    edanalyze check orders/ --select EDA2,EDA301     one folder, some rules
    edanalyze check --since origin/main              what this branch changes
    edanalyze check --format sarif -o report.sarif   for code scanning; gitlab, junit, github likewise

    Exit status: 0 no findings, 1 findings, 2 the command or the configuration is wrong.
    """
    with explained(verbose):
        from edanalyze import api

        own, files = divided(paths)
        if no_baseline:
            settings["use_baseline"] = False
        with connected(executor) as workers:
            given = _given({**settings, "facts": files, "executor": workers})
            options = api.Options(config=config, noqa=not disable_noqa, cache=not no_cache, **given)
            project = api.load_project(own or (Path(),), options)
            if not project.catalogue.rules:
                raise Failure("\n".join(["there are no rules to run", *project.catalogue.problems]))
            with progress_bar(wanted=not quiet) as progress:
                result = api.check(project, progress)
        with destination(output) as stream:
            _report(result, project, form, stream, color)
            if not quiet and form == "text":
                _conclude(result, stream, statistics)
        if not quiet:
            _comment(project, result, form, statistics, verbose)
    if result.diagnostics and not exit_zero:
        raise click.exceptions.Exit(1)


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    """Leave out the options that were not used: they are for the configuration to say."""
    return {name: value for name, value in settings.items() if value not in (None, ())}


def _report(result: CheckResult, project: Project, form: str, stream: TextIO, color: str) -> None:
    def shown(path: str) -> str:
        return _from_here(project.root, path)

    if form == "text":
        from edanalyze.check.lines import split
        from edanalyze.report import text

        # Findings come in order of files: keeping the last one is enough.
        text.write(result, colours(stream, color), lru_cache(maxsize=1)(lambda path: split(project.read(path))), shown)
    else:
        stream.writelines(f"{line}\n" for line in _lines_of(result, form, shown))


def _lines_of(result: CheckResult, form: str, shown: Callable[[str], str]) -> Iterable[str]:
    """The report in a form that programs read."""
    match form:
        case "json":
            from edanalyze.report import json

            return (json.render(result),)
        case "json-lines":
            from edanalyze.report import json

            return json.lines(result)
        case "sarif":
            from edanalyze.check import registry
            from edanalyze.report import sarif

            return (sarif.render(result, registry.rules(), shown),)
        case "gitlab":
            from edanalyze.report import gitlab

            return (gitlab.render(result, shown),)
        case "junit":
            from edanalyze.report import junit

            return (junit.render(result, shown),)
        case "github":
            from edanalyze.report import github

            return github.lines(result, shown)
    from edanalyze.report import concise

    return concise.lines(result, shown)


def _conclude(result: CheckResult, stream: TextIO, statistics: bool) -> None:
    """End a text report."""
    from edanalyze.report import statistics as counts

    if statistics:
        stream.writelines(f"{line}\n" for line in counts.lines(result))
    stream.write(counts.summary(result) + "\n")


def _about_baseline(project: Project, result: CheckResult) -> list[str]:
    """What there is to tell of the baseline."""
    file = project.baseline_file
    if file is not None and not file.exists():
        return [f"warning: there is no baseline {file}; `edanalyze baseline write` makes it"]
    if not result.stale:
        return []
    some = "an entry" if len(result.stale) == 1 else f"{len(result.stale)} entries"
    return [f"note: the findings of {some} of the baseline are gone; `edanalyze baseline prune` removes what is stale"]


def _comment(project: Project, result: CheckResult, form: str, statistics: bool, verbose: bool) -> None:
    """Tell on stderr what does not belong into the report itself."""
    from edanalyze.report import statistics as counts
    from edanalyze.report.escape import printable

    lines: list[str] = [f"warning: {problem}" for problem in project.catalogue.problems]
    lines += _about_baseline(project, result)
    if form not in ("json", "sarif"):
        lines += [f"not analysed: {file.path}: {file.reason}" for file in result.not_analysed]
    if verbose:
        lines += [f"note: {note}" for note in (*result.notes, *project.cache_notes)]
    if statistics and form != "text":
        lines += counts.lines(result)
    for line in lines:
        click.echo(printable(line), err=True)


def _from_here(root: Path, path: str) -> str:
    """Give a root-relative path as seen from the working folder, so that terminals and editors can open it."""
    absolute = root / path
    try:
        return Path(os.path.relpath(absolute)).as_posix()
    except ValueError:  # another drive
        return absolute.as_posix()
