"""Reads `# edanalyze: ...` comments: which rules they silence, where and why, and what is wrong with them."""

from __future__ import annotations

import difflib
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence

import msgspec

IGNORE = "ignore"
IGNORE_FILE = "ignore-file"
MISSPELT = "misspelt"
DIRECTIVES = (IGNORE, IGNORE_FILE, "optional")
"""What may follow `edanalyze:` in a comment."""

_DIRECTIVE = re.compile(r"#\s*edanalyze:\s*(?P<word>[\w-]+)?", re.IGNORECASE)
_NAMES = re.compile(r"\s*\[(?P<names>[^\]#]*)(?P<closed>\])?")
_NAME = re.compile(r"[^,\s]+")
_OTHERS = frozenset({"noqa", "disable", "skip", "off", "nosec", "suppress", "silence"})
_BETWEEN = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


class Selector(msgspec.Struct, frozen=True):
    """A rule as a comment names it: a code, the beginning of one, or a name; 1-based place of the text."""

    text: str
    line: int
    column: int

    @property
    def end_column(self) -> int:
        """The column after its last character."""
        return self.column + len(self.text)


class Silencer(msgspec.Struct, frozen=True):
    """A comment that silences findings, or means to.

    `form` is "noqa", "ignore", "ignore-file" or "misspelt". Without `selectors` it speaks of every rule. `covers` are
    the lines it speaks for; None is the whole file. `defect` says what keeps it from doing what it seems to be meant
    for.
    """

    form: str
    line: int
    column: int
    end_column: int
    selectors: tuple[Selector, ...]
    covers: range | None
    reason: str = ""
    defect: str = ""


def read(tokens: Sequence[tokenize.TokenInfo], lines_of: dict[int, range]) -> Iterator[Silencer]:
    """Give the comments of a file that speak to edanalyze, in order; those that silence nothing have a defect.

    `lines_of` maps a line to the lines that count as one with it. A comment after code speaks for its own line, one on
    a line of its own for the next line of code.
    """
    waiting: list[Silencer] = []
    line_with_code = 0
    for token in tokens:
        if token.type == tokenize.COMMENT:
            for found in _in_comment(token):
                if found.form == IGNORE and token.start[0] != line_with_code:
                    waiting.append(found)
                else:
                    yield _placed(found, token.start[0], lines_of, alone=token.start[0] != line_with_code)
        elif token.type not in _BETWEEN:
            for found in waiting:
                yield _placed(found, token.start[0], lines_of, alone=True)
            waiting = []
            line_with_code = token.end[0]
    for found in waiting:
        yield msgspec.structs.replace(
            found, covers=range(0), defect=found.defect or "no code follows that it could speak for"
        )


def reason(text: str) -> str:
    """The words of a comment that say why, up to the next comment on the same line."""
    return text.partition("#")[0].strip(" \t-–—:,.")


def _in_comment(token: tokenize.TokenInfo) -> Iterable[Silencer]:
    for found in _DIRECTIVE.finditer(token.string):
        word = (found["word"] or "").lower()
        rest = token.string[found.end() :]
        place = (token.start[0], token.start[1] + 1 + found.start())
        if word in (IGNORE, IGNORE_FILE):
            yield _silencer(word, rest, place, token.start[1] + 1 + found.end())
        elif word not in DIRECTIVES and (defect := _misspelt(word, rest)):
            end = place[1] + found.end() - found.start()
            yield Silencer(MISSPELT, *place, end, (), range(0), defect=defect)


def _silencer(form: str, rest: str, place: tuple[int, int], start: int) -> Silencer:
    line, column = place
    named = _NAMES.match(rest)
    if named is None:
        why = reason(rest)
        first = why.partition(" ")[0]
        defect = f"write `{form}[{first}]`: without brackets it silences every rule" if _is_code(first) else ""
        if form == IGNORE_FILE:
            defect = defect or "a whole file is only silenced for rules that are named: write `ignore-file[EDA402]`"
        return Silencer(form, line, column, start, (), None, why, defect)
    selectors = tuple(
        Selector(each[0], line, start + named.start("names") + each.start()) for each in _NAME.finditer(named["names"])
    )
    end = start + named.end()
    if named["closed"] is None or not selectors:
        defect = "the bracket is not closed" if named["closed"] is None else "the brackets name no rule"
        return Silencer(form, line, column, end, (), range(0), defect=defect)
    return Silencer(form, line, column, end, selectors, None, reason(rest[named.end() :]))


def _placed(found: Silencer, line: int, lines_of: dict[int, range], alone: bool) -> Silencer:
    """The comment with the lines it speaks for; none if it was found to silence nothing."""
    if found.covers is not None:
        return found
    if found.form == IGNORE_FILE:
        defect = found.defect or ("" if alone else "what speaks for the whole file belongs on a line of its own")
        return msgspec.structs.replace(found, covers=range(0) if defect else None, defect=defect)
    return msgspec.structs.replace(found, covers=lines_of.get(line, range(line, line + 1)))


def _misspelt(word: str, rest: str) -> str:
    """What is wrong with an unknown word after `edanalyze:`; nothing where it is mere prose."""
    close = difflib.get_close_matches(word, DIRECTIVES, n=1, cutoff=0.75)
    if close or word in _OTHERS or (word and rest.lstrip().startswith("[")):
        return f"edanalyze knows no comment `{word}`; did you mean `{close[0] if close else IGNORE}`?"
    return ""


def _is_code(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{3,}[0-9]{1,3},?", text, re.IGNORECASE) is not None
