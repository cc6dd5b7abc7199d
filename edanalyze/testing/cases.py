"""Reads Markdown pages as tests: each example and each case is a small system with the findings it must give.

A case is a `###` heading under `## Cases`, naming behaviour, with fenced code below it. A line that holds nothing but
a path in backticks names the file of the next block; one Python block of a case may go unnamed. Lines of Python (or
YAML) that must be reported end in `# error: [EDA201]`, which may follow another comment. Only the page's own code is
judged, unless a line of the case such as `Judged: EDA201, EDA202.` says otherwise. The format follows Ruff's mdtest.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

UNNAMED = "app.py"
EXAMPLE = "Example"
USE_INSTEAD = "Use instead"
CASES = "Cases"

_HEADING = re.compile(r"(#{1,3}) (.+)")
_FILE_NAME = re.compile(r"`([^`\s]+)`")
_FENCE = re.compile(r"```(\w*)")
_JUDGED = re.compile(r"Judged: (\w+(?:, \w+)*)\.")
_MARKER = re.compile(r"(?:^|(?<=\s))# error: \[(\w+(?:, \w+)*)\]$")
_LIKE_A_MARKER = re.compile(r"(?:^|(?<=\s))#\W*(errors?|expect(ed|s)?)\b", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]{3,}[0-9]{3}")


class CaseError(ValueError):
    """A page that cannot be read as tests: page, line and reason."""

    def __init__(self, page: str, line: int, reason: str) -> None:
        super().__init__(f"{page}:{line}: {reason}")


@dataclass(frozen=True, order=True)
class Expected:
    """A finding: file, 1-based line, code."""

    path: str
    line: int
    code: str


@dataclass(frozen=True)
class Case:
    """A small system: its files by path, the codes that are judged, and exactly their findings that must come."""

    page: str
    line: int
    section: str
    title: str
    codes: frozenset[str]
    files: dict[str, str]
    expected: frozenset[Expected]

    def __str__(self) -> str:
        """The page's code and the title in words joined by hyphens: the name of a test."""
        title = self.title if self.section == CASES else self.section
        return f"{Path(self.page).stem}-{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}"


@dataclass(frozen=True)
class _Block:
    line: int
    language: str
    path: str
    text: str


def read_page(path: Path) -> list[Case]:
    """Read the page of one rule; its file name is the rule's code."""
    return parse(path.read_text(encoding="utf-8"), path.name, path.stem)


def parse(text: str, page: str, code: str) -> list[Case]:
    """Read a page's text: the case of *Example*, that of *Use instead*, and those under *Cases*, in page order.

    Raises CaseError where the page is not in the format.
    """
    found: list[Case] = []
    for section, title, line, body in _sections(text):
        if (title == section) == (section in (EXAMPLE, USE_INSTEAD)) and section in (EXAMPLE, USE_INSTEAD, CASES):
            found.append(_case(page, code, section, title, line, body))
        elif section == CASES and any(_FENCE.match(content) for _, content in body):
            raise CaseError(page, line, "code under Cases needs a ### heading that names the behaviour")
    titles = [case.title for case in found]
    for case in found:
        if titles.count(case.title) > 1:
            raise CaseError(page, case.line, f"two cases are called {case.title!r}")
    return found


def _sections(text: str) -> Iterator[tuple[str, str, int, list[tuple[int, str]]]]:
    """Cut a page at its headings: section (`##`), title (`###`, or the section itself), line, numbered lines below."""
    section = title = ""
    start = 1
    body: list[tuple[int, str]] = []
    fenced = False
    for number, content in enumerate(text.splitlines(), start=1):
        heading = None if fenced else _HEADING.fullmatch(content)
        if _FENCE.match(content):
            fenced = not fenced
        if heading is None:
            body.append((number, content))
            continue
        yield section, title, start, body
        title, start, body = heading[2], number, []
        if len(heading[1]) < 3:
            section = title
    yield section, title, start, body


