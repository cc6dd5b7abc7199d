"""Expressions: shape, evaluation order, nothing lost."""

from __future__ import annotations

import re

import pytest

from edanalyze.facts import ir
from edanalyze.facts.ir import (
    Attr,
    Await,
    Bind,
    Call,
    Choice,
    Const,
    Expr,
    Hole,
    Index,
    Items,
    Mapping,
    Name,
    Operation,
    Place,
    Star,
    Yield,
)
from tests.syntax.lowering import function, module, statement, value
from tests.syntax.oracle import records


def called(source: str) -> list[str]:
    """The names called in a module, by where they stand."""
    calls = [record for record in records(module(source)) if isinstance(record, Call)]
    calls.sort(key=lambda call: (call.place.line, call.place.column))
    return [call.function.id for call in calls if isinstance(call.function, Name)]


def test_call_keeps_the_place_of_the_called_name() -> None:
    call = value("self.bus.publish(event)")
    assert call == Call(Attr(Attr(Name("self"), "bus"), "publish"), (Name("event"),), (), Place(1, 10, 1, 17))


def test_place_of_a_chained_call_is_that_of_its_own_name() -> None:
    outer = value("(session\n    .query(Order)\n    .filter(paid)\n)")
    assert isinstance(outer, Call) and isinstance(outer.function, Attr)
    inner = outer.function.value
    assert isinstance(inner, Call)
    assert (inner.place, outer.place) == (Place(2, 6, 2, 11), Place(3, 6, 3, 12))


def test_place_of_a_call_without_a_name_is_that_of_the_name_it_starts_from() -> None:
    call = value("handlers[kind](event)")
    assert isinstance(call, Call)
    assert call.place == Place(1, 1, 1, 9)


def test_columns_count_characters() -> None:
    call = value('"\N{PARTY POPPER}ü", naïve(1)')
    assert isinstance(call, Items) and isinstance(call.items[1], Call)
    assert call.items[1].place == Place(1, 7, 1, 12)


def test_arguments_keep_stars_and_keywords() -> None:
    call = value("send(topic, *parts, key=order.id, **options)")
    assert isinstance(call, Call)
    assert call.arguments == (Name("topic"), Star(Name("parts")))
    assert call.keywords == (("key", Attr(Name("order"), "id")), ("", Name("options")))


def test_awaited_call_carries_the_await() -> None:
    body = function("async def f():\n    await bus.publish(e)\n    await task\n").body
    call, task = (statement.value for statement in body if isinstance(statement, ir.Evaluate))
    assert isinstance(call, Call) and call.awaited
    assert task == Await(Name("task"))


def test_call_awaited_twice_keeps_both() -> None:
    body = function("async def f():\n    await (await bus.publish(e))\n").body
    again = body[0].value  # type: ignore[union-attr]
    assert isinstance(again, Await) and isinstance(again.value, Call) and again.value.awaited


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a if b else c", Choice("if", Name("b"), (Name("a"), Name("c")))),
        ("a or b or c", Choice("or", None, (Name("a"), Name("b"), Name("c")))),
        ("a and b or c", Choice("or", None, (Choice("and", None, (Name("a"), Name("b"))), Name("c")))),
        ("not a", Operation("not", (Name("a"),))),
        ("-1", Const(-1)),
        ("a - b - c", Operation("-", (Operation("-", (Name("a"), Name("b"))), Name("c")))),
        ("a not in b", Operation("not in", (Name("a"), Name("b")))),
        ("a is not None", Operation("is not", (Name("a"), Const(None)))),
        ("a < b <= c", Operation("< <=", (Name("a"), Name("b"), Name("c")))),
        ("a | b", Operation("|", (Name("a"), Name("b")))),
        ("(n := total)", Bind("n", Name("total"))),
        ("[a, *b]", Items("list", (Name("a"), Star(Name("b"))))),
        ("a, b", Items("tuple", (Name("a"), Name("b")))),
        ("{a}", Items("set", (Name("a"),))),
        ("{'a': 1, **b}", Mapping(((Const("a"), Const(1)), (None, Name("b"))))),
        ("a['k']", Index(Name("a"), Const("k"))),
        ("a[1:n]", Index(Name("a"), Hole("slice"))),
        ("a[i, ...]", Index(Name("a"), Items("tuple", (Name("i"), Const("..."))))),
        ("True, None, 0x10, 1_000, 1.5", Items("tuple", tuple(map(Const, (True, None, 16, 1000, 1.5))))),
        ("2j", Hole("number")),
        ("99999999999999999999", Hole("number")),
    ],
)
def test_expression_is_lowered_to(source: str, expected: Expr) -> None:
    assert value(source) == expected


