"""`edanalyze explain` and `edanalyze rules`: what the rules say about themselves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from edanalyze.cli.failures import Failure, explained
from edanalyze.cli.selectors import complete_rules, suggestion

if TYPE_CHECKING:
    from edanalyze.check.rule import Rule


@click.command(short_help="Explain a rule, with examples.")
@click.argument("rule", shell_complete=complete_rules)
def explain(rule: str) -> None:
    """Explain RULE, given by code (EDA201) or name (publish-after-commit).

    What it finds, why that matters, an example, what to write instead, and which false alarms are known.
    """
    with explained():
        from edanalyze.check import crash, pages, registry

        if rule.strip().upper() in (crash.CODE, crash.NAME.upper()):
            _show(crash.EXPLANATION)
            return
        found = registry.find(rule)
        if found is None:
            raise Failure(f"no rule is called {rule!r}{suggestion(rule)}")
        page = pages.text(found)
    _show(page)


@click.command(short_help="List the rules.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to list them."
)
def rules(form: str) -> None:
    """List all installed rules: code, name, whether it is on by default, and what it finds.

    Rules of other packages, found through the entry point `edanalyze.checks`, are listed like the built-in ones.
    """
    with explained():
        from edanalyze.check import registry

        listed, problems = registry.rules(), registry.problems()
    for problem in problems:
        click.echo(f"warning: {problem}", err=True)
    if form == "json":
        from edanalyze.report import json

        click.echo(json.encode([_record(each) for each in listed]))
        return
    width = max((len(each.name) for each in listed), default=0)
    for each in listed:
        click.echo(f"{each.code}  {each.name:<{width}}  {_state(each):<7}  {each.summary}")


def _state(rule: Rule) -> str:
    return "preview" if rule.preview else "on" if rule.default else "off"


def _record(rule: Rule) -> dict[str, object]:
    return {
        "code": rule.code,
        "name": rule.name,
        "default": rule.default,
        "preview": rule.preview,
        "summary": rule.summary,
    }


def _show(markdown: str) -> None:
    """Print Markdown, laid out on a terminal and as it is elsewhere."""
    if not sys.stdout.isatty():
        click.echo(markdown, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(markdown), width=min(console.width, 100))
