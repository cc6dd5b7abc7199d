"""The event catalogue: its records, and the ways to write them down."""

from __future__ import annotations

from edanalyze.catalog.records import Catalogue, Consumer, FieldRead, Message, Producer
from edanalyze.catalog.render import FOLDERS, FORMATS, CatalogueError, files, render

__all__ = [
    "FOLDERS",
    "FORMATS",
    "Catalogue",
    "CatalogueError",
    "Consumer",
    "FieldRead",
    "Message",
    "Producer",
    "files",
    "render",
]
