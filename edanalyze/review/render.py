"""Writing a review in one of its formats."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from edanalyze.review.markdown import to_markdown
from edanalyze.review.records import Review


def to_json(review: Review) -> str:
    """The review as JSON (docs/schema/review.schema.json), indented, in a stable order."""
    return msgspec.json.format(msgspec.json.encode(review), indent=1).decode() + "\n"


_RENDERERS: dict[str, Callable[[Review], str]] = {"markdown": to_markdown, "json": to_json}


def render(review: Review, form: str) -> str:
    """The text of a review as "markdown" or "json"."""
    return _RENDERERS[form](review)
