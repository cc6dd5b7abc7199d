"""The catalogue holds together: registry, pages, index and cases speak of the same rules."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from edanalyze.check import pages, registry
from edanalyze.check.rule import Rule
from edanalyze.discover.settings import Config
from edanalyze.models.schema import KINDS
from edanalyze.testing.cases import CASES, EXAMPLE, USE_INSTEAD, Case, read_page

FOLDER = Path(__file__).parents[2] / "docs" / "rules"
BUILT_IN = [rule for rule in registry.rules() if type(rule).__module__.startswith("edanalyze_checks.")]
FEWEST_CASES = 8
FEWEST_SILENT_CASES = 3

every_rule = pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.code)


def cases_of(rule: Rule) -> list[Case]:
    return read_page(FOLDER / f"{rule.code}.md")


def test_installed_checks_load_without_problems() -> None:
    assert registry.problems() == ()
    assert BUILT_IN


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} - {"index"} == {rule.code for rule in BUILT_IN}


def test_pages_are_up_to_date() -> None:
    outdated = sorted(path.name for path in pages.stale(FOLDER, BUILT_IN))
    assert not outdated, "run `python -m edanalyze.check.pages docs/rules`"


@every_rule
def test_page_has_the_fixed_headings_in_order(rule: Rule) -> None:
    text = re.sub(r"^```.*?^```$", "", (FOLDER / f"{rule.code}.md").read_text(encoding="utf-8"), flags=re.M | re.S)
    assert re.findall(r"^## (.+)$", text, re.M) == [
        "What it does", "Why it matters", "Example", "Use instead", "Known problems", "Options", "References", "Cases",
    ]  # fmt: skip


@every_rule
def test_module_and_class_are_named_after_the_rule(rule: Rule) -> None:
    assert type(rule).__module__ == f"edanalyze_checks.{rule.name.replace('-', '_')}"
    assert type(rule).__name__ == "".join(word.capitalize() for word in rule.name.split("-"))


def test_names_are_kebab_case_and_unique() -> None:
    names = [rule.name for rule in BUILT_IN]
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in names)
    assert len(set(names)) == len(names)


@every_rule
def test_example_is_reported_and_what_replaces_it_is_not(rule: Rule) -> None:
    by_section = {case.section: case for case in cases_of(rule) if case.section != CASES}
    assert by_section[EXAMPLE].expected
    assert not by_section[USE_INSTEAD].expected


@every_rule
def test_rule_has_enough_cases_on_both_sides(rule: Rule) -> None:
    cases = [case for case in cases_of(rule) if case.section == CASES]
    silent = [case for case in cases if not case.expected]
    assert len(cases) >= FEWEST_CASES
    assert len(silent) >= FEWEST_SILENT_CASES
    assert len(silent) < len(cases)


@every_rule
def test_options_name_settings_and_model_tables_that_exist(rule: Rule) -> None:
    keys = {field.encode_name for field in msgspec.structs.fields(Config)}
    assert set(re.findall(r"\[\[tool\.edanalyze\.([\w-]+)\]\]", rule.options)) <= set(KINDS)
    assert set(re.findall(r"[^\[]\[tool\.edanalyze\.([\w-]+)\]", rule.options)) <= keys
    assert set(re.findall(r"`([\w-]+) = ", rule.options)) <= keys
