"""With two processes the rules are really shared among them, and nothing is found twice or lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from edanalyze import findings
from edanalyze.api import Options, check, load_project
from edanalyze.check import runner
from edanalyze.processes import can_fork

SENDER = """
from django.db import transaction
from shop.tasks import notify
from shop.models import Order
import requests


def place(request):
    with transaction.atomic():
        Order.objects.create(total=1)
        notify.delay(1)
        requests.get("http://stock/items")
"""


@pytest.mark.skipif(not can_fork(), reason="processes cannot be forked here")
def test_rules_on_transactions_run_in_a_second_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.edanalyze]\n")
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text("from django.db import models\n\n\nclass Order(models.Model):\n    pass\n")
    (package / "tasks.py").write_text(
        "from celery import shared_task\n\n\n@shared_task\ndef notify(order):\n    pass\n"
    )
    (package / "views.py").write_text(SENDER)
    monkeypatch.setattr(findings, "_WORTH_TWO", 0)
    begun: list[object] = []

    class Counted(runner.Aside):
        def __init__(self, work: object) -> None:
            begun.append(work)
            super().__init__(work)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "Aside", Counted)
    alone = check(load_project([tmp_path], Options(jobs=1, cache=False))).diagnostics
    assert not begun
    together = check(load_project([tmp_path], Options(jobs=2, cache=False))).diagnostics
    assert len(begun) == 1
    assert {item.code for item in together} >= {"EDA103", "EDA202"}
    assert together == alone
