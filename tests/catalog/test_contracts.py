"""Contracts: which changes break whom, the lock, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edanalyze.catalog.compatibility import changes
from edanalyze.catalog.lock import LockError, from_text
from edanalyze.cli.app import app

STR: dict[str, Any] = {"type": "string"}
INT: dict[str, Any] = {"type": "integer"}
NUM: dict[str, Any] = {"type": "number"}
BOOL: dict[str, Any] = {"type": "boolean"}
NULL: dict[str, Any] = {"type": "null"}
DATE: dict[str, Any] = {"type": "string", "format": "date-time"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
UNKNOWN: dict[str, Any] = {"x-unknown": "not known"}
ANY: dict[str, Any] = {}


def obj(required: str = "", **fields: dict[str, Any]) -> dict[str, Any]:
    """An object with fields, some of them required."""
    return {"type": "object", "properties": fields, **({"required": required.split()} if required else {})}


def arr(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def one_of(*options: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": list(options)}


def enum(*values: Any) -> dict[str, Any]:
    return {"enum": list(values)}


def const(value: Any) -> dict[str, Any]:
    return {"const": value}


B, F, BF, OK = {"backward"}, {"forward"}, {"backward", "forward"}, set[str]()

TABLE: list[tuple[str, dict[str, Any], dict[str, Any], set[str]]] = [
    ("nothing", obj("a", a=STR), obj("a", a=STR), OK),
    ("an optional field is new", obj("a", a=STR), obj("a", a=STR, b=INT), OK),
    ("a required field is new", obj("a", a=STR), obj("a b", a=STR, b=INT), B),
    ("an optional field is gone", obj("a", a=STR, b=INT), obj("a", a=STR), OK),
    ("a required field is gone", obj("a b", a=STR, b=INT), obj("a", a=STR), F),
    ("a required field is renamed", obj("a", a=STR), obj("b", b=STR), BF),
    ("an optional field is renamed", obj(a=STR), obj(b=STR), OK),
    ("a field became required", obj(a=STR), obj("a", a=STR), B),
    ("a field became optional", obj("a", a=STR), obj(a=STR), F),
    ("text became a number", obj("a", a=STR), obj("a", a=INT), BF),
    ("a number became text", obj("a", a=NUM), obj("a", a=STR), BF),
    ("an integer became a number", obj("a", a=INT), obj("a", a=NUM), F),
    ("a number became an integer", obj("a", a=NUM), obj("a", a=INT), B),
    ("a boolean became an integer", obj("a", a=BOOL), obj("a", a=INT), BF),
    ("text became a date", obj("a", a=STR), obj("a", a=DATE), B),
    ("a date became text", obj("a", a=DATE), obj("a", a=STR), F),
    ("a date became a uuid", obj("a", a=DATE), obj("a", a=UUID), BF),
    ("null became possible", obj("a", a=STR), obj("a", a=one_of(STR, NULL)), F),
    ("null became impossible", obj("a", a=one_of(STR, NULL)), obj("a", a=STR), B),
    ("an alternative is new", obj("a", a=one_of(STR, INT)), obj("a", a=one_of(STR, INT, BOOL)), F),
    ("an alternative is gone", obj("a", a=one_of(STR, INT, BOOL)), obj("a", a=one_of(STR, INT)), B),
    ("alternatives in another order", obj("a", a=one_of(STR, INT)), obj("a", a=one_of(INT, STR)), OK),
    ("a value of an enumeration is new", obj("a", a=enum("x")), obj("a", a=enum("x", "y")), F),
    ("a value of an enumeration is gone", obj("a", a=enum("x", "y")), obj("a", a=enum("x")), B),
    ("a value of an enumeration is renamed", obj("a", a=enum("x", "y")), obj("a", a=enum("x", "z")), BF),
    ("values in another order", obj("a", a=enum("x", "y")), obj("a", a=enum("y", "x")), OK),
    ("an enumeration became text", obj("a", a=enum("x", "y")), obj("a", a=STR), F),
    ("text became an enumeration", obj("a", a=STR), obj("a", a=enum("x", "y")), B),
    ("a constant became text", obj("a", a=const("x")), obj("a", a=STR), F),
    ("text became a constant", obj("a", a=STR), obj("a", a=const("x")), B),
    ("a constant changed", obj("a", a=const(1)), obj("a", a=const(2)), BF),
    ("a constant became one of two", obj("a", a=const("x")), obj("a", a=enum("x", "y")), F),
    ("the items of an array changed", obj("a", a=arr(STR)), obj("a", a=arr(INT)), BF),
    ("the items of an array were widened", obj("a", a=arr(INT)), obj("a", a=arr(NUM)), F),
    ("one became many", obj("a", a=STR), obj("a", a=arr(STR)), BF),
    ("many became one", obj("a", a=arr(STR)), obj("a", a=STR), BF),
    ("a nested optional field is new", obj("a", a=obj("x", x=STR)), obj("a", a=obj("x", x=STR, y=STR)), OK),
    ("a nested required field is new", obj("a", a=obj("x", x=STR)), obj("a", a=obj("x y", x=STR, y=STR)), B),
    ("a nested required field is gone", obj("a", a=obj("x y", x=STR, y=STR)), obj("a", a=obj("x", x=STR)), F),
    ("a nested type changed", obj("a", a=obj("x", x=STR)), obj("a", a=obj("x", x=BOOL)), BF),
    ("a field in items is gone", obj("a", a=arr(obj("x", x=STR))), obj("a", a=arr(obj(y=STR))), F),
    ("an object became nullable", obj("a", a=obj("x", x=STR)), obj("a", a=one_of(obj("x", x=STR), NULL)), F),
    ("a nullable object lost a field", obj(a=one_of(obj("x", x=STR), NULL)), obj(a=one_of(obj(), NULL)), F),
    ("an object became text", obj("a", a=obj("x", x=STR)), obj("a", a=STR), BF),
    ("anything became text", obj("a", a=ANY), obj("a", a=STR), B),
    ("text became anything", obj("a", a=STR), obj("a", a=ANY), F),
    ("the old type is not known", obj("a", a=UNKNOWN), obj("a", a=STR), OK),
    ("the new type is not known", obj("a", a=STR), obj("a", a=UNKNOWN), OK),
    ("the new message may hold more", obj("a b", a=STR, b=STR), {**obj("a", a=STR), "x-unknown": "merged"}, OK),
    ("the message is not known any more", obj("a", a=STR), UNKNOWN, OK),
    ("two changes at once", obj("a", a=STR), obj("b", a=STR, b=STR), BF),
]


@pytest.mark.parametrize(("old", "new", "broken"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_change_breaks_what_a_schema_registry_says(
    old: dict[str, Any], new: dict[str, Any], broken: set[str]
) -> None:
    assert {mode for change in changes(old, new) for mode in change.breaks} == broken


def test_a_change_names_the_path_of_its_field() -> None:
    old = obj("lines", lines=arr(obj("sku", sku=STR)))
    new = obj("lines", lines=arr(obj("sku", sku=INT)))
    (change,) = changes(old, new)
    assert change.field == "lines[].sku"
    assert change.what == "string became integer"


# --------------------------------------------------------------------- command

CODE = """
import json
from kafka import KafkaConsumer, KafkaProducer
producer = KafkaProducer()
def place(order_id: int, total: float):
    producer.send("orders.placed", json.dumps({FIELDS}).encode())
