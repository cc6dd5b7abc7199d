"""Comments that silence a diagnostic: flake8's `# noqa`, and our own `# edanalyze: ignore[rule] reason`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence

from edanalyze.check.diagnostic import Diagnostic

_RELEVANT = re.compile(r"noqa|edanalyze:", re.IGNORECASE)
_NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_NOQA_LINE = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_IGNORE = re.compile(r"#\s*edanalyze:\s*ignore\b(?:\s*\[(?P<rules>[^\]]*)\])?", re.IGNORECASE)
_BETWEEN = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


def apply(
    diagnostics: Iterable[Diagnostic], read: Callable[[str], str | None], noqa: bool = True
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """Divide diagnostics into those to report and those that a comment suppresses, each in the order given.

    `read` gives the text of a root-relative path, or None. `noqa` says whether `# noqa` counts: under flake8 it does
    not, because flake8 itself applies it (and may have been told not to). A file is only read when it has diagnostics.
    """
    kept: list[Diagnostic] = []
    suppressed: list[Diagnostic] = []
    comments: dict[str, _FileComments | None] = {}
    for diagnostic in diagnostics:
        path = diagnostic.path
        if path not in comments:
            comments[path] = _FileComments.of(read(path) or "", noqa, path.endswith((".py", ".pyw")))
        found = comments[path]
        (suppressed if found and found.silence(diagnostic) else kept).append(diagnostic)
    return tuple(kept), tuple(suppressed)


class _FileComments:
    """The suppressing comments of one file, by the lines they speak for."""

    def __init__(self, lines: Sequence[str], noqa: bool, python: bool) -> None:
        self._noqa = noqa
        self._lines = lines
        self._whole_file = noqa and any(_NOQA_FILE.match(line) for line in lines)
        self._spans: dict[int, range] = {}
        self._ignored: dict[int, list[str]] = {}
        if not python:  # a deployment file
            for line, rules in _ignores_by_line(lines):
                self._ignored.setdefault(line, []).extend(rules)
            return
        try:
            tokens = list(tokenize.generate_tokens(iter(lines).__next__))
        except (tokenize.TokenError, SyntaxError):
            tokens = []  # flake8 then looks at single lines, too; a comment of our own cannot be told from a string
        for span in _spans(tokens):
            self._spans.update(dict.fromkeys(span, span))
        for line, rules in _ignores(tokens):
            for covered in self._spans.get(line, range(line, line + 1)):
                self._ignored.setdefault(covered, []).extend(rules)

    @classmethod
    def of(cls, text: str, noqa: bool, python: bool) -> _FileComments | None:
        """Read a file's comments, or give None when a quick look shows that it has none."""
        if not _RELEVANT.search(text):
            return None
        return cls(io.StringIO(text, newline=None).readlines(), noqa, python)

    def silence(self, diagnostic: Diagnostic) -> bool:
        """Say whether a comment of this file suppresses the diagnostic."""
        if self._whole_file or any(_matches(rule, diagnostic) for rule in self._ignored.get(diagnostic.line, ())):
            return True
        if not self._noqa:
            return False
        span = self._spans.get(diagnostic.line, range(diagnostic.line, diagnostic.line + 1))
        found = _NOQA_LINE.search("".join(self._lines[span.start - 1 : span.stop - 1]))
        if found is None:
            return False
        codes = found["codes"]
        return codes is None or diagnostic.code.startswith(tuple(re.findall(r"[^,\s]+", codes)))


def _spans(tokens: Iterable[tokenize.TokenInfo]) -> Iterator[range]:
    """Give the runs of physical lines that count as one for `# noqa`, as in flake8.

    These are lines joined by a backslash or by a string that spans them. The lines inside brackets stay apart.
    """
    first = last = 0
    for token in tokens:
        if token.type in (tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        first = min(first, token.start[0]) if first else token.start[0]
        last = max(last, token.end[0])
        if token.type in (tokenize.NL, tokenize.NEWLINE):
            yield range(first, last + 1)
            first = last = 0


def _ignores_by_line(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The same as `_ignores` for a file that is not Python: every line counts by itself."""
    waiting: list[str] = []
    for number, line in enumerate(lines, 1):
        found = _IGNORE.search(line)
        rules = [] if found is None else [""] if found["rules"] is None else re.findall(r"[^,\s]+", found["rules"])
        if found is not None and not line[: found.start()].strip():
            waiting += rules
        elif line.strip() and not line.lstrip().startswith("#"):
            yield number, [*waiting, *rules]
            waiting = []


def _ignores(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[tuple[int, list[str]]]:
    """Give each `# edanalyze: ignore` as the line it speaks for and its rules ("" is any rule).

    A comment after code speaks for its own line, one on a line of its own for the next line of code.
    """
    waiting: list[str] = []
    line_with_code = 0
    for token in tokens:
        if token.type == tokenize.COMMENT:
            found = _IGNORE.match(token.string)
            if found is None:
                continue
            rules = [""] if found["rules"] is None else re.findall(r"[^,\s]+", found["rules"])
            if token.start[0] == line_with_code:
                yield token.start[0], rules
            else:
                waiting += rules
        elif token.type not in _BETWEEN:
            if waiting:
                yield token.start[0], waiting
                waiting = []
            line_with_code = token.end[0]


def _matches(rule: str, diagnostic: Diagnostic) -> bool:
    return diagnostic.code.startswith(rule.upper()) or diagnostic.name == rule.lower()
