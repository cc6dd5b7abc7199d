"""The result does not depend on how the work is divided."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edanalyze.analyse.system import System
from edanalyze.analyse.systemgraph import build
from edanalyze.api import Options, Project, check, facts, graph, graph_of_facts, load_project
from edanalyze.exchange import from_json
from edanalyze.exchange import to_json as facts_json
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


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """A system of three services."""
    name = "settings_urls"
    return load_project([Path(shutil.copytree(SHOP.parent / name, tmp_path / name))], Options(jobs=1))


def test_one_process_and_several_find_the_same(large: Path) -> None:
    alone, shared = (check(load_project([large], Options(select=("ALL",), jobs=jobs))) for jobs in (1, 3))
    assert alone.diagnostics, "the comparison needs findings"
    assert [entry.path for entry in alone.not_analysed] == ["orders/broken.py"]
    assert alone == shared


def test_one_process_and_several_draw_the_same(large: Path) -> None:
    alone, shared = (to_json(graph(load_project([large], Options(jobs=jobs)))) for jobs in (1, 3))
    assert alone == shared


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_of_files_draws_the_same(small: Project, data: st.DataObject) -> None:
    modules = data.draw(st.permutations(small.parse()))
    services, deployment, _ = small._deployed
    made = System(modules, services=services, deployment=deployment)
    given = System(small.parse(), services=services, deployment=deployment)
    assert to_json(build(made)) == to_json(build(given))


def test_a_graph_and_the_facts_it_is_made_of_are_the_same(small: Project) -> None:
    assert to_json(graph(small)) == to_json(graph_of_facts([from_json(facts_json(facts(small)))]))


def test_a_part_of_the_project_is_reported_as_in_the_whole(large: Path) -> None:
    whole = check(load_project([large])).diagnostics
    part = check(load_project([large / "stock"])).diagnostics
    assert part
    assert list(part) == [finding for finding in whole if finding.path.startswith("stock/")]
