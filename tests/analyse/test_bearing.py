"""What is left out because it comes to nothing must change no finding."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edanalyze.analyse.bearing import ANYTHING, Bearing
from edanalyze.api import Options, check, load_project
from edanalyze.link.library import Library
from edanalyze.testing import Case, check_case, read_page

FIXTURES = Path(__file__).parents[2] / "fixtures"
SYSTEMS = sorted(folder for folder in FIXTURES.iterdir() if folder.is_dir())


def _found(system: Path) -> list[tuple[object, ...]]:
    result = check(load_project([system], Options(select=("ALL",), min_confidence="guess", cache=False)))
    return [(item.path, item.line, item.code, item.message, item.trace) for item in result.diagnostics]


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda folder: folder.name)
@pytest.mark.parametrize(
    ("owner", "shortcut", "never"),
    [(Bearing, "of", ANYTHING), (Library, "leads_nowhere", False)],
    ids=["functions that come to nothing", "values that lead nowhere"],
)
def test_what_is_left_out_changes_no_finding(
    system: Path, owner: type, shortcut: str, never: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Path(shutil.copytree(system, tmp_path / system.name))
    found = _found(alone)
    monkeypatch.setattr(owner, shortcut, lambda self, name: never)
    assert found == _found(alone)


PAGES = Path(__file__).parents[2] / "docs" / "rules"
ON_TRANSACTIONS = ("EDA103", "EDA201", "EDA202", "EDA203", "EDA205", "EDA206")
CASES = [pytest.param(case, id=str(case)) for code in ON_TRANSACTIONS for case in read_page(PAGES / f"{code}.md")]


@pytest.mark.parametrize("case", CASES)
def test_cases_of_transactions_hold_when_nothing_is_left_out(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bearing, "of", lambda self, function: ANYTHING)
    try:
        check_case(case, tmp_path)
    except AssertionError as difference:
        pytest.fail(str(difference), pytrace=False)
