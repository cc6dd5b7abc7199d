"""The JSON Schema of a review, made from the records.

`python -m edanalyze.review.schema docs/schema/review.schema.json` writes it down.
"""

from __future__ import annotations

import sys
from pathlib import Path

from edanalyze.recordschema import schema_of, text_of
from edanalyze.review.records import ANSWERS, VERSION, Review


def text() -> str:
    """The schema as it stands in the documentation."""
    answers: dict[str, object] = {"enum": list(ANSWERS)}
    stricter: dict[tuple[str, str], dict[str, object]] = {
        ("Review", "version"): {"const": VERSION},
        ("Item", "answer"): answers,
        ("Criterion", "answer"): answers,
    }
    return text_of(schema_of(Review, "edanalyze review", "What `edanalyze review --format json` writes.", stricter))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
