"""`edanalyze report`: everything in one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import click

from edanalyze.cli.cache import CACHE
from edanalyze.cli.failures import explained
from edanalyze.cli.inputs import CONFIG, PATHS, VERBOSE, divided, project_at, tell_about
from edanalyze.cli.output import destination
from edanalyze.cli.progress import progress_bar


@click.command(short_help="Write an HTML report.")
@PATHS
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The file to write.",
)
@CONFIG
@CACHE
@VERBOSE
def report(paths: tuple[Path, ...], output: Path, config: Path | None, no_cache: bool, verbose: bool) -> None:
    """Write one HTML file with the graph, the events, the findings and the delivery verdicts of PATHS.

    It is opened from disk in any browser and loads nothing from elsewhere. Drawing takes Graphviz or the extra
    `edanalyze[draw]`; without either the report says so and holds the rest. Facts files of other systems among PATHS
    are drawn, listed and judged along with the project.
    """
    with explained(verbose):
        from edanalyze import api
        from edanalyze.report.page import deliveries, document, events, render

        own, facts = divided(paths)
        project = project_at(own, config, no_cache, facts)
        with progress_bar(wanted=True) as progress:
            result = api.check(project, progress)
        graph = api.graph(project)

        @lru_cache(maxsize=64)
        def lines(path: str) -> Sequence[str]:
            return (project.read(path) or "").splitlines()

        prefix = f"{project.name}/" if project.others.systems else ""
        messages = events(api.catalogue(project), result.diagnostics, lines, prefix)
        verdicts = deliveries(api.delivery(project))
        page = render(document(project.root.name, result, graph, lines, verdicts, messages))
        with destination(output) as stream:
            stream.write(page)
        tell_about(project, verbose)
        click.echo(f"{output}: {len(result.diagnostics)} findings", err=True)
