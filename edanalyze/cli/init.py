"""`edanalyze init`: look at a project and write a first `[tool.edanalyze]` for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edanalyze.cli.failures import Failure, explained
from edanalyze.cli.output import writable

if TYPE_CHECKING:
    from edanalyze.api import Project
    from edanalyze.report.proposal import Outline


@click.command(short_help="Write a first, commented section of settings.")
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print the section and write nothing.")
def init(path: Path, dry_run: bool) -> None:
    """Look at the project in PATH and add a commented [tool.edanalyze] section to its pyproject.toml.

    The section says which services and libraries were found, and suggests settings. What is in the file stays as it
    is; a file that has such a section already is left alone (exit status 2).
    """
    with explained():
        from edanalyze import api
        from edanalyze.check.baseline import DEFAULT
        from edanalyze.discover.config import ConfigError, parse_toml, read_config
        from edanalyze.report.proposal import section

        project = api.load_project([path])
        file = project.root / "pyproject.toml"
        if file.is_symlink():
            raise Failure(f"{file} is a symbolic link; write into what it leads to")
        if file.is_file() and "edanalyze" in _table(parse_toml(file)):
            raise Failure(f"{file} has a section [tool.edanalyze] already; `edanalyze config` shows what it says")
        text = section(_outline(project), DEFAULT)
        if dry_run:
            click.echo(text, nl=False)
            return
        before = file.read_bytes() if file.is_file() else None
        with writable(file):
            file.write_bytes(_joined(before or b"", text))
        try:
            read_config(project.root)
        except ConfigError as error:
            _restore(file, before)
            raise Failure(
                f"{file} cannot take a section at its end ({error}); add this one by hand:\n\n{text}"
            ) from error
        click.echo(f"wrote [tool.edanalyze] into {file}")
        click.echo("next: `edanalyze check` shows what is found, `edanalyze baseline write` accepts it for now")


def _outline(project: Project) -> Outline:
    """What there is to say of the project."""
    from edanalyze import api
    from edanalyze.check import registry
    from edanalyze.report.proposal import Outline

    seen = api.look(project)
    return Outline(
        services=tuple((each.name, each.path) for each in project.services.all),
        libraries=seen.libraries,
        opt_in=tuple((rule.code, rule.name) for rule in registry.rules() if not rule.default),
        unbound=seen.unbound,
    )


def _table(document: dict[str, object]) -> dict[str, object]:
    tool = document.get("tool")
    return tool if isinstance(tool, dict) else {}


def _joined(before: bytes, text: str) -> bytes:
    """The file with the section at its end, in the file's own way to end lines."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before else end if before.endswith(b"\n") else end + end
    return before + gap + text.encode().replace(b"\n", end)


def _restore(file: Path, before: bytes | None) -> None:
    with writable(file):
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
