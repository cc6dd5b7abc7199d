"""The documentation as a site: built without a warning, every link leads somewhere, nothing comes from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

pytest.importorskip("material", reason="the extra `docs` is not installed")

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(not (ROOT / "edanalyze").is_dir(), reason="pages show the source, which is not here")


class Targets(HTMLParser):
    """What a page loads by itself, what it links, and the anchors that it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors.add(found.get("id", ""))
        if tag == "a":
            self.linked.append(found.get("href", ""))
        else:
            self.loaded += [found[name] for name in ("src", "href") if name in found]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=300)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_of_the_documentation_is_in_the_site(site: Path) -> None:
    wanted = {page.relative_to(ROOT / "docs").with_suffix(".html").as_posix() for page in ROOT.glob("docs/**/*.md")}
    outside = {"changelog.html", "contributing.html", "fixtures.html", "security.html", "source/edanalyze/api.py.html"}
    assert {*wanted, *outside} - {page.relative_to(site).as_posix() for page in site.rglob("*.html")} == set()


def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    pages = {page: Targets(page) for page in site.rglob("*.html") if page.name != "404.html"}
    broken: list[str] = []
    for page, targets in pages.items():
        for link in [*targets.linked, *targets.loaded]:
            path, _, anchor = unquote(link).partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (page.parent / path).resolve() if path else page
            known = pages[target].anchors if target in pages else {""}
            if not target.exists() or (anchor and not anchor.startswith("__") and anchor not in known):
                broken.append(f"{page.relative_to(site)}: {link}")
    assert broken == []


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = {link for page in site.rglob("*.html") for link in Targets(page).loaded}
    assert {link for link in loaded if re.match(r"(?:[a-z]+:)?//", link)} == set()
    assert not any('class="mermaid"' in page.read_text(encoding="utf-8") for page in site.rglob("*.html"))


def test_a_page_has_the_name_of_its_rule_as_title(site: Path) -> None:
    page = (site / "rules/EDA201.html").read_text(encoding="utf-8")
    assert "<title>EDA201 publish-after-commit - edanalyze</title>" in page
