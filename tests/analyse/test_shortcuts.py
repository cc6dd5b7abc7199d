"""Shortcuts of the engine save work and change no result."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edanalyze.analyse.transactions.transactions import Transactions
from edanalyze.api import Options, check, graph, load_project
from edanalyze.graph import to_json

FIXTURES = Path(__file__).parents[2] / "fixtures"
SYSTEMS = ["deferring_wrapper", "django_atomic_requests", "fastapi_sessions", "outbox_relay", "shop", "unit_of_work"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_calls_that_change_nothing_need_not_be_followed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = Path(shutil.copytree(FIXTURES / name, tmp_path / name))
    found = []
    for transparent in (True, False):
        monkeypatch.setattr(Transactions, "transparent", transparent)
        project = load_project([system], Options(select=("ALL",), jobs=1))
        found.append((check(project), to_json(graph(project))))
    assert found[0] == found[1]
    assert found[0][0].diagnostics
