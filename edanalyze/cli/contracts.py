"""`edanalyze contracts`: the schemas of messages as they were agreed on, and what has changed since."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edanalyze.catalog.deprecation import Expired, expired
from edanalyze.catalog.lock import NAME, Difference, Lock, LockError, differences, from_text, locked, to_text
from edanalyze.catalog.mismatches import Mismatch, mismatches
from edanalyze.cli.cache import CACHE
from edanalyze.cli.dates import AS_OF
from edanalyze.cli.failures import Failure, explained
from edanalyze.cli.inputs import CONFIG, PATHS, VERBOSE, divided, project_at, tell_about
from edanalyze.cli.output import writable
from edanalyze.report.escape import one_line

if TYPE_CHECKING:
    from edanalyze.catalog import Catalogue


@click.command(short_help="Hold messages to their contracts.")
@click.argument("action", type=click.Choice(["lock", "check", "diff"]))
@PATHS
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The lock.  [default: {NAME} in the project's root]",
)
@AS_OF
@CONFIG
@CACHE
@VERBOSE
def contracts(
    action: str,
    paths: tuple[Path, ...],
    file: Path | None,
    as_of: date | None,
    config: Path | None,
    no_cache: bool,
    verbose: bool,
) -> None:
    """Keep the schemas of the events and commands of PATHS in a file, and tell what has changed since.

    \b
    edanalyze contracts lock      write or update contracts.lock
    edanalyze contracts check     exit with 1 when a change breaks a consumer, a consumer reads what nobody sends, or a
                                  deprecated message is still there after its last day
    edanalyze contracts diff      list all changes

    Contracts are those of the project; facts files of other systems among PATHS tell what is read and sent there.
    """
    with explained(verbose):
        from edanalyze import api

        folders, facts = divided(paths)
        project = project_at(folders, config, no_cache, facts)
        catalogue = api.own_catalogue(project)
        tell_about(project, verbose)
        where = file or project.root / NAME
        known = _read(where)
        if action == "lock":
            _lock(catalogue, known, where)
            return
        if known is None:
            raise Failure(f"there is no {where}: write it with `edanalyze contracts lock`")
        found = list(differences(known, catalogue))
        for each in found:
            if action == "diff" or each.breaking:
                click.echo(_told(each))
        unmet = list(mismatches(api.catalogue(project) if facts else catalogue))
        for mismatch in unmet:
            click.echo(_unmet(mismatch))
        agreed = {name: (each.version, each.deprecated) for name, each in known.contracts.items()}
        late = list(expired(catalogue, project.config.deprecated, agreed, as_of or date.today()))
        for message in late:
            click.echo(_late(message))
        if action == "check" and (unmet or late or any(each.breaking for each in found)):
            raise SystemExit(1)


def _read(where: Path) -> Lock | None:
    try:
        return from_text(where.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeError, LockError) as error:
        raise Failure(f"cannot read {where}: {error}") from error


def _lock(catalogue: Catalogue, known: Lock | None, where: Path) -> None:
    made = locked(catalogue, known)
    with writable(where):
        where.write_text(to_text(made), encoding="utf-8", newline="\n")
    click.echo(f"{len(made.contracts)} contracts in {where}")


def _told(each: Difference) -> str:
    """One change as a line: what it breaks, the field, and the places on both sides."""
    name = f"{each.message}: {each.change.field}" if each.change.field else each.message
    word = "breaking" if each.breaking else "compatible"
    places = ", ".join(each.producers) or "nowhere"
    before = f"; agreed on: {', '.join(each.before)}" if each.before else ""
    return one_line(f"{word}: {name}: {each.change.what} (sent at {places}{before})")


def _late(each: Expired) -> str:
    places = [f"{end.path}:{end.line}" for end in each.message.ends]
    which = f"{each.message.id}, version {each.version}" if each.version else each.message.id
    return one_line(f"deprecated: {which}: its last day was {each.last} (still at {', '.join(places)})")


def _unmet(each: Mismatch) -> str:
    sent = ", ".join(f"{end.path}:{end.line}" for end in each.message.producers)
    return one_line(
        f"breaking: {each.message.id}: {each.read.name}: read at {each.read.path}:{each.read.line} "
        f"by {each.consumer.function}, and nobody sends it (sent at {sent})"
    )
