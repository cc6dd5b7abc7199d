"""The call graph: names of callers and callees, what is called under another name, what the interpreter calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from edanalyze.analyse.systemgraph import callgraph
from tests.analyse.systems import system


def calls(folder: Path, code: str, **more: str) -> dict[str, list[str]]:
    """The callers that call something."""
    files = {"main.py": code, **{f"{name.replace('__', '/')}.py": text for name, text in more.items()}}
    return {caller: callees for caller, callees in callgraph(system(folder, files)).items() if callees}


def test_names_are_dotted_from_the_root(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        """
        import json
        from pkg.shop import Shop

        def run():
            Shop().open()
            print(json.dumps({}))
        run()
        """,
        pkg__shop="class Shop:\n    def __init__(self): ...\n    def open(self): ...\n",
    ) == {
        "main": ["main.run"],
        "main.run": ["<builtin>.print", "json.dumps", "pkg.shop.Shop.__init__", "pkg.shop.Shop.open"],
    }


def test_every_function_is_a_key(tmp_path: Path) -> None:
    assert callgraph(system(tmp_path, {"main.py": "def alone(): ...\n"})) == {"main": [], "main.alone": []}


@pytest.mark.parametrize(
    ("code", "caller", "callees"),
    [
        ("def f(g):\n    g()\ndef h(): ...\nk = f\nk(h)\n", "main.f", ["main.h"]),
        ("def h(): ...\nx = lambda y: y()\nx(h)\n", "main.<lambda1>", ["main.h"]),
        ("def f(a):\n    a()\ndef h(): ...\nk = f\nk(a=h)\n", "main.f", ["main.h"]),
        ("def f(): ...\ndef g(): ...\nf = g\nf()\n", "main", ["main.g"]),
        ("def f(): ...\ndef g(): ...\na, *b = f, g\nb[0]()\n", "main", ["main.g"]),
        ("def f(): ...\nd = {}\nd['k'] = f\nd['k']()\n", "main", ["main.f"]),
        ("def f(): ...\nd = {}\nd.update({'k': f})\nd['k']()\n", "main", ["main.f"]),
    ],
    ids=["alias", "lambda", "keyword", "rebound", "starred", "stored", "updated"],
)
def test_functions_are_followed_under_other_names(tmp_path: Path, code: str, caller: str, callees: list[str]) -> None:
    found = calls(tmp_path, code)
    assert [name for name in found[caller] if not name.endswith(".update")] == callees


def test_decorators_are_called_where_the_function_is_defined(tmp_path: Path) -> None:
    assert calls(
        tmp_path,
        """
        def outer(f):
            def call():
                return f()
            return call
        def inner(f):
            def call():
                return f()
            return call
        @outer
        @inner
        def work(): ...
        work()
        """,
    ) == {
        "main": ["main.inner", "main.outer", "main.outer.call"],
        "main.outer.call": ["main.inner.call"],
        "main.inner.call": ["main.work"],
    }


def test_a_reassigned_decorator_is_the_last_one(tmp_path: Path) -> None:
    found = calls(tmp_path, "def a(f):\n    return f\ndef b(f):\n    return f\nd = a\nd = b\n@d\ndef f(): ...\n")
    assert found == {"main": ["main.b"]}


@pytest.mark.parametrize(
    ("code", "callees"),
    [
        ("for item in Rows():\n    pass\n", ["main.Rows.__iter__", "main.Rows.__next__"]),
        ("[item for item in Rows()]\n", ["main.Rows.__iter__", "main.Rows.__next__"]),
        ("with Rows():\n    pass\n", ["main.Rows.__enter__", "main.Rows.__exit__"]),
        ("raise Failure\n", ["main.Failure.__init__"]),
    ],
    ids=["loop", "comprehension", "with", "raise"],
)
def test_what_the_interpreter_calls_counts(tmp_path: Path, code: str, callees: list[str]) -> None:
    classes = """
class Rows:
    def __iter__(self):
        return self
    def __next__(self): ...
    def __enter__(self): ...
    def __exit__(self, *error): ...
class Failure(Exception):
    def __init__(self): ...
"""
    assert calls(tmp_path, classes + code)["main"] == callees


def test_a_base_class_that_calls_what_only_subclasses_have(tmp_path: Path) -> None:
    found = calls(
        tmp_path,
        """
        class Base:
            def run(self):
                self.step()
        class First(Base):
            def step(self): ...
        class Second(Base):
            def step(self): ...
        """,
    )
    assert found == {"main.Base.run": ["main.First.step", "main.Second.step"]}


def test_the_constructor_of_a_library_base_is_called(tmp_path: Path) -> None:
    assert calls(tmp_path, "from lib import Base\nclass A(Base): ...\nA()\n") == {"main": ["lib.Base.__init__"]}
