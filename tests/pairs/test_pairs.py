"""Bug fixes in pairs: the code before the fix is reported where the fix goes, the code after it is silent.

A folder holds the files of one small system: those in `shared/` belong to both sides, `before/` and `after/` to one.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from edanalyze.api import Options, check, load_project
from edanalyze.check.diagnostic import Diagnostic

HERE = Path(__file__).parent


class Fix(NamedTuple):
    """The name of a pair, the rule that speaks of the bug, and where."""

    name: str
    code: str
    path: str
    line: int


FIXES = (
    Fix("delay_races_commit", "EDA202", "shop/services.py", 13),
    Fix("publish_inside_the_unit_of_work", "EDA202", "shop/orders.py", 10),
    Fix("event_lost_after_commit", "EDA201", "shop/orders.py", 16),
    Fix("publish_after_save", "EDA205", "shop/views.py", 16),
    Fix("outbox_row_apart", "EDA206", "shop/orders.py", 13),
    Fix("delivery_confirmed", "EDA204", "events.py", 7),
    Fix("automatic_offsets_lose", "EDA302", "billing/worker.py", 6),
    Fix("deleted_before_the_work", "EDA302", "billing/poller.py", 12),
    Fix("late_ack_short_visibility", "EDA301", "reports/tasks.py", 8),
    Fix("processed_messages_remembered", "EDA301", "wallet/worker.py", 16),
    Fix("insert_twice", "EDA301", "worker.py", 11),
    Fix("failure_swallowed", "EDA601", "billing/worker.py", 12),
    Fix("dead_letter_added", "EDA602", "worker.py", 9),
    Fix("queue_of_a_template", "EDA602", "template.yaml", 4),
    Fix("poison_message", "EDA603", "stock/worker.py", 19),
    Fix("retries_without_an_end", "EDA603", "shop/tasks.py", 5),
    Fix("batch_kept_for_ever", "EDA603", "subscriber.py", 21),
    Fix("due_date_from_the_message", "EDA604", "billing/tasks.py", 10),
    Fix("key_added", "EDA211", "events.py", 11),
    Fix("idempotency_key_added", "EDA303", "payments.py", 7),
    Fix("compensation_added", "EDA701", "booking/app.py", 10),
    Fix("event_loop_ended", "EDA702", "catalog.py", 14),
    Fix("timeout_added", "EDA107", "app.py", 13),
    Fix("correlation_id_added", "EDA401", "app.py", 11),
    Fix("request_in_transaction", "EDA103", "shop/payment.py", 13),
    Fix("request_per_item", "EDA106", "app.py", 15),
)

every_fix = pytest.mark.parametrize("fix", FIXES, ids=lambda fix: fix.name)


def reported(fix: Fix, side: str, folder: Path) -> list[Diagnostic]:
    """What the fix's rule says of one side."""
    system = folder / "system"
    for part in ("shared", side):
        if (HERE / fix.name / part).is_dir():
            shutil.copytree(HERE / fix.name / part, system, dirs_exist_ok=True)
    result = check(load_project([system], Options(select=(fix.code,))))
    assert not result.not_analysed
    return list(result.diagnostics)


@every_fix
def test_the_bug_is_reported_where_the_fix_goes(fix: Fix, tmp_path: Path) -> None:
    found = reported(fix, "before", tmp_path)
    assert {each.code for each in found} == {fix.code}
    assert (fix.path, fix.line) in {(each.path, each.line) for each in found}
    assert all(each.trace for each in found)


@every_fix
def test_the_fixed_code_is_silent(fix: Fix, tmp_path: Path) -> None:
    assert reported(fix, "after", tmp_path) == []


def test_every_pair_is_tried() -> None:
    assert {folder.name for folder in HERE.iterdir() if (folder / "before").is_dir()} == {fix.name for fix in FIXES}
