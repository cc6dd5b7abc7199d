"""The result does not depend on how the work is divided."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edanalyze.api import Options, check, graph, load_project
from edanalyze.graph import to_json

SHOP = Path(__file__).parents[1] / "fixtures" / "shop"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with so many modules around it that several processes are worth their start."""
    root = Path(shutil.copytree(SHOP, tmp_path_factory.mktemp("system") / "shop"))
    for number in range(200):
        (root / "orders" / f"filler_{number}.py").write_text(f"def work_{number}(x):\n    return x + {number}\n")
    (root / "orders" / "broken.py").write_text("def (:\n")
    return root


def test_one_process_and_several_find_the_same(large: Path) -> None:
    alone, shared = (check(load_project([large], Options(select=("ALL",), jobs=jobs))) for jobs in (1, 3))
    assert alone.diagnostics, "the comparison needs findings"
    assert [entry.path for entry in alone.not_analysed] == ["orders/broken.py"]
    assert alone == shared


def test_one_process_and_several_draw_the_same(large: Path) -> None:
    alone, shared = (to_json(graph(load_project([large], Options(jobs=jobs)))) for jobs in (1, 3))
    assert alone == shared


def test_a_part_of_the_project_is_reported_as_in_the_whole(large: Path) -> None:
    whole = check(load_project([large])).diagnostics
    part = check(load_project([large / "stock"])).diagnostics
    assert part
    assert list(part) == [finding for finding in whole if finding.path.startswith("stock/")]
