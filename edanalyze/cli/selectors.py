"""Rule selectors on the command line: comma-separated codes, beginnings of codes, names, or ALL."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem


def split(values: Sequence[str]) -> tuple[str, ...]:
    """Split repeated and comma-separated values into single selectors."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def check_selectors(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Split an option's values; raises a usage error for a selector that matches no installed rule."""
    selectors = split(values)
    if selectors:
        from edanalyze.check import registry

        unknown = registry.unknown(registry.rules(), selectors)
        if unknown:
            raise click.BadParameter(f"no rule is called {unknown[0]!r}{suggestion(unknown[0])}")
    return selectors


def complete_rules(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Offer the rules that go on as typed, by code or name; of a list with commas, for its last part."""
    from edanalyze.check import registry

    before, comma, last = typed.rpartition(",")
    words = [(word, rule.summary) for rule in registry.rules() for word in (rule.code, rule.name)]
    return [
        CompletionItem(f"{before}{comma}{word}", help=summary)
        for word, summary in words
        if word.lower().startswith(last.lower())
    ]


def suggestion(reference: str) -> str:
    """Say which rule was probably meant by a reference that names none, or where to look."""
    from edanalyze.check import registry

    known = [key for rule in registry.rules() for key in (rule.code, rule.name)]
    wanted = reference.upper() if reference[:3].upper() == "EDA" else reference.lower()
    close = difflib.get_close_matches(wanted, known, n=1)
    return f"; did you mean {close[0]}?" if close else "; `edanalyze rules` lists them"
