"""Every example and every case of the rule pages, through the public door."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edanalyze.api import Options, check, load_project
from edanalyze.check.diagnostic import Diagnostic
from tests.rules.cases import Case, Expected, read_page

PAGES = Path(__file__).parents[2] / "docs" / "rules"


def label(case: Case) -> str:
    title = case.title if case.section == "Cases" else case.section
    return f"{Path(case.page).stem}-{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}"


CASES = [
    pytest.param(case, id=label(case))
    for path in sorted(PAGES.glob("*.md"))
    if path.name != "index.md"
    for case in read_page(path)
]


@pytest.mark.parametrize("case", CASES)
def test_case_reports_exactly_the_marked_lines(case: Case, tmp_path: Path) -> None:
    system = tmp_path / "system"
    for path, text in case.files.items():
        target = system / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    result = check(load_project([system], Options(select=tuple(sorted(case.codes)))))
    found = {Expected(finding.path, finding.line, finding.code): finding for finding in result.diagnostics}
    left_out = {entry.path: entry.reason for entry in result.not_analysed}
    assert not left_out, f"{case.page}:{case.line}: not analysed: {left_out}"
    if set(found) != case.expected:
        pytest.fail(difference(case, found), pytrace=False)


def difference(case: Case, found: dict[Expected, Diagnostic]) -> str:
    lines = [f"{case.page}:{case.line}: {case.title}"]
    for missed in sorted(case.expected - set(found)):
        lines.append(f"  missed alarm  {place(case, missed)}")
    for false in sorted(set(found) - case.expected):
        lines.append(f"  false alarm   {place(case, false)}")
        lines.append(f"                {found[false].confidence.value}: {found[false].message}")
        lines += [f"                  {step.path}:{step.line} {step.message}" for step in found[false].trace]
    return "\n".join(lines)


def place(case: Case, finding: Expected) -> str:
    source = case.files.get(finding.path, "").splitlines()
    code = source[finding.line - 1].strip() if finding.line <= len(source) else ""
    return f"{finding.path}:{finding.line} {finding.code}  {code}"
