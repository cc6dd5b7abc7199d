"""`edanalyze review`: the event-driven checklist, answered, and a gate on the answers."""

from __future__ import annotations

from pathlib import Path

import click

from edanalyze.cli.cache import CACHE
from edanalyze.cli.failures import explained
from edanalyze.cli.inputs import CONFIG, PATHS, VERBOSE, divided, project_at, tell, tell_about
from edanalyze.cli.output import destination
from edanalyze.report.escape import encodable


def _items(context: click.Context, option: click.Parameter, words: tuple[str, ...]) -> frozenset[str]:
    from edanalyze.review import required

    try:
        return required(words)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(short_help="Answer the event-driven checklist.")
@PATHS
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    show_default=True,
    help="markdown: to read; json: all there is, as docs/schema/review.schema.json describes it.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
@click.option(
    "--require",
    "items",
    metavar="ITEMS",
    multiple=True,
    callback=_items,
    help="Exit with status 1 when one of these items is not met: inventory, contracts, consumers, consistency, "
    "operation, their numbers, or all; several with commas.",
)
@click.option("--strict", is_flag=True, help="A required item that is unknown closes the gate, too.")
@CONFIG
@CACHE
@VERBOSE
def review(
    paths: tuple[Path, ...],
    form: str,
    output: Path | None,
    items: frozenset[str],
    strict: bool,
    config: Path | None,
    no_cache: bool,
    verbose: bool,
) -> None:
    """Answer the review checklist for PATHS: each item met, not met, unknown, or one that does not apply.

    With the evidence, the rules behind it, and what to do first. Facts files of other systems among PATHS are reviewed
    together with the project.

    \b
    edanalyze review -o review.md
    edanalyze review --require consumers,consistency
    edanalyze review . ../orders.json --format json

    Exit status: 0 every required item is met, does not apply or (without --strict) is unknown; 1 a required item is not
    met; 2 the command or the configuration is wrong.
    """
    with explained(verbose):
        from edanalyze import api
        from edanalyze.review import failed, render, undecided

        own, files = divided(paths)
        if own or not files:
            project = project_at(own, config, no_cache, files)
            answered = api.review(project)
            tell_about(project, verbose)
        else:
            facts, refused = api.read_facts(files)
            answered = api.review_of_facts(facts)
            tell(refused)
        with destination(output) as stream:
            stream.write(encodable(render(answered, form)))
    missed, unsure = failed(answered, items), undecided(answered, items)
    for item in (*missed, *unsure):
        is_warning = item in unsure and not strict
        click.echo(f"{'warning: ' if is_warning else ''}required, and {item.answer}: {item.title}", err=True)
    if missed or (strict and unsure):
        raise click.exceptions.Exit(1)
