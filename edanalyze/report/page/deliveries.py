"""The delivery verdicts as the HTML report shows them."""

from __future__ import annotations

from collections.abc import Iterable

from edanalyze.analyse.delivery import VERDICTS, Verdict
from edanalyze.report.escape import printable
from edanalyze.report.page.document import Delivery

_KINDS = dict(zip(VERDICTS, ("both", "lose", "duplicate", "unknown", "safe"), strict=True))


def deliveries(verdicts: Iterable[Verdict]) -> tuple[Delivery, ...]:
    """A row for each verdict, in their order: evidence and change in one sentence each."""
    return tuple(
        Delivery(
            topic=printable(each.topic),
            consumer=printable(each.consumer),
            path=printable(each.path),
            line=each.line,
            kind=_KINDS[each.verdict],
            verdict=each.verdict,
            why=printable("; ".join(f"{reason.message} ({reason.path}:{reason.line})" for reason in each.reasons)),
            change=printable("; ".join(each.change)),
        )
        for each in verdicts
    )
