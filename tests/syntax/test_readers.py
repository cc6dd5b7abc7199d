"""The two readers find the same facts, so which of them reads a file changes no result."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import warnings
from pathlib import Path

import hypothesmith
import libcst
import msgspec
import pytest
from hypothesis import given

from edanalyze.api import Options, check, graph, load_project
from edanalyze.facts.module import ModuleFacts
from edanalyze.graph import to_json
from edanalyze.syntax import SyntaxFailure, abstract, lower
from edanalyze.syntax.source import decode
from edanalyze.testing import read_page
from edanalyze.triage import SWITCH, reader
from tests.syntax.test_generated import FEW
from tests.syntax.test_positions import SNIPPETS

ROOT = Path(__file__).parents[2]
LIBRARY = Path(sysconfig.get_path("stdlib"))
PAGES = sorted((ROOT / "docs" / "rules").glob("EDA*.md"))
SYSTEMS = sorted(folder for folder in (ROOT / "fixtures").iterdir() if folder.is_dir())
EXACT_IN_FSTRINGS = sys.version_info >= (3, 12)

# ruff: noqa: E501
AWKWARD = {
    "keywords and stars mixed": "f(a=lambda: 1, *b(lambda: 2), **c(lambda: 3))\nf(*a, b=1, **c)\nf(**a, b=1)\n",
    "keywords on other lines": "f(\n  a,\n  b=1,\n  **c\n)\nf(a=1,\n  **b)\nf(\n**(a), # **\n**b)\n",
    "places of nameless calls": "not (a + b)()\nx = a if b else (c or d)()\n[a for b in (c + d)() if (e)()]\n(lambda: 0)()\n",
    "nameless calls of literals": "{}[a]()\n(f'b')()\n(...)()\n(not a)()\n((yield))()\nfor a in 'b' [0](): pass\n",
    "parentheses and operators": "(a or b) or c\na or (b or c)\n(a and b) or c\n(a < b) < c\n(a + b) + (c + d)\n-(-1)\n- 1\n~-x\n",
    "numbers": "x = [1_000, 0x_ff, 0b1, 0o7, 1e400, -9223372036854775808, 9223372036854775807, 10**400, 1j, -2j, 1.5, 00]\n",
    "large number": f"x = {10**30}\n",
    "strings": "'a' 'b'\nb'\\xff' b'\\400'\nu'c'\nR'\\n'\n'\\N{BULLET}\\x41\\u00e9\\U0001F600\\101\\\n'\n'\\ud83d\\ude00'\n'\\q'\n",
    "strings of f-strings": "f'a' 'b'\n'a' f'{b}' f'c{{d}}'\nf'{\"a\"}b'\nf''\nrf'\\n{a}'\nf'\\N{BULLET}{a}\\x41'\nf'{a!r:>{b}.{c()}}'\n",
    "literals that are formatted": "'%s-%d' % (a, b())\n'{}{a.b[0]}'.format(c, a=d())\n','.join(['a', b])\nf'a'.format(b)\n('a' f'b').join([c])\n",
    "docstring of a function": "def f():\n  'a' 'b'\n  return 1\ndef g(): 'c'; d()\nclass H:\n  (\n  '''e'''\n  )\n",
    "no docstrings": "b'a'\ndef f():\n  f'b'\n  'c'\ndef g():\n  'd' f'e'\ndef h():\n  pass; 'i'\n",
    "docstring of a module": "# a\n'''b'''\nc()\n",
    "subscripts": "a[1]\na[1,]\na[(1,)]\na[1, 2]\na[b:c()]\na[::]\na[::b(), ...]\na[b:c, d]\na[()]\n",
    "deletes": "del a\ndel (a)\ndel a, b\ndel (a, b)\ndel (a, b), c\ndel [a, b]\ndel a[b()], c.d\n",
    "branches": "if a: b\nelif c: d\nelse:\n  if e: f\n  elif g: h\n" + "if a: b\n" + "elif c: d\n" * 80 + "else: e\n",
    "long sum": "x = " + " + ".join(["a"] * 80) + "\ny = 'b' + " + " + ".join(["c"] * 80) + "\n",
    "lambdas": "f(lambda: 1, lambda a=lambda: 2, *b, c, d=(lambda: 3), **e: (lambda:\n4))\n[lambda: a\n,\n]\n",
    "lambdas in definitions": "@a(lambda: 1)\ndef f(b: c(lambda: 2) = lambda: 3, *d: lambda: 4, e=lambda: 5) -> (lambda: 6): pass\n",
    "definitions again": "def f(): pass\ndef f():\n  def g(): yield\n  class g: pass\nclass f(a, *b, c=d, **e):\n  async def f(self): await g\n",
    "end lines": "def f():\n  return g(\n  )\n\n# a\ndef h():\n  pass ;\nclass i:\n  def j(self): return '''\n'''\nk()\n",
    "names beyond ASCII": "\N{LATIN SMALL LIGATURE FI}.\N{LATIN SMALL LETTER LONG S}(\u00e9=1, **\N{GREEK SMALL LETTER ALPHA})\n'\u00e4'; a.b\u0301.c()\n",
    "definitions beyond ASCII": "'\u00e4'; \u00e9 = lambda \u00e9: \u00e9\ndef \N{LATIN SMALL LIGATURE FI}(): '\u00e4'\nclass \u00e8(\u00e9): pass\nglobal \u00e9\nimport \u00e9.\N{LATIN SMALL LIGATURE FI} as \u00ea\n",
    "comments that speak": "a() # noqa: A1\nb('# noqa', \"\"\"\n# noqa\n\"\"\") # x # edanalyze: ignore\n# NOQA\nc = '#' # no qa\n",
    "comments in continued strings": "a = ('b' # noqa\n  'c')\nd = f'{e}' # edanalyze: x\n",
    "form feeds and blanks": "\x0c\nif a:\n\tb( \x0cc )\n\x0cd  (e) . f ( g )\nclass  \x0ch : pass\n",
    "semicolons and backslashes": "a(); \\\n b(\\\n c); d . \\\n e()\nif \\\n a: pass\nwith a() as b, \\\n  c: d\n",
    "assignments": "a = b = c()\na: b = c\na: b\n(a.b): c\na[b]: c = d\na, *b = c\n*a, = b\n(a) = b\n[a, b] = c\na @= b\na //= b\n",
    "exceptions": "try: a()\nexcept (b, c) as d: raise e from f()\nexcept: raise\nelse: assert g, h()\nfinally: assert i, 'j'\n",
    "with": "with (a() as b, c() as (d, e)): f\nwith (a(), b()): c\nwith (a, b) as c: d\nasync def f():\n  async with a: pass\n",
    "comprehensions": "[a for b in c if d if e for f in g]\n{a: b for a, b in c}\n{*a, b}\n{**a, 'b': c}\n(a async for a in b)\nf(a for a in b)\n",
    "match": "match a, b:\n  case {'c': 1, **d} if e: f\n  case G(h, i=[j, *_]) | None as k: l\n  case -1 | 1+2j | 'm' 'n' | o.p: q\n  case [r, *s], (t,): u\n  case _: v\n",
    "imports": "import a, b.c, d.e as f\nfrom . import g\nfrom ..h import (i as j, k,)\nfrom l.m import *\nfrom .... import n\n",
    "exports": "__all__ = ['a', 'b']\n__all__ += ('c',)\n__all__.extend(['d'])\n",
    "generators": "def f():\n  a = yield\n  b = yield c, d\n  yield from e()\n  return (yield)\ndef g(h=(lambda: (yield))): pass\n",
    "awaits": "async def f():\n  await a()\n  await b\n  (await c.d())()\n  return [await e async for g in h() if await i]\n",
    "walrus": "if (a := b()): c((d := e), f=(g := h))\n[i := 1, j := k]\n",
    "empty": "",
    "comment alone": "# noqa",
}  # fmt: skip
NEWER = {
    "types": ((3, 12), "type A[T: (lambda: 1), *Ts, **P] = B[lambda: 2]\ndef f[T](a: T = lambda: 3): g()\nclass C[T: int](D): pass\n"),
    "nested quotes": ((3, 12), "f'{a['b']}{f'{c('d')}'}{\n  e() # f\n}' + g()\nf'{x:{y:{z()}}}'\n"),
    "exception groups": ((3, 11), "try: a()\nexcept* B as c: d()\nexcept* (E, F): g()\n"),
    "unpacked subscripts": ((3, 11), "a[*b]\na[*b, c]\n"),
    "defaults of types": ((3, 13), "def f[T = int, *Ts = *tuple[int], **P = [int]](a: T): g()\n"),
}  # fmt: skip


def stored(facts: ModuleFacts) -> bytes:
    """Facts as bytes: equal bytes have equal types, too, where 1 == True."""
    return msgspec.msgpack.encode(facts)


def by_abstract(source: bytes) -> ModuleFacts | None:
    """The facts from CPython's tree alone; None where that reader is not sure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return abstract.read("a.py", decode("a.py", source))
        except abstract.Unsure:
            return None


