"""Check packages: how they are found, what happens to broken ones, and how rules are selected."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import pytest

from edanalyze.check import registry
from edanalyze.check.registry import Registry

RULE = """
from edanalyze.check.rule import Rule

class {name}(Rule):
    code = "{code}"
    name = "{rule_name}"
    summary = "One line."
    default = {default}
    what_it_does = why = known_problems = options = references = "Text."
    example = "f()  # error: [{code}]"
    use_instead = "g()"

    def check(self, analysis):
        return []
"""


class Site:
    """A folder of installed distributions, each with one module and one entry point."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, source: str, attribute: str = "RULES") -> None:
        module = f"module_of_{distribution}"
        (self.folder / f"{module}.py").write_text(source, encoding="utf-8")
        info = self.folder / f"{distribution}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{registry.GROUP}]\nmine = {module}:{attribute}\n")

    def load(self) -> Registry:
        distributions = metadata.distributions(path=[str(self.folder)])
        return registry.load(point for found in distributions for point in found.entry_points)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Site(tmp_path)
    for module in [name for name in sys.modules if name.startswith("module_of_")]:
        del sys.modules[module]


def rule(code: str, name: str, default: bool = True) -> str:
    return RULE.format(name=f"Rule{code}", code=code, rule_name=name, default=default)


def codes(found: Registry) -> list[str]:
    return [known.code for known in found.rules]


def test_rules_of_several_distributions_are_sorted_by_code(site: Site) -> None:
    site.install("one", rule("ABC200", "late-rule") + "RULES = [RuleABC200]\n")
    site.install("two", rule("ABC100", "early-rule") + "RULES = (RuleABC100,)\n")
    assert codes(site.load()) == ["ABC100", "ABC200"]


def test_entry_point_may_name_one_rule_class(site: Site) -> None:
    site.install("one", rule("ABC100", "only-rule"), attribute="RuleABC100")
    assert codes(site.load()) == ["ABC100"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module_anywhere\n", "no_such_module_anywhere"),
        ("raise RuntimeError('broken on import')\n", "broken on import"),
        ("OTHER = 1\n", "RULES"),
        ("RULES = [int]\n", "is not a Rule class"),
        ("RULES = [1]\n", "is not a Rule class"),
        (rule("abc", "bad-code") + "RULES = [Ruleabc]\n", "`code` must be"),
        (rule("ABC100", "Bad Name") + "RULES = [RuleABC100]\n", "`name` must be"),
        (rule("ABC100", "no-check").replace("def check", "def find") + "RULES = [RuleABC100]\n", "implement `check`"),
        (rule("ABC100", "no-why").replace("why = ", "") + "RULES = [RuleABC100]\n", "`why` is missing"),
    ],
)
def test_broken_package_is_named_and_the_others_still_run(site: Site, source: str, reason: str) -> None:
    site.install("broken", source)
    site.install("sound", rule("ABC900", "sound-rule") + "RULES = [RuleABC900]\n")
    found = site.load()
    assert codes(found) == ["ABC900"]
    (problem,) = found.problems
    assert problem.distribution == "broken"
    assert reason in problem.reason
    assert "broken" in str(problem)


@pytest.mark.parametrize(("code", "name"), [("ABC100", "other-name"), ("ABC200", "one-name")])
def test_second_user_of_a_code_or_name_is_refused_and_both_are_named(site: Site, code: str, name: str) -> None:
    site.install("first", rule("ABC100", "one-name") + "RULES = [RuleABC100]\n")
    site.install("second", rule(code, name) + f"RULES = [Rule{code}]\n")
    found = site.load()
    assert codes(found) == ["ABC100"]
    (problem,) = found.problems
    assert problem.distribution == "second"
    assert "belongs to first" in problem.reason


def test_clash_with_a_rule_of_the_engine_is_blamed_on_the_newcomer(site: Site) -> None:
    site.install("acme", rule("ABC100", "its-name") + "RULES = [RuleABC100]\n")
    site.install("edanalyze", rule("ABC100", "our-name") + "RULES = [RuleABC100]\n")
    found = site.load()
    assert [known.name for known in found.rules] == ["our-name"]
    assert [problem.distribution for problem in found.problems] == ["acme"]


def test_shared_indentation_of_the_texts_is_removed(site: Site) -> None:
    indented = 'why = """\n    First.\n\n      Second.\n    """\n'
    source = rule("ABC100", "one-name").replace("    default =", f"    {indented}    default =").replace("= why =", "=")
    site.install("one", source + "RULES = [RuleABC100]\n")
    assert [known.why for known in site.load().rules] == ["First.\n\n  Second."]


@pytest.mark.parametrize("reference", ["EDA201", "eda201", "publish-after-commit", " EDA201 "])
def test_rule_is_found_by_code_and_by_name(reference: str) -> None:
    found = registry.find(reference)
    assert found is not None
    assert (found.code, found.name) == ("EDA201", "publish-after-commit")


def test_unknown_rule_is_not_found() -> None:
    assert registry.find("EDA2") is None


def selected(
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    extend_select: Sequence[str] = (),
    enable: Sequence[str] = (),
) -> set[str]:
    wanted = registry.enabled(registry.rules(), select, ignore, extend_select, enable)
    return wanted & {"EDA100", "EDA101", "EDA201", "EDA202", "EDA203", "EDA301"}


DEFAULT = {"EDA101", "EDA201", "EDA202", "EDA301"}


def test_without_options_the_rules_that_are_on_by_default_run() -> None:
    assert selected() == DEFAULT


def test_beginning_of_a_code_selects_its_group_without_opt_in_rules() -> None:
    assert selected(select=["EDA2"]) == {"EDA201", "EDA202"}
    assert selected(select=["EDA"]) == DEFAULT


def test_opt_in_rule_runs_when_named_or_enabled_or_with_all() -> None:
    assert selected(select=["EDA203"]) == {"EDA203"}
    assert selected(select=["publish-in-commit-hook"]) == {"EDA203"}
    assert selected(extend_select=["EDA203"]) == DEFAULT | {"EDA203"}
    assert selected(enable=["EDA2"]) == DEFAULT | {"EDA203"}
    assert selected(select=["ALL"]) == DEFAULT | {"EDA100", "EDA203"}


def test_what_is_ignored_never_runs() -> None:
    assert selected(ignore=["EDA2"]) == {"EDA101", "EDA301"}
    assert selected(select=["EDA2"], ignore=["EDA201"]) == {"EDA202"}
    assert selected(select=["EDA201", "EDA202"], ignore=["publish-after-commit"]) == {"EDA202"}
    assert selected(enable=["EDA203"], ignore=["EDA2"]) == {"EDA101", "EDA301"}
    assert selected(select=["EDA201"], ignore=["ALL"]) == set()


def test_extending_keeps_an_explicit_selection() -> None:
    assert selected(select=["EDA1"], extend_select=["EDA201"]) == {"EDA101", "EDA201"}


def test_selector_that_matches_nothing_is_told() -> None:
    wrong = registry.unknown(registry.rules(), ["EDA2", "EDA8", "publish-after-comit", "ALL", "early-ack", ""])
    assert wrong == ("EDA8", "publish-after-comit", "")


def test_a_preview_rule_runs_only_where_previews_are_let_in(site: Site) -> None:
    preview = rule("ABC100", "one-name").replace("    default =", "    preview = True\n    default =")
    site.install("one", f"{preview}RULES = [RuleABC100]\n")
    rules = site.load().rules
    assert registry.enabled(rules, enable=["ABC100"], extend_select=["ALL"]) == set()
    assert registry.enabled(rules, preview=True) == {"ABC100"}
