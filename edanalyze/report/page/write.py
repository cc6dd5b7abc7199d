"""Puts a report's data, style and script into one page."""

from __future__ import annotations

from importlib import resources

import msgspec

from edanalyze.report.page.document import Document


def render(report: Document) -> str:
    """The page as HTML.

    The data stands in the page as JSON in which `<` is spelled as an escape: no name in a program can end the script
    element that holds it, and the script of the page shows text as text.
    """
    parts = {
        "style": _asset("report.css"),
        "script": _asset("report.js"),
        "data": msgspec.json.encode(report).decode().replace("<", "\\u003c"),
    }
    page = _asset("report.html")
    for name, text in parts.items():
        before, mark, after = page.partition(f"{{{{{name}}}}}")
        assert mark, name
        page = f"{before}{text}{after}"
    return page


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
