"""The documentation: links lead somewhere, every rule has its place, and the examples do what their pages say."""

from __future__ import annotations

import html
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

import edanalyze_checks
import pytest
from click.testing import CliRunner

import edanalyze
from edanalyze.analyse.system import System
from edanalyze.api import check, load_project
from edanalyze.check import crash, registry
from edanalyze.check.analysis import Analysis
from edanalyze.check.rule import Rule
from edanalyze.cli.app import app
from edanalyze.discover.settings import Config

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "fixtures" / "README.md"])
BUILT_IN = [rule for rule in registry.rules() if type(rule).__module__.startswith("edanalyze_checks.")]

_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links that lead into this repository."""
    prose = _CODE.sub("code", _FENCED.sub("", text_of(page)))
    return (target for target in _LINK.findall(prose) if not re.match(r"[a-z]+:", target))


def anchors(page: Path) -> set[str]:
    """The anchors that code hosts make of headings: lower case, words joined by hyphens, nothing else."""
    headings = _HEADING.findall(_FENCED.sub("", text_of(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def problem(page: Path, link: str) -> str | None:
    """What is wrong with a link, if anything."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(ROOT):
        return f"{link} leads out of the repository"
    if not target.exists():
        return f"{link} leads nowhere"
    if anchor and anchor not in anchors(target):
        return f"{link}: {target.name} has no such heading"
    return None


@pytest.mark.skipif(not (ROOT / "edanalyze").is_dir(), reason="pages lead into the source, which is not here")
@every_page
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    assert [told for link in links(page) if (told := problem(page, link))] == []


@pytest.mark.parametrize("link", ["nowhere.md", "concepts.md#no-such-heading", "../../outside.md"])
def test_a_broken_link_would_be_told(link: str) -> None:
    assert problem(DOCS / "index.md", link)


def test_every_page_can_be_reached_from_the_start_page() -> None:
    reached: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            targets = ((page.parent / link.partition("#")[0]).resolve() for link in links(page))
            waiting += [target for target in targets if target.suffix == ".md"]
    assert set(PAGES) - reached <= {ROOT / "README.md"}


def test_the_site_has_a_place_for_every_page() -> None:
    navigation = text_of(ROOT / "mkdocs.yml").partition("\nnav:")[2].partition("\ntheme:")[0]
    named = re.findall(r"[\w./*-]+\.md", navigation)
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert [page for page in pages if not any(fnmatch(page, name) for name in named)] == []


@pytest.mark.parametrize("name", ["docs/concepts.md", "docs/limits.md", "CHANGELOG.md"])
def test_pages_about_all_rules_name_each_of_them(name: str) -> None:
    text = text_of(ROOT / name)
    assert [rule.code for rule in BUILT_IN if rule.code not in text] == []


@pytest.mark.parametrize("name", ["README.md", "docs/concepts.md", "docs/how-it-works.md", "docs/limits.md"])
def test_no_page_speaks_of_a_rule_that_does_not_exist(name: str) -> None:
    assert set(re.findall(r"EDA\d{3}", text_of(ROOT / name))) <= {crash.CODE, *(rule.code for rule in BUILT_IN)}


def test_the_page_on_json_explains_every_schema() -> None:
    linked = {link for link in links(DOCS / "schemas.md") if link.endswith(".schema.json")}
    assert linked == {f"schema/{schema.name}" for schema in (DOCS / "schema").glob("*.json")}


def test_the_tour_of_the_code_names_modules_that_exist() -> None:
    text = _FENCED.sub("", text_of(DOCS / "how-it-works.md"))
    named = set(re.findall(r"`(?:[\w/]+/)?(\w+\.py)`", text)) - {"orders.py", "events.py"}
    packages = (Path(edanalyze.__file__).parent, Path(edanalyze_checks.__file__).parent, ROOT / "tests")
    assert len(named) > 15
    assert named - {path.name for package in packages for path in package.rglob("*.py")} == set()


def test_what_a_rule_may_ask_is_there() -> None:
    analysis = Analysis(System(()), Config())
    text = text_of(DOCS / "writing-checks.md")
    rows = re.findall(r"^\| (`(?:system|analysis)\..+?) \|", text, re.MULTILINE)
    assert len(rows) > 10
    for row in rows:
        paths = re.findall(r"`((?:system|analysis)\.[\w.]+)", row)
        around = re.match(r"`((?:\w+\.)+)", row)
        assert around
        for path in [*paths, *(f"{around[1]}{name}" for name in re.findall(r"`\.(\w+)", row))]:
            found: object = analysis.system if path.startswith("system.") else analysis
            for name in path.split(".")[1:]:
                found = getattr(found, name)


