"""With two processes the rules are really shared among them, and nothing is found twice or lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

VIEWS = """
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
MODELS = """
from django.db import models


class Order(models.Model):
    pass
"""
TASKS = """
from celery import shared_task


@shared_task
def notify(order):
    pass
"""
COUNTING = """
import json, sys
from pathlib import Path
from edanalyze import findings
from edanalyze.api import Options, check, load_project
from edanalyze.check import runner

findings._WORTH_TWO = 0
begun = []


class Counted(runner.Aside):
    def __init__(self, work):
        begun.append(work)
        super().__init__(work)


runner.Aside = Counted
found = []
for jobs in (1, 2):
    result = check(load_project([Path(sys.argv[1])], Options(jobs=jobs, cache=False)))
    found.append((len(begun), [repr(item) for item in result.diagnostics], [item.code for item in result.diagnostics]))
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are not forked here")
def test_rules_on_transactions_run_in_a_second_process(tmp_path: Path) -> None:
    """In a process of its own: one with other threads about is not forked."""
    package = tmp_path / "shop"
    package.mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.edanalyze]\n", encoding="utf-8")
    for name, source in (("__init__", ""), ("models", MODELS), ("tasks", TASKS), ("views", VIEWS)):
        (package / f"{name}.py").write_text(source, encoding="utf-8")
    ran = subprocess.run([sys.executable, "-c", COUNTING, str(tmp_path)], capture_output=True, text=True, check=True)
    (none, alone, _), (one, together, codes) = json.loads(ran.stdout)
    assert (none, one) == (0, 1)
    assert {"EDA103", "EDA202"} <= set(codes)
    assert together == alone
