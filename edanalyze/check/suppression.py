"""Comments that silence a diagnostic: flake8's `# noqa`, and our own `# edanalyze: ignore[rule] reason`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence

from edanalyze.check import directives
from edanalyze.check.diagnostic import Diagnostic
from edanalyze.check.directives import Selector, Silencer

_RELEVANT = re.compile(r"noqa|edanalyze:", re.IGNORECASE)
_NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_NOQA_LINE = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+(?:[,\s]+)?)+))?", re.IGNORECASE)
_CODE = re.compile(r"[^,\s]+")
_COMMENT = re.compile(r"(?<!\S)#")


class Suppressions:
    """The suppressing comments of a project's files, and which of them were of use.

    `read` gives the text of a root-relative path, or None. `noqa` says whether `# noqa` silences: under flake8 it does
    not, because flake8 itself applies it (and may have been told not to). A file is only read when it is asked for.
    """

    def __init__(self, read: Callable[[str], str | None], noqa: bool = True) -> None:
        self._read = read
        self._noqa = noqa
        self._files: dict[str, FileComments | None] = {}

    def of(self, path: str) -> FileComments | None:
        """The comments of a file; None when it has none."""
        if path not in self._files:
            python = path.endswith((".py", ".pyw"))
            self._files[path] = FileComments.of(self._read(path) or "", python)
        return self._files[path]

    def silence(self, diagnostic: Diagnostic, by_name: bool = False) -> bool:
        """Say whether a comment silences the diagnostic, and remember each that does or would.

        `by_name`: a comment of ours that names no rule does not; it would silence what is said about itself.
        """
        comments = self.of(diagnostic.path)
        return comments is not None and comments.silence(diagnostic, self._noqa, by_name)


class FileComments:
    """The suppressing comments of one file, by the lines they speak for; `used` are the selectors that were of use.

    A file that is not Python is a deployment file, in which every line counts by itself.
    """

    def __init__(self, lines: Sequence[str], python: bool) -> None:
        self._lines = lines
        self._whole_file = any(_NOQA_FILE.match(line) for line in lines)
        self._spans: dict[int, range] = {}
        self.used: set[Selector | Silencer] = set()
        try:
            tokens = list(tokenize.generate_tokens(iter(lines).__next__) if python else _plain_tokens(lines))
        except (tokenize.TokenError, SyntaxError, UnicodeError):
            tokens = []  # flake8 then looks at single lines, too; a comment of our own cannot be told from a string
        for span in _spans(tokens) if python else ():
            self._spans.update(dict.fromkeys(span, span))
        self._own = tuple(directives.read(tokens, self._spans))
        self._noqas = dict(self._noqa_comments())
        comments = {token.start[0]: token.start[1] for token in tokens if token.type == tokenize.COMMENT}
        written = (each for each in self._noqas.values() if comments.get(each.line, each.column) < each.column)
        self.silencers = (*self._own, *written)

    @classmethod
    def of(cls, text: str, python: bool) -> FileComments | None:
        """Read a file's comments, or give None when a quick look shows that it has none, or is no text."""
        if not _RELEVANT.search(text) or "\0" in text:
            return None
        return cls(io.StringIO(text, newline=None).readlines(), python)

    def silence(self, diagnostic: Diagnostic, noqa: bool, by_name: bool) -> bool:
        """Say whether a comment of this file silences the diagnostic; `noqa` says whether `# noqa` does."""
        speaking = [each for each in self._own if each.covers is None or diagnostic.line in each.covers]
        own = [self._uses(each, diagnostic) for each in speaking if each.selectors or not by_name]
        found = self._noqas.get(self._span(diagnostic.line))
        flake8 = found is not None and self._uses(found, diagnostic)
        return any(own) or (noqa and (self._whole_file or flake8))

    def _uses(self, silencer: Silencer, diagnostic: Diagnostic) -> bool:
        matches = _matches_flake8 if silencer.form == "noqa" else _matches
        uses: list[Selector | Silencer] = [each for each in silencer.selectors if matches(each.text, diagnostic)]
        if not silencer.selectors:
            uses = [silencer]
        self.used.update(uses)
        return bool(uses)

    def _span(self, line: int) -> range:
        return self._spans.get(line, range(line, line + 1))

    def _noqa_comments(self) -> Iterator[tuple[range, Silencer]]:
        """The first `# noqa` of each line, or of the lines that count as one: flake8's choice."""
        for span in dict.fromkeys(map(self._span, range(1, len(self._lines) + 1))):
            text = "".join(self._lines[span.start - 1 : span.stop - 1])
            found = _NOQA_LINE.search(text) if "noqa" in text.lower() else None
            if found is not None:
                yield span, _noqa(text, found, span)


def _noqa(text: str, found: re.Match[str], span: range) -> Silencer:
    codes = found["codes"] or ""
    selectors = tuple(
        Selector(each[0], *_place(text, found.start("codes") + each.start(), span)) for each in _CODE.finditer(codes)
    )
    line, column = _place(text, found.start(), span)
    end = column + len(found[0].rstrip())
    return Silencer("noqa", line, column, end, selectors, span, directives.reason(text[found.end() :].split("\n")[0]))


def _place(text: str, offset: int, span: range) -> tuple[int, int]:
    before = text[:offset]
    return span.start + before.count("\n"), offset - (before.rfind("\n") + 1) + 1


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


def _plain_tokens(lines: Sequence[str]) -> Iterator[tokenize.TokenInfo]:
    """The lines of a file that is not Python as tokens: one for what stands before a comment, one for the comment."""
    for number, line in enumerate(lines, 1):
        mark = _COMMENT.search(line)
        end = mark.start() if mark is not None else len(line)
        if line[:end].strip():
            yield tokenize.TokenInfo(tokenize.NAME, line[:end], (number, 0), (number, end), line)
        if mark is not None:
            text = line[end:].rstrip("\n")
            yield tokenize.TokenInfo(tokenize.COMMENT, text, (number, end), (number, end + len(text)), line)


def _matches_flake8(code: str, diagnostic: Diagnostic) -> bool:
    return diagnostic.code.startswith(code)


def _matches(rule: str, diagnostic: Diagnostic) -> bool:
    return diagnostic.code.startswith(rule.upper()) or diagnostic.name == rule.lower()