def test_identifiers_are_normalised_as_python_does() -> None:
    assert value("\N{LATIN SMALL LIGATURE FI}le") == Name("file")


def test_slice_that_calls_keeps_its_bounds() -> None:
    found = value("rows[start():stop()]")
    assert isinstance(found, Index) and isinstance(found.key, Operation)
    assert found.key.operator == ":"
    assert len(found.key.operands) == 2


def test_comprehension_keeps_its_generators() -> None:
    found = value("[send(e) async for e in events if e.due for _ in times]")
    assert isinstance(found, ir.Comprehension)
    assert (found.kind, found.key) == ("list", None)
    first, second = found.generators
    assert (first.target, first.source, first.tests) == (Name("e"), Name("events"), (Attr(Name("e"), "due"),))
    assert (first.asynchronous, second.asynchronous) == (True, False)


@pytest.mark.parametrize("kind", ["dict", "set", "generator"])
def test_comprehension_tells_its_kind(kind: str) -> None:
    source = {"dict": "{k: v for k, v in m}", "set": "{k for k in m}", "generator": "sum(k for k in m)"}[kind]
    (found,) = [record for record in records(module(source)) if isinstance(record, ir.Comprehension)]
    assert found.kind == kind
    assert found.key == (Name("k") if kind == "dict" else None)


def test_yield_makes_a_generator() -> None:
    facts = module("def f():\n    x = yield 1\n    yield from g()\n\ndef h():\n    return lambda: (yield)\n").functions
    assert {name: found.generator for name, found in facts.items()} == {
        "f": True,
        "h": False,
        "h.<lambda1>": True,
    }
    yields = [record for record in records(facts["f"]) if isinstance(record, Yield)]
    assert sorted(found.delegates for found in yields) == [False, True]


@pytest.mark.parametrize(
    "source",
    [
        "x[a()]",
        "x[a():b():c()]",
        "x[a(), b():]",
        "a() < b() < c()",
        "f'{a()!r:>{b()}} {c()=}'",
        "def f(x=a(), *, y: b() = c()) -> d(): pass",
        "@a()\n@b(c())\ndef f(): pass",
        "@a()\nclass C(b(), metaclass=c()): pass",
        "[a() for x in b() if c() for y in d()]",
        "{a(): b() for x in c()}",
        "{**a(), b(): c()}",
        "assert a(), b()",
        "del x[a()], b().c",
        "raise a() from b()",
        "raise a() from None",
        "def f():\n    yield a()\n    yield from b()\n    return c()",
        "async def f():\n    await a()\n    async with b() as c().d, e(): pass\n    async for x in g(): pass",
        "match a():\n    case b.c if d(): e()\n    case {'k': A(x=1)}: f()",
        "lambda x=a(): b(x)",
        "while a():\n    b()\nelse:\n    c()",
        "try:\n    a()\nexcept b() as e:\n    c()\nelse:\n    d()\nfinally:\n    f()",
        "try:\n    a()\nexcept* b():\n    c()",
        "if a(): b()\nelif c(): d()\nelse: e()",
        "for x[a()] in b(): c()",
        "with (a() as x, b()): c()",
        "x: a() = b()",
        "x[a()] += b()",
        "a()() if b() else c()",
        "print(*a(), **b())",
        "(x := a()) and not b() or -c()",
        "'%s %s' % (a(), b())",
        "'{} {k}'.format(a(), k=b())",
        "'{1} {0}'.format(a(), b())",
        "'{0} {0}'.format(a())",
        "'{}'.format(a(), b())",
        "'%(x)s' % {'x': a(), 'y': b()}",
        "'%s' % a()",
        "'%s %s' % a()",
        "', '.join([a(), b()])",
        "', '.join(a() for x in b())",
        "'a' 'b' f'{a()}' + b() + 'c'",
        "type X = a()",
        "global x\nx = a()",
    ],
)
def test_every_call_survives_once(source: str) -> None:
    written = re.findall(r"(?<!def )\b([a-g])\(", source)
    assert [name for name in called(source) if name in set(written)] == written


def test_long_chain_of_operators_nests_no_deeper() -> None:
    found = value(" + ".join(["a"] * 2000))
    assert found == Operation("+", (Name("a"),) * 2000)
    mixed = value(" - ".join(["a + b"] * 50))
    assert isinstance(mixed, Operation)
    assert mixed.operator.split()[:3] == ["+", "-", "+"]


def test_delete_keeps_its_targets() -> None:
    assert statement("del a, b[0]") == ir.Delete((Name("a"), Index(Name("b"), Const(0))), 1)
