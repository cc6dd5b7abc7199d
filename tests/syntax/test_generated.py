"""Programs nobody would write: generated from Python's grammar and from LibCST's nodes."""

from __future__ import annotations

import hypothesmith
import libcst
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from edanalyze.facts.module import ModuleFacts
from edanalyze.syntax import SyntaxFailure, lower
from tests.syntax.oracle import facts_places, read

FEW = settings(max_examples=30, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def agrees(source: str) -> None:
    try:
        facts = lower("a.py", source.encode())
    except SyntaxFailure:
        return
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=ModuleFacts) == facts
    found, expected = facts_places(facts), read(source)
    assert found.places == expected.places
    assert not expected.calls - found.calls - expected.foldable


@pytest.mark.filterwarnings("ignore")
@FEW
@given(hypothesmith.from_grammar())
def test_programs_of_the_grammar(source: str) -> None:
    agrees(source)


@pytest.mark.filterwarnings("ignore")
@FEW
@given(hypothesmith.from_node())
def test_programs_of_nodes(source: str) -> None:
    agrees(source)


@pytest.mark.filterwarnings("ignore")
@FEW
@given(hypothesmith.from_node(libcst.FunctionDef))
def test_functions_of_nodes(source: str) -> None:
    agrees(source)
