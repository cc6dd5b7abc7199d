"""`edanalyze config`: which settings are in force, and where each comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edanalyze.cli.failures import explained

if TYPE_CHECKING:
    from edanalyze.api import Project


@click.command(short_help="Print the settings that are in force, and where from.")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--config",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read settings from this TOML file.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the section instead.")
def config(paths: tuple[Path, ...], file: Path | None, form: str, schema: bool) -> None:
    """Print the settings that hold for PATHS: every key, its value, and whether the file or the default says so.

    The text is TOML, fit to be copied into [tool.edanalyze]. Every mistake in the section is told at once, with file
    and key. What flake8 adds by its own options is not shown.
    """
    with explained():
        if schema:
            from edanalyze.discover.schema import text
            from edanalyze.models.schema import KINDS

            click.echo(text(KINDS), nl=False)
            return
        from edanalyze import api
        from edanalyze.report import json

        project = api.load_project(paths or (Path(),), api.Options(config=file))
        settings = _settings(project, file)
        if form == "json":
            click.echo(json.encode({"root": str(project.root), "rules": _rules(project), "settings": settings}))
        else:
            _print(project, settings)


def _settings(project: Project, file: Path | None) -> list[dict[str, Any]]:
    """Every setting by key, value and origin; a project's own models by kind and number."""
    import msgspec

    from edanalyze.discover.config import written_keys

    source = file or project.root / "pyproject.toml"
    written = written_keys(source)
    values = msgspec.to_builtins(project.config)
    models = values.pop("models")
    settings = [
        {"key": key, "value": value, "from": source.name if key in written else "default"}
        for key, value in values.items()
    ]
    return settings + [{"key": kind, "value": list(rows), "from": source.name} for kind, rows in models.items()]


def _rules(project: Project) -> list[str]:
    from edanalyze.check import registry

    config = project.config
    chosen = registry.enabled(
        registry.rules(), config.select, config.ignore, config.extend_select, config.enable, config.preview
    )
    return sorted(chosen)


def _print(project: Project, settings: list[dict[str, Any]]) -> None:
    from edanalyze.report.escape import printable
    from edanalyze.report.toml import inline

    lines = [f"{setting['key']} = {inline(setting['value'])}" for setting in settings]
    width = min(60, max(map(len, lines)))
    click.echo(f"# project: {printable(str(project.root))}")
    click.echo(f"# rules that run: {', '.join(_rules(project)) or 'none'}\n")
    for line, setting in zip(lines, settings, strict=True):
        click.echo(f"{line:<{width}}  # {printable(setting['from'])}")
