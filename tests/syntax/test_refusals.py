"""Files that have no facts, and why; files that are read in spite of what they look like."""

from __future__ import annotations

import codecs
import subprocess
import sys
from collections.abc import Callable

import msgspec
import pytest

from edanalyze.facts.ir import Assign, Const
from edanalyze.facts.module import ModuleFacts
from edanalyze.syntax import SyntaxFailure, lower
from edanalyze.syntax.nesting import may_nest_deeply


def reason(source: str | bytes) -> str:
    with pytest.raises(SyntaxFailure) as failure:
        lower("a.py", source if isinstance(source, bytes) else source.encode())
    assert failure.value.path == "a.py"
    assert "\n" not in failure.value.reason
    return failure.value.reason


def text(source: bytes) -> object:
    (found,) = lower("a.py", source).body
    assert isinstance(found, Assign) and isinstance(found.value, Const)
    return found.value.value


@pytest.mark.parametrize(
    "source",
    [
        "x = 'ä'".encode(),
        codecs.BOM_UTF8 + "x = 'ä'\r\n".encode(),
        codecs.BOM_UTF8 + "# coding: utf-8\nx = 'ä'".encode(),
        "# -*- coding: latin-1 -*-\nx = 'ä'\n".encode("latin-1"),
        "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = 'ä'\n".encode("cp1252"),
        "\n# coding: latin-1\nx = 'ä'".encode("latin-1"),
        "# -*- coding: latin-1-unix -*-\nx = 'ä'".encode("latin-1"),
        "# -*- coding: utf-8-dos -*-\r\nx = 'ä'\r\n".encode(),
        "\f\r\nx = 'ä'\r\n".encode(),
        "# comment\rx = 'ä'\r".encode(),
    ],
)
def test_source_is_decoded_as_python_does(source: bytes) -> None:
    assert text(source) == "ä"


def test_cookie_below_code_means_nothing() -> None:
    assert "line 2" in reason("x = 1\n# coding: latin-1 ä\n".encode("latin-1"))


@pytest.mark.parametrize("source", [b"", b"\n", b"# only a comment", b"\r\n\f\r\n", codecs.BOM_UTF8])
def test_file_without_code_has_empty_facts(source: bytes) -> None:
    facts = lower("a.py", source)
    assert (facts.body, facts.functions, facts.classes, facts.exports) == ((), {}, {}, None)


@pytest.mark.parametrize(("source", "lines"), [("", 0), ("x", 1), ("x\n", 1), ("x\r\ny\rz\n\n", 4)])
def test_lines_are_counted(source: str, lines: int) -> None:
    assert lower("a.py", source.encode()).lines == lines


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"x = 1\ny = '\xff'\n", ["line 2", "0xff", "utf-8", "none is declared"]),
        (b"# coding: ascii\nx = '\xe4'\n", ["line 2", "0xe4", "ascii"]),
        (b"# coding: klingon\nx = 1\n", ["klingon"]),
        (b"# coding: rot13\nx = 1\n", ["rot13"]),
        (b"# coding: utf-7\nx = '+2AA-'\n", ["utf-7"]),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", ["latin-1", "byte order mark"]),
        (b"x = 1\n\0\n", ["line 2", "NUL"]),
        ("x = 1".encode("utf-16"), ["line 1"]),
        ("x = 1\ny = (2 3)\n", ["line 2"]),
        ("def f(:\n    pass\n", ["line 1"]),
        ("print 'hello'\n", ["line 1", "Python 2"]),
        ("x = 1\nexec code in scope\n", ["line 2", "Python 2"]),
        ("raise E, 'no'\n", ["line 1", "Python 2"]),
        ("if a:\n    b\n   c\n", ["line 3"]),
        ("x = 'abc\n", ["line 1"]),
        ("x = u'a' b'c'\n", ["line 1"]),
    ],
)
def test_refusal_says_where_and_why(source: str | bytes, said: list[str]) -> None:
    found = reason(source)
    assert [part for part in said if part not in found] == []


def test_what_libcst_cannot_read_is_read_as_python_does() -> None:
    (found,) = lower("a.py", b"(x): int = 1\n").body
    assert isinstance(found, Assign) and found.value == Const(1)


