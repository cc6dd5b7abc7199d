"""Statements: control flow as nested records, with the line each starts on."""

from __future__ import annotations

import pytest

from edanalyze.facts import ir
from edanalyze.facts.ir import Assign, Attr, Branch, Const, Evaluate, Handler, Loop, Match, Name, Place, Return, Try
from tests.syntax.lowering import function, module, statement
from tests.syntax.oracle import records


def test_elif_is_a_branch_in_orelse() -> None:
    found = statement("if a:\n    x\nelif b:\n    y\nelse:\n    z\n")
    inner = Branch(Name("b"), (Evaluate(Name("y"), 4),), (Evaluate(Name("z"), 6),), 3)
    assert found == Branch(Name("a"), (Evaluate(Name("x"), 2),), (inner,), 1)


def test_very_long_elif_chain_becomes_guarded_cases() -> None:
    arms = "".join(f"elif kind == {n}:\n    handle_{n}()\n" for n in range(2000))
    found = statement(f"if kind is None:\n    pass\n{arms}else:\n    last()\n")
    assert isinstance(found, Match)
    assert len(found.cases) == 2002
    assert found.cases[1].guard == ir.Operation("==", (Name("kind"), Const(0)))
    assert found.cases[-1].guard is None
    assert all(case.irrefutable for case in found.cases)


def test_loops_tell_target_source_and_else() -> None:
    body = function(
        """
        async def f():
            async for a, b in c:
                break
            else:
                d
            while e:
                continue
        """
    ).body
    assert body == (
        Loop(
            "for",
            ir.Items("tuple", (Name("a"), Name("b"))),
            Name("c"),
            (ir.Break(),),
            (Evaluate(Name("d"), 6),),
            True,
            3,
        ),
        Loop("while", None, Name("e"), (ir.Continue(),), (), False, 7),
    )


@pytest.mark.parametrize("star", ["", "*"])
def test_try_keeps_handlers_with_their_place(star: str) -> None:
    found = statement(
        f"""
        try:
            a
        except{star} (B, C) as error:
            d
        except{star} E:
            pass
        else:
            f
        finally:
            g
        """
    )
    types = ir.Items("tuple", (Name("B"), Name("C")))
    assert found == Try(
        (Evaluate(Name("a"), 3),),
        (
            Handler(types, "error", (Evaluate(Name("d"), 5),), Place(4, 1, 4, 7)),
            Handler(Name("E"), None, (), Place(6, 1, 6, 7)),
        ),
        (Evaluate(Name("f"), 9),),
        (Evaluate(Name("g"), 11),),
        2,
    )


def test_bare_except_has_no_types() -> None:
    found = statement("try:\n    a\nexcept:\n    pass\n")
    assert isinstance(found, Try)
    assert found.handlers[0].types is None


def test_except_without_parentheses_holds_several_types() -> None:
    found = statement("try:\n    a\nexcept B, C:\n    pass\n")
    assert isinstance(found, Try)
    assert found.handlers[0].types == ir.Items("tuple", (Name("B"), Name("C")))


def test_with_keeps_items_and_targets() -> None:
    found = statement("with (\n    a as b,\n    c,\n):\n    d\n")
    assert found == ir.With(((Name("a"), Name("b")), (Name("c"), None)), (Evaluate(Name("d"), 5),), False, 1)


def test_assignments_keep_targets_annotation_and_operator() -> None:
    body = module("a = b.c = d\ne: int\nf: str = g\nh += 1\ni //= 2\n").body
    assert body == (
        Assign((Name("a"), Attr(Name("b"), "c")), Name("d"), 1),
        Assign((Name("e"),), None, 2, Name("int")),
        Assign((Name("f"),), Name("g"), 3, Name("str")),
        ir.Augment(Name("h"), "+", Const(1), 4),
        ir.Augment(Name("i"), "//", Const(2), 5),
    )


def test_statement_that_starts_with_a_bracket_has_the_line_of_the_bracket() -> None:
    body = module("f()\n(  # why\n    a\n    .b()\n)\n[\n    c\n] = d\n{\n}\n...\n(\n)\n'x'\nx[:]\n(y)\n").body
    assert [getattr(found, "line", None) for found in body] == [1, 2, 6, 9, 11, 12, 14, 15, 16]


def test_statements_on_one_line_share_it() -> None:
    body = module("if a: b; c()\nelse: d\ne; f\n").body
    assert [record.line for found in body for record in records(found) if isinstance(record, Evaluate)] == [
        2,
        1,
        1,
        3,
        3,
    ]


def test_return_and_raise() -> None:
    body = function("def f():\n    if a:\n        raise\n    if b:\n        raise E(c) from d\n    return\n").body
    raised = [record for record in records(body) if isinstance(record, ir.Raise)]
    assert sorted((found.line, found.value is None) for found in raised) == [(3, True), (5, False)]
    assert body[-1] == Return(None, 6)


def test_assert_message_that_calls_is_what_a_failing_test_evaluates() -> None:
    assert statement("assert a, 'no'") == ir.Assert(Name("a"), 1)
    found = statement("assert a, tell()")
    assert isinstance(found, ir.Assert) and isinstance(found.test, ir.Choice)
    assert (found.test.kind, found.test.options[0]) == ("or", Name("a"))


def test_global_and_nonlocal() -> None:
    body = function("def f():\n    global a, b\n    nonlocal c\n").body
    assert body == (ir.Scope("global", ("a", "b")), ir.Scope("nonlocal", ("c",)))


@pytest.mark.parametrize(
    ("pattern", "patterns", "captures", "irrefutable"),
    [
        ("'created'", (Const("created"),), (), False),
        ("'a' | 'b'", (Const("a"), Const("b")), (), False),
        ("None", (Const(None),), (), False),
        ("-1", (Const(-1),), (), False),
        ("Kind.PAID", (Attr(Name("Kind"), "PAID"),), (), False),
        ("Created(order, total=t)", (Name("Created"),), ("order", "t"), False),
        ("Created()", (Name("Created"),), (), False),
        ("{'type': 'created', **rest}", (Const("type"), Const("created")), ("rest",), False),
        ("{}", (), (), False),
        ("[first, *others]", (), ("first", "others"), False),
        ("[]", (), (), False),
        ("(1 | 2) as n", (Const(1), Const(2)), ("n",), False),
        ("first, *_", (), ("first",), False),
        ("_", (), (), True),
        ("event", (), ("event",), True),
        ("(event)", (), ("event",), True),
    ],
)
def test_case_tells_what_it_tests_and_captures(
    pattern: str, patterns: tuple[ir.Expr, ...], captures: tuple[str, ...], irrefutable: bool
) -> None:
    found = statement(f"match event:\n    case {pattern} if ok:\n        handle\n")
    assert found == Match(
        Name("event"), (ir.Case(patterns, captures, Name("ok"), (Evaluate(Name("handle"), 3),), irrefutable),), 1
    )


def test_soft_keywords_are_also_names() -> None:
    body = module("match = case = type = _ = 1\nmatch(case)\ntype(_)\nmatch match:\n    case case: match\n").body
    assert len(body) == 4
    assert isinstance(body[3], Match) and body[3].subject == Name("match")
    assert body[3].cases[0].captures == ("case",)


def test_type_alias_is_an_assignment() -> None:
    assert statement("type Pair[T: int] = tuple[T, T]") == Assign(
        (Name("Pair"),), ir.Index(Name("tuple"), ir.Items("tuple", (Name("T"), Name("T")))), 1
    )
