"""`edanalyze delivery`: what may happen to messages between a topic and its consumers."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edanalyze.cli.cache import CACHE
from edanalyze.cli.failures import explained
from edanalyze.cli.inputs import CONFIG, PATHS, VERBOSE, divided, project_at, tell, tell_about
from edanalyze.cli.output import writable


@click.command(short_help="Say which messages may be lost or handled twice.")
@PATHS
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table, or JSON as docs/schema/delivery.schema.json describes it.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@CONFIG
@CACHE
@VERBOSE
def delivery(
    paths: tuple[Path, ...], form: str, output: Path | None, config: Path | None, no_cache: bool, verbose: bool
) -> None:
    """Say for each topic and consumer of PATHS what may happen to a message: lost, handled twice, both, or neither.

    With the evidence, and the cheapest change that makes it safe. Facts files of other systems among PATHS add their
    verdicts.

    \b
    edanalyze delivery
    edanalyze delivery --format json | jq '.deliveries[] | select(.verdict != "safe")'
    """
    with explained(verbose):
        from rich.console import Console

        from edanalyze import api
        from edanalyze.report import delivery as report

        own, files = divided(paths)
        if own or not files:
            project = project_at(own, config, no_cache, files)
            verdicts = api.delivery(project)
            tell_about(project, verbose)
        else:
            facts, refused = api.read_facts(files)
            verdicts = api.delivery_of_facts(facts)
            tell(refused)
        if form == "json":
            _write(f"{report.render(verdicts)}\n", output)
        elif output is None:
            report.write(verdicts, Console())
        else:
            with writable(output), output.open("w", encoding="utf-8") as file:
                report.write(verdicts, Console(file=file, width=160))


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    with writable(output):
        output.write_text(text, encoding="utf-8")
