"""Which side of a test runs because a call did not go well."""

from __future__ import annotations

import pytest

from edanalyze.analyse.handling.failures import fails
from edanalyze.facts import ir
from edanalyze.syntax import lower


def condition(source: str) -> ir.Expr:
    (statement,) = lower("x.py", f"if {source}:\n    pass\n".encode()).body
    assert isinstance(statement, ir.Branch)
    return statement.test


@pytest.mark.parametrize(
    "source",
    [
        "response.status_code != 201",
        "response.status_code >= 400",
        "not response.ok",
        "response is None",
        'result["status"] == "declined"',
        "errors",
        "order and not result.success",
    ],
)
def test_the_body_runs_because_something_failed(source: str) -> None:
    assert fails(condition(source), True)
    assert not fails(condition(source), False)


@pytest.mark.parametrize(
    "source", ["response.ok", "response.status_code == 200", "response.status_code in (200, 201)", "result is not None"]
)
def test_the_other_side_runs_because_something_failed(source: str) -> None:
    assert fails(condition(source), False)
    assert not fails(condition(source), True)


@pytest.mark.parametrize("source", ["customer", "order.express", "quantity > 3", "kind == 'a'", "number is None"])
def test_what_says_nothing_about_a_call_is_no_failure(source: str) -> None:
    assert not fails(condition(source), True)
    assert not fails(condition(source), False)
