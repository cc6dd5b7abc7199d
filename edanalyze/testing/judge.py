"""Runs a case through the public door and says how it differs from what its markers ask for."""

from __future__ import annotations

from pathlib import Path

from edanalyze.api import Options, check, load_project
from edanalyze.check import pages
from edanalyze.check.diagnostic import Diagnostic
from edanalyze.check.rule import Rule
from edanalyze.testing.cases import Case, Expected, parse


def check_case(case: Case, folder: Path) -> None:
    """Write the case's files below `folder` (an empty one), analyse them, and compare with the markers.

    Raises AssertionError, whose text lists missed and false alarms with their paths, and files that could not be
    analysed.
    """
    system = folder / "system"
    for path, text in case.files.items():
        target = system / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    result = check(load_project([system], Options(select=tuple(sorted(case.codes)))))
    left_out = {entry.path: entry.reason for entry in result.not_analysed}
    if left_out:
        raise AssertionError(f"{case.page}:{case.line}: not analysed: {left_out}")
    found = {Expected(finding.path, finding.line, finding.code): finding for finding in result.diagnostics}
    if set(found) != case.expected:
        raise AssertionError(_difference(case, found))


def example_cases(rule: type[Rule]) -> list[Case]:
    """The cases that a rule's own `example` and `use_instead` make."""
    return parse(pages.text(rule), f"{rule.code}.md", rule.code)


def _difference(case: Case, found: dict[Expected, Diagnostic]) -> str:
    lines = [f"{case.page}:{case.line}: {case.title}"]
    for missed in sorted(case.expected - set(found)):
        lines.append(f"  missed alarm  {_place(case, missed)}")
    for false in sorted(set(found) - case.expected):
        lines.append(f"  false alarm   {_place(case, false)}")
        lines.append(f"                {found[false].confidence.value}: {found[false].message}")
        lines += [f"                  {step.path}:{step.line} {step.message}" for step in found[false].trace]
    return "\n".join(lines)


def _place(case: Case, finding: Expected) -> str:
    source = case.files.get(finding.path, "").splitlines()
    code = source[finding.line - 1].strip() if finding.line <= len(source) else ""
    return f"{finding.path}:{finding.line} {finding.code}  {code}"
