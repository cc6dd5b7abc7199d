"""Checked-in documents that say what a system depends on: contracts, diagrams, and graphs of an earlier day.

The records; `read` makes them.
"""

from __future__ import annotations

from edanalyze.discover.documents.records import Arrow, Channel, Document, Event, Operation

__all__ = ["Arrow", "Channel", "Document", "Event", "Operation"]
