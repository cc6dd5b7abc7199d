"""`edanalyze new-check`: the beginnings of a package of checks, ready to install and to test."""

from __future__ import annotations

import re
from pathlib import Path

import click

from edanalyze.cli.failures import Failure, explained
from edanalyze.cli.output import writable
from edanalyze.cli.scaffold import files

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_CODE = re.compile(r"[A-Z]{3,}[0-9]{3}")


@click.command("new-check", short_help="Write the beginnings of a check of your own.")
@click.argument("name")
@click.option("--code", default="ACM001", show_default=True, help="Code of the rule: capital letters, three digits.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Folder of the package.  [default: after the letters of the code, as acm-checks]",
)
def new_check(name: str, code: str, output: Path | None) -> None:
    """Write a package with a rule called NAME: module, entry point, page with cases, and the test that runs them.

    NAME states the bad pattern in kebab-case, as in mail-in-request. The rule works at once and is yours to change.
    Files that exist already are never touched.

    \b
    edanalyze new-check mail-in-request --code ACM001
    pip install -e acm-checks && pytest acm-checks
    edanalyze rules
    """
    with explained():
        from edanalyze.check import registry

        if not _NAME.fullmatch(name):
            raise Failure(f"{name!r} is no kebab-case name of two words or more, as in mail-in-request")
        if not _CODE.fullmatch(code):
            raise Failure(f"{code!r} is no code: three or more capital letters and three digits, as in ACM001")
        taken = next((rule for rule in registry.rules() if code == rule.code or name == rule.name), None)
        if taken is not None:
            raise Failure(f"there is a rule {taken.code} {taken.name} already")
        letters = code.rstrip("0123456789").lower()
        folder = output or Path(f"{letters}-checks")
        made = files(name, code, f"{letters}_checks")
        existing = [path for path in made if (folder / path).exists()]
        if existing:
            raise Failure(f"{folder / existing[0]} exists already")
        for path, text in made.items():
            with writable(folder / path):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text, encoding="utf-8")
            click.echo(f"wrote {folder / path}")
        click.echo(f"next: pip install -e {folder} && pytest {folder}")