def assert_same(source: bytes) -> bool:
    """Both readers agree; whether both could read the source."""
    try:
        concrete = lower("a.py", source)
    except SyntaxFailure:
        return False
    found = by_abstract(source)
    if found is not None:
        assert msgspec.json.format(msgspec.json.encode(found)) == msgspec.json.format(msgspec.json.encode(concrete))
        assert stored(found) == stored(concrete)
    return found is not None


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("snippet", AWKWARD)
def test_awkward_source_has_the_same_facts(snippet: str, newline: str) -> None:
    source = AWKWARD[snippet].replace("\n", newline)
    read = assert_same(source.encode())
    assert read or (not EXACT_IN_FSTRINGS and "f'" in source)
    assert_same(b"\xef\xbb\xbf" + source.encode())


@pytest.mark.parametrize("snippet", NEWER)
def test_newer_syntax_has_the_same_facts(snippet: str) -> None:
    since, source = NEWER[snippet]
    assert assert_same(source.encode()) == (sys.version_info >= since)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippets_for_places_have_the_same_facts(snippet: str) -> None:
    assert_same(SNIPPETS[snippet].encode())


def test_hole_that_shows_its_source_is_left_to_libcst() -> None:
    assert by_abstract(b"f'{a=}'\n") is None
    assert by_abstract(b"f'a={a}'\n") is not None
    assert lower("a.py", b"f'{a=}'\n", "abstract") == lower("a.py", b"f'{a=}'\n", "concrete")


