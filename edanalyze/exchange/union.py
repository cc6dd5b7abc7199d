"""Union of facts: associative, commutative and idempotent, because facts are sets that are written in one order."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edanalyze.exchange.records import LISTS, VERSION, Facts


def union(facts: Iterable[Facts]) -> Facts:
    """All records of all facts, each once, sorted by how they are written."""
    given = list(facts)
    encode = msgspec.json.Encoder().encode
    united = {
        field: tuple(sorted({record for each in given for record in getattr(each, field)}, key=encode))
        for field in LISTS
    }
    return Facts(version=VERSION, **united)


def without(facts: Facts, system: str) -> Facts:
    """The facts of all other systems."""
    kept = {field: tuple(record for record in getattr(facts, field) if record.system != system) for field in LISTS}
    return Facts(version=VERSION, **kept)