# ------------------------------------------------------------------ examples


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)


def test_the_first_finding_is_what_the_start_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.py").write_text(blocks(DOCS / "index.md", "python")[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (shown,) = blocks(DOCS / "index.md", "console")
    assert f"$ edanalyze check\n{CliRunner().invoke(app, ['check']).stdout}" == shown


def test_the_first_day_of_the_start_page_ends_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "fixtures/settings_urls", tmp_path / "system")
    monkeypatch.chdir(tmp_path / "system")
    day = re.findall(r"^<!-- a team's first day -->\n```sh\n(.*?)^```$", text_of(DOCS / "index.md"), re.M | re.DOTALL)
    commands = ["git init -q", *(line for block in day for line in block.splitlines())]
    assert CliRunner().invoke(app, ["check"]).exit_code == 1
    for command in commands:
        program, *arguments = shlex.split(command, comments=True)
        if program == "edanalyze":
            assert CliRunner().invoke(app, arguments).exit_code == 0, command
        else:
            subprocess.run([program, *arguments], check=True, timeout=60)
    assert (tmp_path / "system/report.html").is_file()


def words(picture: str) -> list[str]:
    """The texts in an SVG, whatever program has laid it out."""
    return sorted(html.unescape(text) for text in re.findall(r"<text[^>]*>(.*?)</text>", picture))


def test_the_picture_of_the_readme_is_what_is_drawn(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn.svg"
    shop = str(ROOT / "fixtures/shop")
    ran = CliRunner().invoke(app, ["graph", shop, "--focus", "notifications-mail", "-o", str(drawn)])
    assert ran.exit_code == 0, ran.output
    assert words(drawn.read_text(encoding="utf-8")) == words(text_of(DOCS / "images/mail.svg")) != [], (
        "run edanalyze graph fixtures/shop --focus notifications-mail -o docs/images/mail.svg"
    )


def test_the_worked_example_is_reported_as_its_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = DOCS / "how-it-works.md"
    files = re.findall(r"`([\w/]+\.py)`:\n\n```python\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)
    assert len(files) == 2
    for name, source in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    printed = CliRunner().invoke(app, ["check", "."]).stdout
    (shown,) = blocks(page, "text")
    assert shown in printed


@pytest.fixture
def example_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rule:
    """The rule of the page on writing checks, loaded like that of any installed package."""
    page = DOCS / "writing-checks.md"
    source = next(block for block in blocks(page, "python") if block.startswith('"""ACM001'))
    package = tmp_path / "site" / "acme_checks"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "mail_in_request.py").write_text(source, encoding="utf-8")
    group, point = re.findall(r'^\[project\.entry-points\."(.+)"\]\n(.+)$', blocks(page, "toml")[0], re.MULTILINE)[0]
    info = tmp_path / "site" / "acme_checks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[{group}]\n{point}\n".replace('"', ""), encoding="utf-8")
    monkeypatch.syspath_prepend(str(package.parent))
    assert group == registry.GROUP
    found = metadata.distributions(path=[str(package.parent)])
    loaded = registry.load(point for each in found for point in each.entry_points)
    assert loaded.problems == ()
    (rule,) = loaded.rules
    return rule


def findings(source: str, folder: Path) -> list[tuple[int, str]]:
    folder.mkdir()
    (folder / "app.py").write_text(source, encoding="utf-8")
    result = check(load_project([folder]))
    assert result.notes == ()
    return [(diagnostic.line, diagnostic.message) for diagnostic in result.diagnostics]


def test_the_example_rule_reports_what_its_page_says(
    example_rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "rules", lambda: (example_rule,))
    shown = blocks(DOCS / "writing-checks.md", "text")[0].splitlines()
    (reported,) = findings(example_rule.example, tmp_path / "bad")
    marked = [number for number, line in enumerate(example_rule.example.splitlines(), 1) if "# error: [ACM001]" in line]
    assert [reported[0]] == marked
    assert shown[:2] == [f"app.py:{reported[0]}:5: ACM001 mail-in-request [certain]", f"  {reported[1]}"]
    assert findings(example_rule.use_instead, tmp_path / "good") == []