def test_what_python_cannot_parse_is_left_to_libcst() -> None:
    source = b"x = 1\nasync = 2\n" if sys.version_info < (3, 7) else b"import a\nlazy import b\n"
    try:
        expected: object = lower("a.py", source)
    except SyntaxFailure as failure:
        with pytest.raises(SyntaxFailure) as failed:
            lower("a.py", source, "abstract")
        assert failed.value.reason == failure.reason
    else:
        assert lower("a.py", source, "abstract") == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_cases_of_rule_pages_have_the_same_facts(page: Path) -> None:
    files = [text for case in read_page(page) for path, text in case.files.items() if path.endswith(".py")]
    read = [assert_same(text.encode()) for text in files]
    assert sum(read) >= len(read) / 2


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda folder: folder.name)
def test_fixtures_have_the_same_facts(system: Path) -> None:
    for path in sorted(system.rglob("*.py")):
        assert_same(path.read_bytes())


@pytest.mark.parametrize("letter", "_abcdefghijklmnopqrstuvwxyz")
def test_standard_library_has_the_same_facts(letter: str) -> None:
    """Every ninth module of each letter."""
    for path in sorted(LIBRARY.glob(f"{letter}*.py"))[::9]:
        assert_same(path.read_bytes())


@pytest.mark.filterwarnings("ignore")
@FEW
@given(hypothesmith.from_grammar())
def test_programs_of_the_grammar_have_the_same_facts(source: str) -> None:
    assert_same(source.encode())


@pytest.mark.filterwarnings("ignore")
@FEW
@given(hypothesmith.from_node())
def test_programs_of_nodes_have_the_same_facts(source: str) -> None:
    assert_same(source.encode())


@pytest.mark.filterwarnings("ignore")
@FEW
@given(hypothesmith.from_node(libcst.FunctionDef))
def test_functions_of_nodes_have_the_same_facts(source: str) -> None:
    assert_same(source.encode())


def results(system: Path) -> tuple[object, ...]:
    project = load_project([system], Options(select=("ALL",), jobs=1))
    return check(project), to_json(graph(project))


@pytest.mark.parametrize("system", SYSTEMS[::4], ids=lambda folder: folder.name)
def test_results_are_the_same_with_and_without_triage(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / system.name  # beside nothing else, so that it is the whole project
    shutil.copytree(system, own)
    with_triage = results(own)
    monkeypatch.setenv(SWITCH, "concrete")
    assert results(own) == with_triage


def test_libcst_reads_the_files_at_which_edges_start_or_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SWITCH, raising=False)

    def read_by(source: bytes) -> str:
        return reader("shop/orders.py", source)

    assert read_by(b"import os\nfrom requests import post\n") == "concrete"
    assert read_by(b"def f():\n    from celery.app import task\n") == "concrete"
    assert read_by(b"from celery import (  # for tasks\r\n    Celery as App,\r\n    signals,\r\n)\r\n") == "concrete"
    assert read_by(b"from requests import *") == "concrete"
    assert read_by(b"import requestslike\n# import requests\nimport django.db\n") == "abstract"
    assert (
        read_by(b"from requests import HTTPError, Response\nfrom celery.utils.log import get_task_logger\n")
        == "abstract"
    )


def test_libcst_reads_no_test_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SWITCH, raising=False)
    paths = ("shop/tests/sending.py", "shop/test_sending.py", "conftest.py")
    assert {reader(path, b"from requests import post\n") for path in paths} == {"abstract"}


WITHOUT_LIBCST = """
import sys
from edanalyze.syntax import lower
lower("a.py", b"def f(): return g(1)", "abstract")
print("libcst" in sys.modules)
"""


def test_file_that_cpython_reads_does_not_wait_for_the_import_of_libcst() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_LIBCST], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