def work():
    for message in KafkaConsumer("orders.placed"):
        print(json.loads(message.value)["id"])
"""


def run(folder: Path, action: str, fields: str = "", *more: str) -> tuple[int, str]:
    """Write the sample with some fields, and run the command."""
    if fields:
        (folder / "pyproject.toml").touch()
        (folder / "app.py").write_text(CODE.replace("FIELDS", fields))
    ran = CliRunner().invoke(app, ["contracts", action, str(folder), *more])
    return ran.exit_code, ran.output


def findings(folder: Path, *more: str) -> list[str]:
    """What the rule reports, as `line message`."""
    ran = CliRunner().invoke(app, ["check", str(folder), "--select", "EDA506", "--format", "concise", "-q", *more])
    return [f"{line.split(':')[1]}{line.partition('EDA506')[2]}" for line in ran.output.splitlines()]


def test_a_first_day_with_contracts(tmp_path: Path) -> None:
    """Lock, break, be told at both ends, change compatibly, agree anew."""
    assert run(tmp_path, "check", '"id": order_id')[0] == 2
    assert run(tmp_path, "lock") == (0, f"1 contracts in {tmp_path / 'contracts.lock'}\n")
    assert run(tmp_path, "check") == (0, "")
    code, told = run(tmp_path, "check", '"id": str(order_id)')
    assert code == 1
    assert told == ("breaking: orders.placed: id: integer became string (sent at app.py:6; agreed on: app.py place)\n")
    sent, read = findings(tmp_path)
    assert sent.startswith("6 `id` of `orders.placed`: integer became string (agreed on: app.py place)")
    assert read.startswith("9 `id` of `orders.placed`: integer became string, and this consumer reads it")

    code, told = run(tmp_path, "check", '"number": order_id')
    assert code == 1 and "id: the field is gone" in told
    assert [each[:2] for each in findings(tmp_path)] == ["6 ", "9 "]

    assert run(tmp_path, "check", '"id": order_id, **({"note": "x"} if total else {})') == (0, "")
    assert findings(tmp_path) == []

    code, told = run(tmp_path, "check", '"id": order_id, "total": total')
    assert (code, "required field is new" in told) == (1, True)
    assert run(tmp_path, "lock")[0] == 0
    assert run(tmp_path, "check") == (0, "")
    assert findings(tmp_path) == []


def test_a_new_lock_is_backward_as_a_registry_has_it_but_keeps_fields(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"id": order_id, "total": total')
    lock = tmp_path / "contracts.lock"
    assert (json.loads(lock.read_text())["compatibility"], json.loads(lock.read_text())["removed-fields"]) == (
        "backward",
        "break",
    )
    code, told = run(tmp_path, "check", '"id": order_id')
    assert (code, "total: the field is gone" in told) == (1, True)
    lock.write_text(lock.read_text().replace('"break"', '"allow"'))
    assert run(tmp_path, "check") == (0, "")
    run(tmp_path, "lock")
    assert json.loads(lock.read_text())["removed-fields"] == "allow"


def test_a_deprecated_message_is_reported_after_its_last_day(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"id": order_id')
    (tmp_path / "pyproject.toml").write_text('[tool.edanalyze.deprecated]\n"orders.*" = "2026-06-30"\n')
    assert run(tmp_path, "check", "", "--as-of", "2026-06-30") == (0, "")
    assert findings(tmp_path, "--as-of", "2026-06-30") == []
    code, told = run(tmp_path, "check", "", "--as-of", "2026-07-01")
    assert code == 1
    assert told == "deprecated: orders.placed: its last day was 2026-06-30 (still at app.py:6, app.py:7)\n"
    assert [each[:1] for each in findings(tmp_path, "--as-of", "2026-07-01")] == ["6", "7"]
    assert findings(tmp_path, "--as-of", "2026-06-01") == []


def test_the_last_day_in_the_lock_goes_with_its_version(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"id": order_id, "version": "1"')
    lock = tmp_path / "contracts.lock"
    lock.write_text(lock.read_text().replace('"deprecated": ""', '"deprecated": "2026-06-30"'))
    code, told = run(tmp_path, "check", "", "--as-of", "2026-07-01")
    assert (code, "orders.placed, version 1: its last day was 2026-06-30" in told) == (1, True)
    run(tmp_path, "lock")
    assert '"deprecated": "2026-06-30"' in lock.read_text()
    assert run(tmp_path, "check", '"id": order_id, "version": "2"', "--as-of", "2026-07-01") == (0, "")
    run(tmp_path, "lock")
    assert '"deprecated": ""' in lock.read_text()


def test_a_deprecated_message_may_go(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"id": order_id')
    lock = tmp_path / "contracts.lock"
    lock.write_text(lock.read_text().replace('"deprecated": ""', '"deprecated": "2026-06-30"'))
    (tmp_path / "app.py").write_text("x = 1")
    assert run(tmp_path, "check") == (0, "")


def test_what_is_no_day_is_refused(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"id": order_id')
    (tmp_path / "pyproject.toml").write_text('[tool.edanalyze.deprecated]\n"orders.*" = "next year"\n')
    code, told = run(tmp_path, "check")
    assert (code, "deprecated.orders.*: expected a day such as 2026-06-30" in told) == (2, True)


def test_modes_are_kept_and_decide_what_breaks(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"id": order_id')
    lock = tmp_path / "contracts.lock"
    lock.write_text(lock.read_text().replace('"compatibility": ""', '"compatibility": "forward"'))
    code, told = run(tmp_path, "check", '"id": order_id, "total": total')
    assert (code, told) == (0, "")
    assert "compatible: orders.placed: total" in run(tmp_path, "diff")[1]
    run(tmp_path, "lock")
    assert '"compatibility": "forward"' in lock.read_text()


def test_a_message_that_nobody_sends_any_more_breaks(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"id": order_id')
    (tmp_path / "app.py").write_text("x = 1")
    code, told = run(tmp_path, "check")
    assert code == 1 and "nobody sends the message any more" in told


def test_a_consumer_that_reads_what_nobody_sends_breaks(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"number": order_id')
    code, told = run(tmp_path, "check")
    assert code == 1
    assert "id: read at app.py:9 by work, and nobody sends it (sent at app.py:6)" in told


def test_the_lock_is_the_same_for_the_same_code(tmp_path: Path) -> None:
    run(tmp_path, "lock", '"id": order_id')
    first = (tmp_path / "contracts.lock").read_bytes()
    run(tmp_path, "lock")
    assert (tmp_path / "contracts.lock").read_bytes() == first


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"version": 2, "compatibility": "full", "contracts": {}}',
        '{"version": 1, "compatibility": "sideways", "contracts": {}}',
        '{"version": 1, "compatibility": "", "contracts": {}}',
        '{"version": 1, "compatibility": "full", "removed-fields": "keep", "contracts": {}}',
        '{"version": 1, "compatibility": "full", "contracts": {"a": {"schema": {}, "deprecated": "soon"}}}',
    ],
)
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(LockError):
        from_text(text)


def test_what_happens_inside_a_process_changes_no_contract(tmp_path: Path) -> None:
    """A message of the same name that a bus hands over inside takes no id away from the one that is sent."""
    code = (
        CODE.replace("FIELDS", '"id": order_id')
        + """
from dataclasses import asdict, dataclass
class Event: ...
@dataclass
class Shipped(Event):
    id: int
def announce(event: Shipped):
    producer.send("orders.shipped", json.dumps(asdict(event)).encode())
"""
    )
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app.py").write_text(code + "HANDLERS = {Shipped: [announce]}\ndef ship(): return Shipped(1)\n")
    assert run(tmp_path, "lock")[0] == 0
    assert run(tmp_path, "check") == (0, "")
    assert findings(tmp_path) == []
    (tmp_path / "app.py").write_text(code)
    assert run(tmp_path, "check") == (0, "")
    assert findings(tmp_path) == []
