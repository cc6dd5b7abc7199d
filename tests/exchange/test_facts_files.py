"""Facts files: the same bytes however they are put together, the documented shape, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edanalyze import api, exchange
from edanalyze.catalog import render
from edanalyze.exchange import Facts, FactsError, from_json, to_json, union
from edanalyze.exchange.payloadschema import schema_text
from edanalyze.exchange.records import LISTS
from edanalyze.exchange.schema import text
from edanalyze.graph import to_json as graph_json

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "docs" / "schema" / "facts.schema.json"
SYSTEMS = ("settings_urls", "nameko_rpc", "celery_flask", "message_bus")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Facts]:
    """The facts of some of the sample systems, each standing alone."""
    folder = tmp_path_factory.mktemp("systems")
    roots = [Path(shutil.copytree(ROOT / "fixtures" / name, folder / name)) for name in SYSTEMS]
    return [api.facts(api.load_project([root], api.Options(jobs=1))) for root in roots]


def test_the_documented_schema_is_that_of_the_records() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == text()


def test_facts_files_follow_the_schema_and_are_read_back_whole(told: list[Facts]) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for facts in told:
        written = to_json(facts)
        validator.validate(json.loads(written))
        assert from_json(written) == facts
        assert to_json(from_json(written)) == written


def test_facts_hold_no_source_text(told: list[Facts]) -> None:
    written = to_json(told[0]).decode()
    for path in (ROOT / "fixtures" / SYSTEMS[0]).rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if len(line.strip()) > 30 and not line.strip().startswith(("#", '"""')):
                assert json.dumps(line.strip())[1:-1] not in written


def pieces(facts: Facts, into: list[int]) -> list[Facts]:
    """The records dealt out: record number n goes to the piece `into[n]` names."""
    dealt: dict[int, dict[str, list[Any]]] = {}
    number = 0
    for field in LISTS:
        for record in getattr(facts, field):
            where = into[number % len(into)]
            dealt.setdefault(where, {}).setdefault(field, []).append(record)
            number += 1
    return [
        from_json(to_json(Facts(**{field: tuple(records) for field, records in part.items()})))
        for part in dealt.values()
    ]


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_split_merged_in_any_order_and_grouping_gives_the_same_facts_and_graph(
    told: list[Facts], data: st.DataObject
) -> None:
    whole = union(told)
    into = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=40))
    parts = [part for facts in told for part in pieces(facts, into)]
    parts += data.draw(st.lists(st.sampled_from(parts), max_size=3))
    parts = data.draw(st.permutations(parts))
    while len(parts) > 1:
        at = data.draw(st.integers(0, len(parts) - 2))
        parts[at : at + 2] = [union(parts[at : at + 2])]
    assert to_json(parts[0]) == to_json(whole)
    assert graph_json(api.graph_of_facts(parts)) == graph_json(api.graph_of_facts(told))
    assert render(api.catalogue_of_facts(union(parts)), "json") == render(api.catalogue_of_facts(whole), "json")


def document(**changes: Any) -> bytes:
    code = {"system": "a", "id": "function:f", "kind": "function", "name": "f"}
    return json.dumps({"version": 1, "code": [{**code, **changes}]}).encode()


def message(schema: str) -> bytes:
    sent = {"system": "a", "name": "n", "kind": "event", "why": "", "channel": "c", "transport": "kafka"}
    return json.dumps({"version": 1, "sent": [{**sent, "schema": schema}]}).encode()


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("", "is not valid JSON"),
        ("{", "is not valid JSON"),
        ("[" * 50_000, "is not valid JSON"),
        ("[]", "is no JSON Schema"),
        ('{"properties": []}', "is no JSON Schema"),
        ('{"properties": {"a": 5}}', "is no JSON Schema"),
        ('{"required": [5]}', "is no JSON Schema"),
        ('{"anyOf": []}', "is no JSON Schema"),
        ('{"enum": [{}]}', "is no JSON Schema"),
        ('{"type": ["string"]}', "is no JSON Schema"),
        ('{"items": ' * 60 + "{}" + "}" * 60, "nested too deeply"),
        ('{"title": "' + "x" * 200_000 + '"}', "characters long"),
    ],
)
def test_what_is_no_schema_is_refused(schema: str, reason: str) -> None:
    with pytest.raises(FactsError, match=reason):
        from_json(message(schema))


def test_a_schema_that_is_too_large_for_a_facts_file_is_left_out() -> None:
    assert json.loads(schema_text({"title": "x" * 200_000})) == {"x-unknown": "the schema is too large"}
    assert from_json(message(schema_text({"type": "object", "properties": {"a": {"anyOf": [{}, {"const": 1}]}}})))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "no facts file"),
        (b"{", "no facts file"),
        (b"\xff\xfe", "no facts file"),
        (b"[" * 100_000, "no facts file"),
        (b'{"nodes": []}', "no facts file"),
        (b'{"version": "1"}', "no facts file"),
        (b'{"version": 2}', "version 2 of facts files is not known"),
        (b'{"version": 1, "code": {}}', "no facts file"),
        (b'{"version": 1, "code": [{"id": "x"}]}', "no facts file"),
        (document(line="7"), "no facts file"),
        (document(line=-1), "is at line -1"),
        (document(kind="module"), "unknown kind 'module'"),
        (document(path="../../etc/passwd"), "does not lie within its system"),
        (document(path="/etc/passwd"), "does not lie within its system"),
        (document(path="C:\\secret"), "does not lie within its system"),
        (document(path="a\x1b[2J.py"), "does not lie within its system"),
        (document(system="../up"), "belongs to a system of the name"),
        (document(system=""), "belongs to a system of the name"),
        (document(name="x" * 5000), "a text of 5000 characters"),
    ],
)
def test_what_is_no_facts_file_is_refused_with_a_reason(text: bytes, reason: str) -> None:
    with pytest.raises(FactsError, match=reason):
        from_json(text)


def test_what_a_later_version_adds_is_passed_over() -> None:
    assert from_json(b'{"version": 1, "colours": [1], "code": []}') == Facts()


def test_a_refused_file_is_named_and_the_others_are_used(told: list[Facts], tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(to_json(told[0]))
    (tmp_path / "bad.json").write_bytes(document(path="../x"))
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    files = [tmp_path / name for name in ("bad.json", "good.json", "loop.json", "none.json")]
    read, refused = api.read_facts(files)
    assert read == told[0]
    assert [Path(each.path).name for each in refused] == ["bad.json", "loop.json", "none.json"]
    assert "does not lie within its system" in refused[0].reason


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edanalyze.exchange.document.LARGEST", 10)
    (tmp_path / "large.json").write_bytes(to_json(Facts()))
    with pytest.raises(FactsError, match="larger than"):
        exchange.read(tmp_path / "large.json")


def test_calls_in_a_circle_and_calls_to_nowhere_are_no_harm() -> None:
    function = {"system": "a", "kind": "function", "name": "f"}
    call = {"system": "a", "path": "m.py", "line": 1}
    text = {
        "version": 1,
        "code": [{**function, "id": "function:f"}, {**function, "id": "function:g"}],
        "calls": [
            {**call, "source": "function:f", "target": "function:g"},
            {**call, "source": "function:g", "target": "function:f"},
            {**call, "source": "function:g", "target": "function:gone"},
        ],
        "requests": [{"system": "a", "sources": ["function:gone"], "methods": ["GET"], "url": ["http://x/"]}],
    }
    graph = api.graph_of_facts([from_json(json.dumps(text))])
    assert [(edge.source, edge.target) for edge in graph.edges] == [
        ("function:f", "function:g"),
        ("function:g", "function:f"),
    ]
