"""Which assignments a use of a local name sees."""

from __future__ import annotations

import textwrap

import pytest

from edanalyze.facts import ir
from edanalyze.link.program import Program
from edanalyze.syntax import lower

EVERY = ["every binding"]


def seen(source: str) -> dict[str, list[object]]:
    """For each `mark("x", name)`: the constants that `name` may hold there."""
    program = Program([lower("app.py", textwrap.dedent(source).encode())])
    found: dict[str, list[object]] = {}
    for scope in program.scopes.values():
        for call, _ in scope.calls:
            if isinstance(call.function, ir.Name) and call.function.id == "mark":
                label, use = call.arguments[0], call.arguments[1]
                assert isinstance(label, ir.Const)
                bindings = scope.reaching.get(id(use))
                values = [getattr(binding.expr, "value", binding.kind) for binding in bindings or ()]
                found[str(label.value)] = sorted(map(str, values)) if bindings is not None else EVERY
    return found


def test_each_use_sees_the_assignment_before_it() -> None:
    assert seen(
        """
        def f():
            url = "a"
            mark("first", url)
            url = "b"
            mark("second", url)
        """
    ) == {"first": ["a"], "second": ["b"]}


def test_a_parameter_is_seen_until_it_is_assigned() -> None:
    assert seen(
        """
        def f(url):
            mark("given", url)
            url = "b"
            mark("set", url)
        """
    ) == {"given": ["parameter"], "set": ["b"]}


def test_after_a_branch_both_sides_are_seen() -> None:
    assert seen(
        """
        def f(flag):
            url = "old"
            url = "a"
            if flag:
                url = "b"
            mark("after", url)
        """
    ) == {"after": ["a", "b"]}


def test_a_branch_that_leaves_is_not_seen_after_it() -> None:
    assert seen(
        """
        def f(flag):
            url = "a"
            if flag:
                url = "b"
                return url
            mark("after", url)
        """
    ) == {"after": ["a"]}


def test_a_loop_sees_what_its_last_round_assigned() -> None:
    assert seen(
        """
        def f(items):
            url = "never"
            url = "a"
            for item in items:
                mark("inside", url)
                url = "b"
            mark("after", url)
        """
    ) == {"inside": ["a", "b"], "after": ["a", "b"]}


def test_an_except_clause_sees_what_the_body_may_have_assigned() -> None:
    assert seen(
        """
        def f():
            url = "never"
            url = "a"
            try:
                work()
                url = "b"
            except Exception:
                mark("caught", url)
                raise
            mark("after", url)
        """
    ) == {"caught": ["a", "b"], "after": ["b"]}


@pytest.mark.parametrize(
    "source",
    [
        """
        def f():
            url = "a"
            def inner():
                mark("use", url)
            url = "b"
        """,
        """
        def f():
            url = "a"
            def inner():
                nonlocal url
                url = "c"
            url = "b"
            inner()
            mark("use", url)
        """,
    ],
    ids=["a nested function", "a name that a nested function assigns"],
)
def test_what_runs_at_another_time_sees_every_assignment(source: str) -> None:
    assert seen(source) == {"use": EVERY}


def test_a_comprehension_sees_the_assignment_before_it() -> None:
    assert seen(
        """
        def f(items):
            url = "a"
            url = "b"
            return [mark("use", url) for item in items]
        """
    ) == {"use": ["b"]}


def test_the_variable_of_a_comprehension_is_its_own() -> None:
    assert seen(
        """
        def f(items):
            url = "a"
            url = "b"
            return [mark("use", url) for url in items]
        """
    ) == {"use": EVERY}
