"""The option that says for which day deprecations are judged."""

from __future__ import annotations

import datetime
from typing import Any

import click


def _day(context: click.Context, parameter: click.Parameter, value: Any) -> datetime.date | None:
    return value.date() if value is not None else None


AS_OF = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_day,
    metavar="DATE",
    help="Judge deprecated messages as of this day (2026-06-30).  [default: today]",
)
