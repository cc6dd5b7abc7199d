"""`edanalyze graph` and `edanalyze callgraph`: what depends on what."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from edanalyze.cli.cache import CACHE
from edanalyze.cli.failures import Failure, explained
from edanalyze.cli.inputs import CONFIG, PATHS, VERBOSE, divided, project_at, tell, tell_about
from edanalyze.cli.output import writable
from edanalyze.graph import FORMATS, VIEWS, DrawingError, Graph, GraphError, fold, format_of, render
from edanalyze.graph import focus as focused

_BINARY = frozenset({"png", "pdf"})

_OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead of standard output.",
)


@click.command(short_help="Draw services, calls and messages.")
@PATHS
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file; its extension names the format.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="What to write.  [default: by extension, else json]")
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    default="services",
    show_default=True,
    help="services: who talks to whom; routes: which entry point makes which call; chains: where requests wait for "
    "requests; events: what happens on a message; calls: which function calls which.",
)
@click.option("--focus", metavar="NAME", help="Draw only what is near a service, route, topic, function or file.")
@click.option(
    "--depth", type=click.IntRange(min=0), default=1, show_default=True, help="How many steps around --focus."
)
@click.option("--unresolved", is_flag=True, help="List the calls and topics that could not be bound, and why, instead.")
@CONFIG
@CACHE
@VERBOSE
def graph(
    paths: tuple[Path, ...],
    output: Path | None,
    form: str | None,
    view: str,
    focus: str | None,
    depth: int,
    unresolved: bool,
    config: Path | None,
    no_cache: bool,
    verbose: bool,
) -> None:
    """Draw the services of PATHS with their calls and messages; findings are marked on the arrows they are about.

    \b
    edanalyze graph -o services.svg
    edanalyze graph --view events --focus orders -o events.mmd
    edanalyze graph --format json | jq '.edges[] | select(.kind == "http")'
    """
    wanted = form or ("json" if unresolved else _by_extension(output))
    if output is None and wanted in _BINARY and sys.stdout.isatty():
        raise click.UsageError(f"{wanted} is not for a terminal: name a file with -o")
    with explained(verbose):
        from edanalyze import api

        own, files = divided(paths)
        title = "Several systems"
        if own or not files:
            project = project_at(own, config, no_cache, files)
            full, title = api.graph(project), project.root.name
            tell_about(project, verbose)
        else:
            facts, refused = api.read_facts(files)
            full = api.graph_of_facts([facts])
            tell(refused)
        if unresolved:
            _write(_unresolved(full, form), output)
            return
        try:
            folded = fold(full, view)
            shown = focused(folded, focus, depth) if focus else folded
            drawn = render(shown, wanted, title=title)
        except (GraphError, DrawingError) as error:
            raise Failure(str(error)) from error
        _write(drawn, output)


@click.command(short_help="Write which function calls which.")
@PATHS
@_OUTPUT
@click.option(
    "--format", "form", type=click.Choice(["json"]), default="json", show_default=True, help="How to write it."
)
@CONFIG
@CACHE
@VERBOSE
def callgraph(
    paths: tuple[Path, ...], output: Path | None, form: str, config: Path | None, no_cache: bool, verbose: bool
) -> None:
    """Write which function of PATHS calls which: {"pkg.mod.Class.method": ["pkg.other.function", ...]}.

    Names are dotted from the project root; methods are found through inheritance, attributes and annotations.
    """
    with explained(verbose):
        from edanalyze import api
        from edanalyze.report import json

        project = project_at(paths, config, no_cache)
        calls = api.callgraph(project)
        tell_about(project, verbose)
        document = {caller: sorted(callees) for caller, callees in sorted(calls.items())}
        _write(f"{json.encode(document)}\n".encode(), output)


@click.command(short_help="Write what other systems need to know.")
@PATHS
@_OUTPUT
@CONFIG
@CACHE
@VERBOSE
def facts(paths: tuple[Path, ...], output: Path | None, config: Path | None, no_cache: bool, verbose: bool) -> None:
    """Write the services, entry points, calls and messages of PATHS as a facts file, which holds no source text.

    Other commands take facts files where they take paths, so that several repositories are seen as one system.
    Facts files among PATHS are merged into the one that is written.

    \b
    edanalyze facts -o orders.json
    edanalyze graph orders.json stock.json -o organisation.svg
    """
    with explained(verbose):
        from edanalyze import api, exchange

        own, files = divided(paths)
        if own or not files:
            project = project_at(own, config, no_cache, files)
            told = exchange.union([api.facts(project), project.others])
            tell_about(project, verbose)
        else:
            told, refused = api.read_facts(files)
            tell(refused)
        _write(exchange.to_json(told), output)


def _unresolved(full: Graph, form: str | None) -> bytes:
    """List each edge that ends at an unknown: where it starts, what was found there, and why it could not be bound."""
    from edanalyze.report import json

    unknown = {node.id: node for node in full.nodes if node.kind == "unknown"}
    found = {
        (edge.path, edge.line, edge.kind, edge.method, edge.url or unknown[edge.target].name, unknown[edge.target])
        for edge in full.edges
        if edge.target in unknown
    }
    rows = [(*row[:-1], row[-1].reason) for row in sorted(found, key=lambda row: row[:-1])]
    if form == "json":
        names = ("path", "line", "kind", "method", "template", "reason")
        text = json.encode([dict(zip(names, row, strict=True)) for row in rows]) + "\n"
    else:
        text = "".join(
            f"{path}:{line}: {f'{method} {template}'.strip()}: {reason}\n"
            for path, line, _, method, template, reason in rows
        )
    return text.encode("utf-8", "backslashreplace")


def _by_extension(output: Path | None) -> str:
    if output is None:
        return "json"
    try:
        return format_of(output)
    except DrawingError as error:
        raise click.UsageError(f"{error}, or name a format with --format") from error


def _write(data: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    with writable(output):
        output.write_bytes(data)
