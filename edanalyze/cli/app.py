"""The command group `edanalyze`."""

from __future__ import annotations

import click

from edanalyze import __version__
from edanalyze.cli.baseline import baseline
from edanalyze.cli.cache import cache
from edanalyze.cli.catalog import catalog
from edanalyze.cli.check import check
from edanalyze.cli.config import config
from edanalyze.cli.contracts import contracts
from edanalyze.cli.delivery import delivery
from edanalyze.cli.explain import explain, rules
from edanalyze.cli.graph import callgraph, facts, graph
from edanalyze.cli.init import init
from edanalyze.cli.models import models
from edanalyze.cli.new_check import new_check
from edanalyze.cli.report import report
from edanalyze.cli.review import review


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="edanalyze %(version)s")
def app() -> None:
    """Find event-driven architecture mistakes in Python systems, and draw how services depend on each other.

    \b
    Start with:
      edanalyze check                      what is wrong in the project in this folder
      edanalyze explain EDA201             what a finding means, and what to do instead
      edanalyze graph -o services.svg      a picture of services, calls and messages
      edanalyze catalog -o events.md       who sends which event, and who reads what of it
      edanalyze review                     the event-driven checklist, and what to do first

    \b
    In a system that exists already:
      edanalyze init                       a commented [tool.edanalyze] for its pyproject.toml
      edanalyze baseline write             accept what is found now; check reports what is new

    Settings are read from [tool.edanalyze] in pyproject.toml; options win over them. Every command answers to --help.
    """


for command in (
    check,
    delivery,
    baseline,
    init,
    config,
    graph,
    callgraph,
    catalog,
    contracts,
    facts,
    report,
    review,
    explain,
    rules,
    models,
    cache,
    new_check,
):
    app.add_command(command)
