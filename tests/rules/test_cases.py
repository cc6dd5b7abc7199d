"""Every example and every case of the rule pages, through the public door."""

from __future__ import annotations

from pathlib import Path

import pytest

from edanalyze.testing import Case, check_case, read_page

PAGES = Path(__file__).parents[2] / "docs" / "rules"
CASES = [
    pytest.param(case, id=str(case))
    for path in sorted(PAGES.glob("*.md"))
    if path.name != "index.md"
    for case in read_page(path)
]


@pytest.mark.parametrize("case", CASES)
def test_case_reports_exactly_the_marked_lines(case: Case, tmp_path: Path) -> None:
    try:
        check_case(case, tmp_path)
    except AssertionError as difference:
        pytest.fail(str(difference), pytrace=False)
