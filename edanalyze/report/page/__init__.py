"""The HTML report: one file with the graph, the events, the findings and the delivery verdicts, without a network."""

from __future__ import annotations

from edanalyze.report.page.deliveries import deliveries
from edanalyze.report.page.document import Document, document
from edanalyze.report.page.events import events
from edanalyze.report.page.write import render

__all__ = ["Document", "deliveries", "document", "events", "render"]