DEEP: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "1" + ")" * n,
    "lists on lines": lambda n: "[\n" * n + "]\n" * n,
    "calls": lambda n: "f(" * n + ")" * n,
    "subscripts": lambda n: "a[" * n + "1" + "]" * n,
    "dicts": lambda n: "{1:" * n + "1" + "}" * n,
    "signs": lambda n: "-" * n + "1",
    "spaced signs": lambda n: "- " * n + "1",
    "not": lambda n: "not " * n + "x",
    "lambdas": lambda n: "lambda: " * n + "x",
    "conditions": lambda n: "a if b else " * n + "c",
    "powers": lambda n: "**".join("a" * n),
    "attributes": lambda n: "a" + ".b" * n,
    "calls of calls": lambda n: "a" + "()" * n,
    "methods on lines": lambda n: "(a\n" + ".b()\n" * n + ")",
    "f-strings": lambda n: "f'{" * n + "1" + "}'" * n,
    "comprehensions": lambda n: "[a " + "for a in b " * n + "]",
    "blocks": lambda n: "".join(" " * i + "if a:\n" for i in range(n)) + " " * n + "pass",
    "sums": lambda n: " + ".join("a" * n),
    "elif": lambda n: "if a: pass\n" + "elif b: pass\n" * n,
    "strings": lambda n: "x = " + "'a' " * n,
}


@pytest.mark.parametrize("shape", DEEP)
@pytest.mark.parametrize("depth", [100, 400, 20_000])
def test_depth_never_ends_the_process(shape: str, depth: int) -> None:
    if shape == "blocks":
        depth = min(depth, 1000)
    source = DEEP[shape](depth).encode()
    try:
        facts = lower("a.py", source)
    except SyntaxFailure:
        return
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=ModuleFacts) == facts


@pytest.mark.parametrize(
    "shape", ["parentheses", "calls", "dicts", "attributes", "sums", "elif", "strings", "conditions"]
)
def test_moderate_depth_is_read(shape: str) -> None:
    lower("a.py", DEEP[shape](90).encode())


@pytest.mark.parametrize(
    "source",
    [
        "match x:\n    case " + "[" * 40 + "1" + "]" * 40 + ": pass\n",
        "match x:\n    case " + "{1: " * 40 + "1" + "}" * 40 + ": pass\n",
        "if y: del " + "(" * 40 + "1" + ")" * 40,
    ],
)
def test_shapes_that_take_exponential_time_are_refused(source: str) -> None:
    assert "nested too deeply" in reason(source)


ON_A_SMALL_STACK = """
import threading
from edanalyze.syntax import lower
found = []
threading.stack_size(256 * 1024)
thread = threading.Thread(target=lambda: found.append(lower("a.py", b"(" * 150 + b"1" + b")" * 150)))
thread.start()
thread.join()
print(len(found))
"""


def test_depth_within_the_limits_needs_no_stack_of_the_caller() -> None:
    done = subprocess.run([sys.executable, "-c", ON_A_SMALL_STACK], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "1")


def test_long_table_is_not_deep() -> None:
    row = "    {'key': [1, -2, (a.b + c) * 3], 'other': f(x, y=z)},\n"
    facts = lower("a.py", ("rows = [\n" + row * 400 + "]\n" + "long = [" + "a - 1, " * 1000 + "]\n").encode())
    assert len(facts.body) == 2


LONG = {
    "conditions": "if (\n    a\n    and b\n    or not c\n):\n    d = (\n        e +\n        f\n    )\n" * 100,
    "methods": "x = (\n    a.b()\n    .c()\n    .d()\n)\n" * 100,
    "texts": "x = '" + "and ()" * 200 + "'\n",
    "brackets in texts": "x = '(((((((((((' + '[[[[[['  # in any case\n",
    "branches": "if a:\n    pass\nelif b:\n    pass\n" * 100,
}


@pytest.mark.parametrize("shape", LONG)
def test_what_is_long_is_not_deep(shape: str) -> None:
    assert not may_nest_deeply(LONG[shape])
    assert not may_nest_deeply(LONG[shape].replace("\n", "\r\n"))


@pytest.mark.parametrize("shape", [each for each in DEEP if each not in ("blocks", "strings", "f-strings")])
def test_what_may_be_deep_is_told_from_the_text(shape: str) -> None:
    assert may_nest_deeply(DEEP[shape](600))
    assert may_nest_deeply(LONG["conditions"] + DEEP[shape](600))
