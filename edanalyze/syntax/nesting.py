"""How deeply a file nests, told from its text before LibCST sees it.

LibCST's parser is native and recursive: where it runs out of stack the process dies, and no exception
can be caught. Two shapes, nested `case` patterns and `del` targets, take it time that doubles with each
level. A look that costs little clears nearly every file; the others are scanned token by token, which bounds the
depth of the tree from above: most turn out to be long rather than deep (`may_nest_deeply`), the rest is read on a large
stack or refused (`refusal`).
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import NamedTuple

BRACKETS = 200
"""Levels of brackets that CPython reads; one more and it refuses the file too."""

TRAILERS = 250
"""Attributes, calls and subscripts in one chain (`a.b().c`); the parse takes quadratic time in them."""

OPERATORS = 3000
"""Operators between two commas; each may put the expression before it one level down (`a + b + c`)."""

PREFIXES = 1000
"""The same for operators that put what follows them one level down (`not`, `lambda`, `a if b else`, `**`)."""

BRANCHES = 4000
"""`elif` in a file."""

STACK = 64 * 1024 * 1024
"""Bytes of stack for a parse of a file that may nest deeply: several times what these limits were seen to need."""

_PLAIN_LINE = 500
_PLAIN_LINES = 150


class _Limits(NamedTuple):
    """What is not deep: the most of each that may be in one another, or, of `branches`, in a file.

    `doublings` is how often the time that LibCST takes for a `case` or `del` may double.
    """

    brackets: int
    trailers: int
    operators: int
    prefixes: int
    branches: int
    doublings: int


_BORNE = _Limits(BRACKETS, TRAILERS, OPERATORS, PREFIXES, BRANCHES, 20)
_PLAIN = _Limits(60, 60, 150, 60, _PLAIN_LINES, 8)

_STEP = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_STEP_OF_BYTE = {ord("("): 1, ord(")"): -1}.__getitem__
_ROUND = bytes.maketrans(b"[{]}", b"(())")
_NO_BRACKETS = bytes(set(range(256)) - set(map(ord, _STEP)))
_BRACKET = re.compile(r"[()\[\]{}]").findall
_PATTERN = re.compile(r"\b(?:case|del)\b").search
_CONTINUES = re.compile(
    r"""\n(?:
        [ \t)\]}]*[-.+*/|&^%<>=!aonile]  # most lines start otherwise, which one look tells
        (?:
            (?<=[-.+*/|&^%<>=!])(?!(?<=-)>)
          | (?:(?<=a)(?:nd|wait)|(?<=o)r|(?<=n)ot|(?<=i)[ns]|(?<=l)ambda)\b
          | (?<=e)lse[ \t(]
        )
      | (?<=[-.+*/|&^%@<>=!\\dtrfne]\n)
        (?:(?<=[-.+*/|&^%@<>=!\\]\n)|(?<=[ ]and\n)|(?<=[ ]not\n)|(?<=[ ](?:or|if|in)\n)|(?<=else\n))
    )""",
    re.VERBOSE,
).findall
"""The ends of lines between which an expression goes on without a bracket or comma; `->` stands in none."""

_QUOTED = (
    r'"""[^"\\]*(?:(?:\\.|""?(?!"))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|''?(?!'))[^'\\]*)*'''"
    r'|"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"'
    r"|'[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*'"
)
_TEXT = re.compile(rf"#[^\r\n]*|{_QUOTED}", re.DOTALL)
"""Comments and strings, whose lines may end in a full stop."""

_TOKEN = re.compile(
    rf"\#[^\r\n]* | (?P<string>[A-Za-z]{{0,3}}(?:{_QUOTED}))"
    r"""
    | \\\r?\n
    | (?P<newline>[\r\n]+)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<comma>[,;])
    | (?P<number>[0-9][0-9A-Za-z_.]*)
    | (?P<dot>\.)
    | (?P<operator>[-+*/%@&|^~<>=!]+)
    | (?P<word>\w+)
    """,
    re.VERBOSE | re.DOTALL,
).finditer
_INFIX_WORDS = frozenset(("and", "or", "if", "in", "is", "for", "from"))
_PREFIX_WORDS = frozenset(("not", "lambda", "else", "await", "yield"))


def may_nest_deeply(text: str) -> bool:
    """Whether the shape of a text leaves it open that it nests deeply."""
    return _looks_deep(text) and _beyond(text, _PLAIN) is not None


def refusal(text: str) -> str | None:
    """Why a text nests too deeply to be parsed; None when it does not."""
    found = _beyond(text, _BORNE)
    if found is None:
        return None
    reason, offset = found
    return f"line {_line(text, offset)}: nested too deeply ({reason})"


def _looks_deep(text: str) -> bool:
    """The look that costs little: deep is what has many brackets in one another, long lines or long expressions."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    brackets = _brackets(text)
    if brackets > _PLAIN.brackets or (brackets > _PLAIN.doublings and _PATTERN(text) is not None):
        return True
    if _has_long_line(text):
        return True
    if text.count("\n") < _PLAIN_LINES:
        return False
    return text.count("elif") > _PLAIN_LINES or (
        len(_CONTINUES(text)) > _PLAIN_LINES and len(_CONTINUES(_TEXT.sub('""', text))) > _PLAIN_LINES
    )


def _has_long_line(text: str) -> bool:
    start = 0
    while start < len(text) - _PLAIN_LINE:
        end = text.rfind("\n", start, start + _PLAIN_LINE + 1)
        if end < 0:
            return True
        start = end + 1
    return False


def _brackets(text: str) -> int:
    """How deeply brackets nest, those in strings and comments counted with the others."""
    brackets = text.encode("utf-8", "replace").translate(_ROUND, _NO_BRACKETS)
    left = brackets
    for depth in range(_PLAIN.doublings + 1):
        if not left:
            return depth
        left = left.replace(b"()", b"")  # one level less
    depths = list(accumulate(map(_STEP_OF_BYTE, brackets), initial=0))
    return max(depths) - min(depths)


def _beyond(text: str, limits: _Limits) -> tuple[str, int] | None:
    """What is beyond the limits, in words, and the offset at which it is; None when nothing is."""
    scan = _Scan()
    for token in _TOKEN(text):
        kind = token.lastgroup
        if kind is None:
            continue
        scan.pass_token(kind, token[0])
        reason = scan.beyond(limits)
        if reason is not None:
            return reason, token.start()
    return None


def _line(text: str, offset: int) -> int:
    return len(re.findall(r"\r\n?|\n", text[:offset])) + 1


class _Level:
    """What is counted inside one pair of brackets, or outside of all.

    `operators` and `prefixes` since the last comma, `trailers` since the last operator.
    """

    __slots__ = ("operators", "prefixes", "trailers")

    def __init__(self) -> None:
        self.operators = 0
        self.prefixes = 0
        self.trailers = 0


class _Scan:
    """Counts while the tokens of a text go by.

    `_outer` are the levels around the one at hand, `_above` the sums of their operators and prefixes.
    `_unary` says that an operator came before: the next one puts its operand one level down.
    `_doublings` is how often the time of a `case` or `del` has doubled, -1 outside of those.
    """

    __slots__ = ("_above", "_doublings", "_elifs", "_level", "_outer", "_quoted", "_unary")

    def __init__(self) -> None:
        self._level = _Level()
        self._outer: list[_Level] = []
        self._above = (0, 0)
        self._elifs = 0
        self._quoted = 0
        self._unary = False
        self._doublings = -1

    def beyond(self, limits: _Limits) -> str | None:
        operators, prefixes = self._above
        if len(self._outer) + self._quoted > limits.brackets:
            return f"more than {limits.brackets} brackets"
        if self._level.trailers > limits.trailers:
            return f"a chain of more than {limits.trailers} attributes and calls"
        if operators + self._level.operators > limits.operators:
            return f"an expression of more than {limits.operators} operators"
        if prefixes + self._level.prefixes > limits.prefixes:
            return f"an expression of more than {limits.prefixes} prefix operators"
        if self._elifs > limits.branches:
            return f"more than {limits.branches} elif"
        if self._doublings > limits.doublings:
            return "brackets in a pattern or del statement, which LibCST reads in exponential time"
        return None

    def pass_token(self, kind: str, token: str) -> None:
        self._quoted = 0
        level = self._level
        if kind == "open":
            level.trailers += 1
            self._open(token)
        elif kind == "close":
            self._close(token)
        elif kind == "comma":
            self._level = _Level()
        elif kind == "newline":
            if not self._outer:
                self._level = _Level()
                self._doublings = -1
        elif kind == "dot":
            level.trailers += 1
        elif kind == "operator":
            level.operators += 1
            level.prefixes += self._unary + (token == "**") + (len(token) - 1 if token.strip("+-~") == "" else 0)
            level.trailers = 0
        elif kind == "string":
            self._quoted = _holes(token)
        elif kind == "word":
            self._word(token)
        self._unary = kind == "operator"

    def _word(self, token: str) -> None:
        level = self._level
        if token in _INFIX_WORDS:
            level.operators += 1
            level.trailers = 0
        elif token in _PREFIX_WORDS:
            level.prefixes += 1
            level.trailers = 0
        elif token == "elif":
            self._elifs += 1
        elif token in ("case", "del") and not self._outer:
            self._doublings = 0

    def _open(self, token: str) -> None:
        operators, prefixes = self._above
        self._above = (operators + self._level.operators, prefixes + self._level.prefixes)
        self._outer.append(self._level)
        self._level = _Level()
        if self._doublings >= 0:
            self._doublings += 2 if token == "{" else 1

    def _close(self, token: str) -> None:
        if self._outer:
            level = self._level = self._outer.pop()
            operators, prefixes = self._above
            self._above = (operators - level.operators, prefixes - level.prefixes)
            if self._doublings > 0:
                self._doublings -= 2 if token == "}" else 1


def _holes(string: str) -> int:
    """How deeply the braces of a string nest, if it is an f-string."""
    prefix = re.split("[\"']", string, maxsplit=1)[0].lower()
    if "f" not in prefix and "t" not in prefix:
        return 0
    return max(accumulate(map(_STEP.__getitem__, _BRACKET(string)), initial=0))
