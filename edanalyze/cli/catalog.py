"""`edanalyze catalog`: the events and commands of a system, with who sends and who reads them."""

from __future__ import annotations

from pathlib import Path

import click

from edanalyze.catalog import FOLDERS, FORMATS, CatalogueError, files, render
from edanalyze.cli.cache import CACHE
from edanalyze.cli.failures import Failure, explained
from edanalyze.cli.inputs import CONFIG, PATHS, VERBOSE, divided, project_at, tell, tell_about
from edanalyze.cli.output import destination, writable


@click.command(short_help="List events and commands.")
@PATHS
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write to a file; for eventcatalog, to the files of a folder.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="markdown",
    show_default=True,
    help="markdown: to read; json: all there is; asyncapi: an AsyncAPI 3.0 document; eventcatalog: the files of an "
    "EventCatalog site; cloudevents: the names of event types.",
)
@CONFIG
@CACHE
@VERBOSE
def catalog(
    paths: tuple[Path, ...], output: Path | None, form: str, config: Path | None, no_cache: bool, verbose: bool
) -> None:
    """List the events and commands of PATHS: what they hold, who sends them and which fields each consumer reads.

    Facts files of other systems among PATHS add their messages, and the other ends of those of the project.

    \b
    edanalyze catalog -o events.md
    edanalyze catalog --format asyncapi -o asyncapi.yaml
    edanalyze catalog --format eventcatalog -o site/
    edanalyze catalog . ../billing.json -o organisation.md
    """
    if form in FOLDERS and output is None:
        raise click.UsageError(f"{form} is a folder of files: name one with -o")
    with explained(verbose):
        from edanalyze import api

        own, facts = divided(paths)
        if own or not facts:
            project = project_at(own, config, no_cache, facts)
            catalogue = api.catalogue(project)
            tell_about(project, verbose)
        else:
            known, refused = api.read_facts(facts)
            catalogue = api.catalogue_of_facts(known)
            tell(refused)
        if form in FOLDERS:
            assert output is not None
            _write(files(catalogue, form), output)
            return
        try:
            text = render(catalogue, form)
        except CatalogueError as error:
            raise Failure(str(error)) from error
        with destination(output) as stream:
            stream.write(text)


def _write(found: dict[str, str], folder: Path) -> None:
    for path, text in found.items():
        file = folder / path
        with writable(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
