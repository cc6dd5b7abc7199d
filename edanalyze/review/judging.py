"""How a criterion is judged: one rule for all of them."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.review.evidence import Evidence
from edanalyze.review.records import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN, Criterion, Place


def judged(
    name: str,
    claim: str,
    told: str,
    *,
    applies: object,
    wrong: Iterable[Place] = (),
    unsure: Iterable[Place] = (),
    found: Iterable[Place] = (),
    rules: Iterable[str] = (),
    remedy: str = "",
) -> Criterion:
    """A criterion with the answer that its evidence gives.

    One place that is `wrong` is enough for "not met"; without any, one where it is `unsure` is enough for "unknown".
    `found` is what speaks for it. `told` counts all that was looked at; what is not known is added to it.
    """
    wrong, unsure = tuple(wrong), tuple(unsure)
    answer = NOT_APPLICABLE if not applies else NOT_MET if wrong else UNKNOWN if unsure else MET
    places = {NOT_MET: wrong, UNKNOWN: unsure, MET: tuple(found), NOT_APPLICABLE: ()}[answer]
    if unsure and applies:
        told += f"; {len(unsure)} not known"
    return Criterion(name, claim, answer, told, places, tuple(rules), remedy)


def judged_by_rules(
    evidence: Evidence,
    name: str,
    claim: str,
    among: str,
    *codes: str,
    applies: object,
    unsure: Iterable[Place] = (),
    found: Iterable[Place] = (),
) -> Criterion:
    """A criterion that is met where some rules find nothing. `among` says, with a count, what they looked at."""
    wrong = evidence.findings(*codes)
    blind = evidence.not_looked_for(*codes)
    return judged(
        name,
        claim,
        f"{counted(len(wrong), 'finding')} in {among}",
        applies=applies or wrong,
        wrong=wrong,
        unsure=(*unsure, *blind),
        found=found,
        rules=codes,
    )


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number with its noun: `1 message`, `2 messages`."""
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"
