"""Entry points of a program: routes, message handlers, tasks, jobs, commands and remote procedures."""

from __future__ import annotations

from edanalyze.link.entries.catalogue import Entries
from edanalyze.link.entries.records import Delivery, EntryPoint

__all__ = ["Delivery", "Entries", "EntryPoint"]