def _case(page: str, code: str, section: str, title: str, line: int, body: list[tuple[int, str]]) -> Case:
    codes = frozenset({code})
    for number, content in body:
        judged = _JUDGED.fullmatch(content)
        if judged:
            codes = frozenset(judged[1].split(", "))
            for wrong in sorted(codes):
                _require_code(page, number, wrong)
        elif content.startswith("Judged"):
            raise CaseError(page, number, "write `Judged: EDA201, EDA202.`")
    files: dict[str, str] = {}
    expected: set[Expected] = set()
    for block in _blocks(page, body):
        if block.path in files:
            raise CaseError(page, block.line, f"the case has two files {block.path}")
        files[block.path] = block.text
        if block.path.endswith(".py"):
            expected |= _expectations(page, block, codes)
        elif block.path.endswith((".yaml", ".yml")):
            expected |= _expectations_in_yaml(page, block, codes)
        elif "# error:" in block.text:
            raise CaseError(page, block.line, "only blocks of Python and YAML carry markers")
    if not any(path.endswith(".py") for path in files):
        raise CaseError(page, line, f"the case {title!r} has no Python block")
    return Case(page, line, section, title, codes, files, frozenset(expected))


def _blocks(page: str, body: list[tuple[int, str]]) -> Iterator[_Block]:
    name = ""
    language = ""
    opened = 0
    lines: list[str] = []
    for number, content in body:
        fence = _FENCE.fullmatch(content)
        if opened and content == "```":
            yield _Block(opened, language, _path(page, opened, name, language), "".join(f"{line}\n" for line in lines))
            opened, name, lines = 0, "", []
        elif opened:
            lines.append(content)
        elif fence:
            opened, language = number, fence[1]
        elif content.strip():
            named = _FILE_NAME.fullmatch(content)
            name = named[1] if named else ""
    if opened:
        raise CaseError(page, opened, "the block is not closed")


def _path(page: str, line: int, name: str, language: str) -> str:
    if not name and language != "python":
        raise CaseError(page, line, "a block that is not Python needs a line with its file name above it")
    path = PurePosixPath(name or UNNAMED)
    if path.is_absolute() or ".." in path.parts:
        raise CaseError(page, line, f"the file {path} lies outside the case")
    if (path.suffix == ".py") != (language == "python"):
        raise CaseError(page, line, f"the file {path} and the block's language {language!r} do not agree")
    return str(path)


def _expectations(page: str, block: _Block, codes: frozenset[str]) -> set[Expected]:
    try:
        ast.parse(block.text)
    except SyntaxError as error:
        raise CaseError(page, block.line + (error.lineno or 0), f"not Python: {error.msg}") from error
    found = set()
    for token in tokenize.generate_tokens(io.StringIO(block.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = block.line + token.start[0]
        marker = _MARKER.search(token.string)
        if marker is None:
            if _LIKE_A_MARKER.search(token.string):
                raise CaseError(page, line, f"{token.string!r} is no marker; write `# error: [EDA201]`")
            continue
        if not marker.start() and not token.line[: token.start[1]].strip():
            raise CaseError(page, line, "a marker ends the line of code that it speaks of")
        found |= _expected(page, block, codes, token.start[0], marker[1])
    return found


def _expectations_in_yaml(page: str, block: _Block, codes: frozenset[str]) -> set[Expected]:
    found = set()
    for number, content in enumerate(block.text.splitlines(), start=1):
        comment = re.search(r"#\W*errors?\b.*", content, re.IGNORECASE)
        if comment is None:
            continue
        marker = _MARKER.fullmatch(comment[0])
        if marker is None:
            raise CaseError(page, block.line + number, f"{comment[0]!r} is no marker; write `# error: [EDA201]`")
        found |= _expected(page, block, codes, number, marker[1])
    return found


def _expected(page: str, block: _Block, codes: frozenset[str], number: int, named: str) -> set[Expected]:
    for code in named.split(", "):
        _require_code(page, block.line + number, code)
        if code not in codes:
            raise CaseError(page, block.line + number, f"{code} is not judged here; say `Judged: ...` above the block")
    return {Expected(block.path, number, code) for code in named.split(", ")}


def _require_code(page: str, line: int, code: str) -> None:
    if not _CODE.fullmatch(code):
        raise CaseError(page, line, f"{code!r} is not a rule code")
