from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edanalyze.discover.yamltree import Mapping, Tagged, Text, YamlError, documents


def test_scalars_stay_the_text_they_were() -> None:
    (top,) = documents('ports: ["8001:80", 22:22, 007, yes, 1.10]\nempty:\nnothing: ~\nquoted: ""\n')
    assert top == {"ports": ["8001:80", "22:22", "007", "yes", "1.10"], "empty": None, "nothing": None, "quoted": ""}


def test_scalars_and_keys_know_their_line() -> None:
    (top,) = documents("a: 1\nb:\n  c: x\n")
    assert isinstance(top, Mapping)
    assert (top.at("a"), top.at("b"), top["b"].at("c"), top["b"]["c"].line) == (1, 2, 3, 3)
    assert top.at("missing") == 1


def test_documents_start_at_the_given_line() -> None:
    first, second = documents("a: 1\n---\nb: 2\n", first_line=10)
    assert (first["a"].line, second["b"].line) == (10, 12)  # type: ignore[index,call-overload]


def test_merge_keys_fill_in_what_is_missing() -> None:
    (top,) = documents("base: &b {x: 1, y: 2}\nother: &o {z: 3}\nuser:\n  <<: [*b, *o]\n  y: 5\n")
    assert top["user"] == {"x": "1", "y": "5", "z": "3"}  # type: ignore[index,call-overload]


def test_own_tags_are_kept_beside_their_value() -> None:
    (top,) = documents("q: !GetAtt Queue.Arn\ns: !Sub [a, {b: c}]\np: !!python/object:os.system x\n")
    assert top["q"] == Tagged("GetAtt", "Queue.Arn", 1)  # type: ignore[index,call-overload]
    assert top["s"] == Tagged("Sub", ["a", {"b": "c"}], 2)  # type: ignore[index,call-overload]
    assert isinstance(top["p"], Text)  # type: ignore[index,call-overload]


def test_last_of_a_duplicated_key_counts() -> None:
    assert documents("a: 1\na: 2\n") == [{"a": "2"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2\n", "line 2"),
        ("a: *missing\n", "line 1: alias"),
        ("a: &a [*a]\n", "line 1: alias"),
        ("[" * 300 + "]" * 300, "nested more than 200 deep"),
        ("[" * 100_000, "nested|nesting"),
        ("- " * 100_000, "nested|nesting"),
        ("a: \x00", "unacceptable|control characters"),
        ("a: \ud800", "surrogate"),
        ("a\n\tb: c", "line 2"),
    ],
)
def test_what_is_no_yaml_is_refused(text: str, message: str) -> None:
    with pytest.raises(YamlError, match=message):
        documents(text)


@pytest.mark.parametrize(
    "bomb",
    [
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30)),
        "a0: &a0 {x: y}\n" + "".join(f"a{i}: &a{i}\n  <<: [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30)),
    ],
)
def test_alias_bomb_is_refused_quickly(bomb: str) -> None:
    start = time.perf_counter()
    with pytest.raises(YamlError, match="aliases are expanded"):
        documents(bomb)
    assert time.perf_counter() - start < 2


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!<>|#'\"\\?,%@`~ \n\t$"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(YamlError):
        assert isinstance(documents(text), list)
