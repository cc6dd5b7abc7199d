"""The HTML report: one file that holds the graph, the findings and the delivery verdicts, and needs no network."""

from __future__ import annotations

from edanalyze.report.page.deliveries import deliveries
from edanalyze.report.page.document import Document, document
from edanalyze.report.page.write import render

__all__ = ["Document", "deliveries", "document", "render"]
