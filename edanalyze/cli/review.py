"""`edanalyze review`: the event-driven checklist, answered, and a gate on the answers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from edanalyze.cli.cache import CACHE
from edanalyze.cli.failures import explained
from edanalyze.cli.inputs import CONFIG, PATHS, VERBOSE, divided, tell, tell_about
from edanalyze.cli.output import destination
from edanalyze.report.escape import encodable
from edanalyze.review import FORMATS, Review, failed, render, required, undecided


def _items(context: click.Context, option: click.Parameter, words: tuple[str, ...]) -> frozenset[str]:
    try:
        return required(words)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(short_help="Answer the event-driven checklist.")
@PATHS
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
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
@click.option("--strict", is_flag=True, default=None, help="Also count what most systems can live with.")
@CONFIG
@CACHE
@VERBOSE
def review(
    paths: tuple[Path, ...],
    form: str,
    output: Path | None,
    items: frozenset[str],
    strict: bool | None,
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

    Exit status: 0 every required item is met, does not apply or is unknown; 1 a required item is not met; 2 the command
    or the configuration is wrong.
    """
    with explained(verbose):
        from edanalyze import api

        own, files = divided(paths)
        if own or not files:
            options = api.Options(config=config, facts=files, strict=strict, cache=not no_cache)
            project = api.load_project(own or (Path(),), options)
            answered = api.review(project)
            tell_about(project, verbose)
        else:
            facts, refused = api.read_facts(files)
            answered = api.review_of_facts(facts)
            tell(refused)
        with destination(output) as stream:
            stream.write(encodable(render(answered, form)))
        _tell_unknown(answered, items)
        missed = failed(answered, items)
        for item in missed:
            click.echo(f"not met: {item.number}. {item.title}", err=True)
    if missed:
        raise click.exceptions.Exit(1)


def _tell_unknown(answered: Review, items: Iterable[str]) -> None:
    for item in undecided(answered, frozenset(items)):
        click.echo(f"warning: required, but unknown: {item.number}. {item.title}", err=True)
