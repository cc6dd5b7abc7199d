"""What may be seen to outside of the code that is reviewed, and is then declared."""

from __future__ import annotations

from edanalyze.review.evidence import Evidence
from edanalyze.review.records import MET, NOT_APPLICABLE, Criterion, Place


def kept_elsewhere(evidence: Evidence, criterion: Criterion) -> Criterion:
    """The same criterion, met where the configuration says that it is seen to elsewhere."""
    where = evidence.declared.elsewhere.get(criterion.name)
    if where is None or criterion.answer == NOT_APPLICABLE:
        return criterion
    place = Place("pyproject.toml", 0, f"declared: {where}")
    return Criterion(criterion.name, criterion.claim, MET, f"declared: {where}", (place,), criterion.rules)
