"""Pages of the site that are no files of docs/, for `mkdocs build` (hooks of mkdocs.yml).

Links in the documentation are relative, so that they work wherever the repository is read. In the site, what lies
outside docs/ and is linked becomes a page of its own: Markdown as it is, a Python file with its source, a folder as the
list of its modules with the first line of what each says about itself.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent

_FENCED = re.compile(r"^(```.*?^```)$", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"\A<!--.*?-->\s*", re.DOTALL)
_CODE_OR_TARGET = re.compile(r"`[^`\n]*`|\]\((?P<target>[^)\s:#]+)(?P<anchor>#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> None:
    """Put the pages that exist in the place of every pattern of the navigation."""
    pages = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
    config.nav = _expanded(config.nav, pages)


def _expanded(entry: Any, pages: list[str]) -> Any:
    if isinstance(entry, list):
        return [_expanded(each, pages) for each in entry]
    if isinstance(entry, dict):
        return {title: _expanded(each, pages) for title, each in entry.items()}
    return [page for page in pages if fnmatch(page, entry)] if "*" in entry else entry


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add a page for everything outside docs/ that a page leads to, and for what those lead to."""
    waiting = [Path(file.abs_src_path) for file in files.documentation_pages() if file.abs_src_path]
    added: set[Path] = set()
    while waiting:
        origin = waiting.pop()
        for target in _outside(origin):
            if target in added:
                continue
            added.add(target)
            if target.suffix == ".md":
                page = File.generated(config, _uri(target), abs_src_path=str(target))
                waiting.append(target)
            else:
                page = File.generated(config, _uri(target), content=_source(target))
                page.inclusion = InclusionLevel.NOT_IN_NAV
            files.append(page)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead the links of a page to where the files are in the site; let it begin with its heading, its title."""
    if page.file.src_uri.startswith("source/"):
        return markdown
    origin = Path(str(page.file.abs_src_path))

    def led(match: re.Match[str]) -> str:
        if not match["target"]:
            return match[0]
        target = (origin.parent / match["target"]).resolve()
        inside = target.is_relative_to(DOCS)
        uri = target.relative_to(DOCS).as_posix() if inside else _uri(target)
        if files.get_file_from_path(uri) is None:
            return match[0]  # MkDocs warns
        return f"]({get_relative_url(uri, page.file.src_uri)}{match['anchor'] or ''})"

    parts = _FENCED.split(_NOTE.sub("", markdown))
    return "".join(part if number % 2 else _CODE_OR_TARGET.sub(led, part) for number, part in enumerate(parts))


def _outside(origin: Path) -> Iterator[Path]:
    """The files and folders outside docs/ that a page leads to."""
    for match in _CODE_OR_TARGET.finditer(_FENCED.sub("", origin.read_text(encoding="utf-8"))):
        if match["target"]:
            target = (origin.parent / match["target"]).resolve()
            if target.exists() and target.is_relative_to(ROOT) and not target.is_relative_to(DOCS):
                yield target


def _uri(target: Path) -> str:
    """The name of the page for something outside docs/: changelog.md, fixtures.md, source/edanalyze/api.py.md."""
    path = target.relative_to(ROOT)
    if path.suffix != ".md":
        return f"source/{path.as_posix()}.md"
    page = path.parent if path.stem == "README" and len(path.parts) > 1 else path.with_suffix("")
    return f"{page.as_posix().lower()}.md"


def _source(target: Path) -> str:
    name = f"# {target.relative_to(ROOT).as_posix()}"
    if target.is_file():
        language = {".py": "python"}.get(target.suffix, target.suffix.lstrip("."))
        return f"{name}\n\n```{language}\n{target.read_text(encoding='utf-8')}```\n"
    modules = sorted(target.rglob("*.py"), key=lambda path: (path.parent, path.name))
    rows = [f"| `{module.relative_to(target).as_posix()}` | {_purpose(module)} |" for module in modules]
    return "\n".join([name, "", "| module | |", "|--|--|", *rows, ""])


def _purpose(module: Path) -> str:
    """What a module says about itself, up to the first blank line, as text of a table."""
    said = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return html.escape(" ".join(said.partition("\n\n")[0].split()), quote=False).replace("|", "&#124;")
