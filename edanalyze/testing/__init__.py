"""The harness for tests of rules: small systems in Markdown, with a mark at each line that must be reported.

The pages of the built-in rules are tested with it; a package of rules of your own can import it:

    import pytest
    from edanalyze.testing import Case, check_case, read_page

    @pytest.mark.parametrize("case", read_page(Path("docs/ACM001.md")), ids=str)
    def test_case(case: Case, tmp_path: Path) -> None:
        check_case(case, tmp_path)
"""

from __future__ import annotations

from edanalyze.testing.cases import CASES, EXAMPLE, USE_INSTEAD, Case, CaseError, Expected, parse, read_page
from edanalyze.testing.judge import check_case, example_cases

__all__ = [
    "CASES",
    "EXAMPLE",
    "USE_INSTEAD",
    "Case",
    "CaseError",
    "Expected",
    "check_case",
    "example_cases",
    "parse",
    "read_page",
]
