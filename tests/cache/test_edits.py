"""After an edit that only moves places, findings are carried over; the result is that of a new analysis either way."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from edanalyze import api
from edanalyze.cache.shift import Ambiguous, shift
from edanalyze.facts.module import ModuleFacts
from edanalyze.syntax import lower
from tests.cache.conftest import FIXTURES, checked, lay_out, project

SYSTEMS = sorted(each.name for each in FIXTURES.iterdir() if each.is_dir() and any(each.rglob("*.py")))
ALL = {"select": ("ALL",), "min_confidence": "guess"}
Edit = Callable[[str], str]


def comment_above_statements(source: str) -> str:
    """Put a comment and a blank line above each statement of the module."""
    lines = source.split("\n")
    for statement in reversed(ast.parse(source).body[1:]):
        decorators = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(each.lineno for each in decorators)])
        lines[first - 1 : first - 1] = ["", "# a word on what follows"]
    return "\n".join(lines)


def comment_behind_lines(source: str) -> str:
    """Put a comment behind the first line of each simple statement that ends there."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr | ast.Assign | ast.Return) and node.lineno == node.end_lineno:
            lines[node.lineno - 1] += "  # said"
    return "\n".join(lines)


def change_docstrings(source: str) -> str:
    """Let each docstring of a function have two lines more."""
    lines = source.split("\n")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for node in sorted(functions, key=lambda node: -node.lineno):
        first = node.body[0]
        if ast.get_docstring(node) and first.lineno == first.end_lineno and lines[first.lineno - 1].endswith('"""'):
            lines[first.lineno - 1] = lines[first.lineno - 1][:-3] + "\n\n" + " " * first.col_offset + 'More."""'
    return "\n".join(lines)


def wider_spaces(source: str) -> str:
    """Put more space around what is assigned."""
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and node.lineno == node.end_lineno:
            lines[node.lineno - 1] = lines[node.lineno - 1].replace(" = ", "   =   ", 1)
    return "\n".join(lines)


def one_more_function(source: str) -> str:
    """Add code."""
    return f"{source}\ndef one_more(session, bus):\n    session.commit()\n    bus.publish('x', {{}})\n"


EDITS = [comment_above_statements, comment_behind_lines, change_docstrings, wider_spaces, one_more_function]


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_result_after_an_edit_is_that_of_a_new_analysis(name: str, tmp_path: Path) -> None:
    root = lay_out(name, tmp_path)
    checked(root, **ALL)
    for number, path in enumerate(sorted(root.rglob("*.py"))[:5]):
        source = path.read_text(encoding="utf-8")
        edited = EDITS[number % len(EDITS)](source)
        overlay = {path: edited.encode()}
        assert checked(root, overlay=overlay, **ALL) == checked(root, cache=False, overlay=overlay, **ALL)


@pytest.mark.parametrize("edit", EDITS[:-1], ids=lambda edit: edit.__name__)
def test_an_edit_that_only_moves_places_needs_no_analysis(shop: Path, edit: Edit) -> None:
    checked(shop, **ALL)
    overlay = {path: edit(path.read_text()).encode() for path in sorted((shop / "orders").rglob("*.py"))}
    opened = project(shop, overlay=overlay, **ALL)
    assert api.check(opened) == checked(shop, cache=False, overlay=overlay, **ALL)
    assert opened._modules is None


def test_comments_that_silence_count_after_an_edit(shop: Path) -> None:
    first = next(item for item in checked(shop).diagnostics if item.path.endswith(".py"))
    path = shop / first.path
    lines = path.read_text().split("\n")
    for comment in ("# noqa", "# noqa: EDA", f"# edanalyze: ignore[{first.name}]", "# edanalyze: optional"):
        edited = [*lines]
        edited[first.line - 1] += f"  {comment}"
        overlay = {path: "\n".join(edited).encode()}
        assert checked(shop, overlay=overlay) == checked(shop, cache=False, overlay=overlay)


def facts(source: str) -> ModuleFacts:
    return lower("a/b.py", source.encode())


CALLS = "def f(a, b):\n    a.go()\n    b.go(\n        a)\n"


@pytest.mark.parametrize(
    "other",
    [
        CALLS.replace("b.go(", "b.gone("),
        CALLS.replace("def f(a, b)", "def f(b, a)"),
        CALLS.replace("    a.go()\n", "    a.go(1)\n"),
        CALLS.replace("    a.go()\n", "    a.go(); "),
        CALLS + "x = 1\n",
        CALLS.replace("a.go()", "a.go()  # edanalyze: optional"),
        CALLS.replace("a.go()", "a.go(True)") + "1",
    ],
)
def test_more_than_a_move_is_told_from_a_move(other: str) -> None:
    assert shift(facts(CALLS), facts(CALLS)) is not None
    assert shift(facts(CALLS), facts(other)) is None


def test_constants_that_are_equal_but_of_other_types_differ() -> None:
    assert shift(facts("f(1)\n"), facts("f(True)\n")) is None
    assert shift(facts("f(1)\n"), facts("f(1.0)\n")) is None


def test_places_and_mentions_of_lines_move() -> None:
    moved = shift(facts(CALLS), facts(f"# one\n{CALLS}".replace("    a.go()", "    # two\n    a  .go()")))
    assert moved is not None
    assert moved.start(2, 7) == (4, 9)
    assert moved.end(2, 9) == (4, 11)
    assert moved.growth == 2
    assert moved.text("see a/b.py:3 and c/a/b.py:3, a/b.py:3") == "see a/b.py:5 and c/a/b.py:3, a/b.py:5"
    for unknown in ((1, 1), (2, 8), (9, 1)):
        with pytest.raises(Ambiguous):
            moved.start(*unknown)
    with pytest.raises(Ambiguous):
        moved.text("a/b.py:99")
