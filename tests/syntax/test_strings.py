"""Strings built from parts."""

from __future__ import annotations

import pytest

from edanalyze.facts.ir import Assign, Attr, Call, Const, Expr, Index, Items, Name, Operation, Text
from tests.syntax.lowering import statement


def value(source: str) -> Expr:
    """What an expression is lowered to where it is no docstring."""
    found = statement(f"x = {source}")
    assert isinstance(found, Assign) and found.value is not None
    return found.value


ORDER_URL = Text((Const("/orders/"), Name("id"), Const("/items")))


@pytest.mark.parametrize(
    "source",
    [
        "f'/orders/{id}/items'",
        "f'/orders/{id!s:>4}/items'",
        "'/orders/' f'{id}' '/items'",
        "'/orders/%s/items' % id",
        "'/orders/%s/items' % (id,)",
        "'/orders/%(order)s/items' % {'order': id}",
        "'/orders/{}/items'.format(id)",
        "'/orders/{0}/items'.format(id)",
        "'/orders/{order}/items'.format(order=id)",
        "('/orders/' '{}' '/items').format(id)",
        "'/orders/' + id + '/items'",
        "('/orders/' + id) + '/items'",
        "'/orders' + f'/{id}/items'",
        "'/'.join(['/orders', id, 'items'])",
        "'/'.join(('/orders', id, 'items'))",
        "f'''/orders/{\n    id  # which\n}/items'''",
        "f'/orders/{id}/{'items'}'",
    ],
)
def test_every_way_to_build_a_string_gives_the_same_text(source: str) -> None:
    assert value(source) == ORDER_URL


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("'a' 'b'", Const("ab")),
        ("'a' + 'b'", Const("ab")),
        ("b'a\\xff'", Const("a\xff")),
        ("r'\\d'", Const("\\d")),
        ("rb'\\d'", Const("\\d")),
        ("'\\x41\\u00e4\\N{BULLET}\\101\\t\\\n'", Const("A\u00e4\u2022A\t")),
        ("'\\d'", Const("\\d")),
        ("'''a\n'b' \"c\" '''", Const("a\n'b' \"c\" ")),
        ('"""a\\""""', Const('a"')),
        ("''", Const("")),
        ("f''", Const("")),
        ("f'{{{a}}}'", Text((Const("{"), Name("a"), Const("}")))),
        ("f'\\n{a}'", Text((Const("\n"), Name("a")))),
        ("rf'\\n{a}'", Text((Const("\\n"), Name("a")))),
        ("f'{a}{b}'", Text((Name("a"), Name("b")))),
        ("f'{ {1: 2}[1] }}}'", Text((Index(value("{1: 2}"), Const(1)), Const("}")))),
        ("f'{a[1:2]:{w}}-'", Text((value("a[1:2]"), Const("-")))),
        ("f'{[a][0]:>{w}}-{b}'", Text((Index(Items("list", (Name("a"),)), Const(0)), Const("-"), Name("b")))),
        ("'{a.b[c][0]}'.format(a=x)", Text((Index(Index(Attr(Name("x"), "b"), Const("c")), Const(0)),))),
        ("'{a}'.format(**values)", Text((Index(Name("values"), Const("a")),))),
        ("'{{}}{}'.format(a)", Text((Const("{}"), Name("a")))),
        ("'%d%%' % a", Text((Name("a"), Const("%")))),
        ("'%s/%s' % pair", Text((Index(Name("pair"), Const(0)), Const("/"), Index(Name("pair"), Const(1))))),
        ("base + path + '/x'", Text((Name("base"), Name("path"), Const("/x")))),
        ("n * 2 + 'x'", Text((Operation("*", (Name("n"), Const(2))), Const("x")))),
        ("t'{a}'", Text((Name("a"),))),
    ],
)
def test_string_is_lowered_to(source: str, expected: Expr) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    "source",
    ["template.format(a)", "f'{a}'.format(b)", "'{}'.format(*a)", "'{} {}'.format(a)", "'{'.format(a)", "', '.join(a)"],
)
def test_format_that_cannot_be_resolved_stays_a_call(source: str) -> None:
    assert isinstance(value(source), Call)


@pytest.mark.parametrize("source", ["template % a", "'%s' % (a, b)", "'%*d' % (a, b)", "'%' % a", "'%(k)s' % {k: a}"])
def test_percent_that_cannot_be_resolved_stays_an_operation(source: str) -> None:
    found = value(source)
    assert isinstance(found, Operation) and found.operator == "%"


def test_addition_of_unknown_operands_stays_an_operation() -> None:
    assert value("a + b") == Operation("+", (Name("a"), Name("b")))


def test_surrogates_are_replaced_so_that_facts_can_be_stored() -> None:
    assert value("'\\ud800'") == Const("\ufffd")


def test_line_ends_in_strings_are_normalised() -> None:
    assert value("'''a\r\nb\rc'''") == Const("a\nb\nc")
