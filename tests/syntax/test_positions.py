"""Places found by the cursor are those of LibCST's position provider."""

from __future__ import annotations

import pytest

from edanalyze.syntax import lower
from tests.syntax.oracle import facts_places, read

SNIPPETS = {
    "comments": "f(  # f(x) 'no \"end\n  g(),  # g\n)  # )\n# h(\nh()\n",
    "names in keywords": "x = i if inner() else isin(ornot)\ni = not_(a) or b() in inn()\n",
    "numbers": "x = 1.e5 + e5() + 0xf .f() if(a())else 1if b()else .5 .real() + 1_0j\n",
    "strings": "x = 'a()' r\"\\\"b()\" + b'c' + d('''\n# e(\n''') + \"'\" + f()\n",
    "f-strings": "f'{a():{b()}}' f\"{'c()'}{d()!r:>10}\" + rf'''{\n  e()  # }\n}{{f}}{ {1: g()}[h()] }''' + i()\n",
    "nested f-strings": (
        'f"{f"{a("b")}"}{x[1:c()]:{d()}}{lambda_():=^{e()}}" + g()\n'
        'f"{x[[h()]:]:>10}" + "i(" + i()\n'
        'f"{x[[j for k in l]:]:>10}" + "m(" + m()\n'
    ),
    "continuations": "a() + \\\n  b() \\\n    .c()\n",
    "brackets without leaves": "f()(())([])({})(x[:], y[::])\n(\n)\n[\n]\n{\n}\ng(\n)\n(h)()\n",
    "form feeds and tabs": "if a:\n\tb()\n\x0c\n\tc(\td())\n",
    "beyond the basic plane": "x = '\N{GRINNING FACE}', a(), '\N{GRINNING FACE}' ; b()\nе\u0301é()\n",
    "decorators": "@a()\n@(b\n.c())\n# d\nasync def e(\n    f=g(), /,\n    *, h: i() = j(),\n) -> k(): l()\n",
    "classes": "class A(B, c=d()): pass\nclass E(): x: f() = g()\nclass H:\n    class I: pass\n",
    "lambdas": "a = lambda: 0, (lambda *b, c=lambda d, /: e(d), **f: g())\n",
    "match": (
        "match match(a()):\n  case case.b(c=1) | [*_, _] if d(): e()\n"
        "  case {'k': f, **g}: h()\n  case {} | [] | () | A(): i()\n"
    ),
    "types": "type A[T: (int, str)] = B[T]\ndef f[*Ts, **P](a: T): g()\nclass C[T]: pass\ntype = type(type)\n",
    "exceptions": "try: a()\nexcept* (B,\n  C) as d: e()\nfinally:\n  f()\ntry: pass\nexcept A, B: pass\nelse: g()\n",
    "asynchronous": (
        "async def f():\n  async with a() as b, \\\n      c(): await d()\n"
        "  async for e in g(): return [h async for i in j() if await k()]\n"
    ),
    "with in parentheses": "with (\n  a() as b,\n  c(),\n): d()\nwith (e()): f()\nwith (g(), h()): pass\n",
    "stars": "a, *b = *c(), d\nf(*g(), **h())\nprint(*i)\nx[*j()]\n{**k(), 'l': m()}\nfor n in *o(), p: pass\n",
    "semicolons": "a(); b() ;\nif c(): d(); e()\nelse: f()\n",
    "statements": (
        "del x[a()], (b)\nassert c(), (\nd())\nraise e() from f()\nglobal g, h\n"
        "while i(): break\nelse: pass\nfor (j) in k(): continue\nelse: l()\nreturn_ = (yield m())\n"
    ),
    "imports": "from .a.b import (c as d,\n  e)\nimport f.g as h, i; j()\nfrom ... import k\nfrom l import *\nm()\n",
    "assignments": "(a) = b = c()\n[\n  d\n] = e()\nf: g() = h()\n(i.j) += k()\n(yield)\nl = yield m()\n",
    "walrus": "if (a := b()) and [c := d()]: e(f := g())\n",
    "no newline at the end": "a(\n  b())",
    "ellipses": "def f(): ...\nx[..., a()]\n...; b()\n",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_places_agree_with_libcst(snippet: str, newline: str) -> None:
    text = SNIPPETS[snippet].replace("\n", newline)
    expected = read(text)
    found = facts_places(lower("a.py", text.encode()))
    assert found.places == expected.places
    assert sum(found.calls.values()) == sum(expected.calls.values()) + expected.nameless
    assert not expected.calls - found.calls
