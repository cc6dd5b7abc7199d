"""Functions, classes, lambdas, imports and `__all__`."""

from __future__ import annotations

import pytest

from edanalyze.facts import ir
from edanalyze.facts.ir import Call, Const, Define, Import, Lambda, Name, Place, Return
from edanalyze.facts.module import Parameter
from tests.syntax.lowering import function, module


def test_function_keeps_signature_and_extent() -> None:
    found = function(
        '''
        @app.post("/orders")
        async def create(a, /, b: int = 1, *rest, key: str, **more) -> Order:
            """Create an order."""
            return (
                b
            )
        '''
    )
    assert found.parameters == (
        Parameter("a", "positional", None, None),
        Parameter("b", "normal", Name("int"), Const(1)),
        Parameter("rest", "args", None, None),
        Parameter("key", "keyword", Name("str"), None),
        Parameter("more", "kwargs", None, None),
    )
    assert found.returns == Name("Order")
    assert isinstance(found.decorators[0], Call)
    assert (found.asynchronous, found.generator, found.owner, found.parent) == (True, False, None, "")
    assert (found.place, found.end_line) == (Place(3, 11, 3, 17), 7)
    assert found.docstring == "Create an order."
    assert found.body == (Return(Name("b"), 5),)


def test_qualified_names_show_the_nesting() -> None:
    facts = module(
        """
        def outer():
            def inner():
                return lambda: 1
            class Local:
                def method(self): pass
        class Order:
            class Meta:
                def clean(self): pass
            def save(self): pass
        """
    )
    assert list(facts.functions) == [
        "outer",
        "outer.inner",
        "outer.inner.<lambda1>",
        "outer.Local.method",
        "Order.Meta.clean",
        "Order.save",
    ]
    assert list(facts.classes) == ["outer.Local", "Order", "Order.Meta"]
    assert facts.functions["Order.save"].owner == "Order"
    assert facts.functions["outer.inner"].owner is None
    assert facts.functions["outer.inner"].parent == "outer"
    assert facts.classes["Order"].body == (
        Define("Meta", "Order.Meta", True),
        Define("save", "Order.save", False),
    )


def test_second_definition_of_a_name_is_numbered() -> None:
    facts = module(
        """
        class Order:
            @property
            def total(self): return 1
            @total.setter
            def total(self, value):
                def check(): pass
        if typing:
            def send(): pass
        else:
            def send(): pass
        """
    )
    assert list(facts.functions) == [
        "Order.total",
        "Order.total#2",
        "Order.total#2.check",
        "send",
        "send#2",
    ]
    assert facts.functions["Order.total#2"].name == "total"


def test_lambdas_are_numbered_in_their_scope_in_source_order() -> None:
    facts = module("f = lambda: (lambda x: x)\ndef g(h=lambda: 2):\n    return [lambda: 3, lambda: 4]\n")
    assert list(facts.functions) == [
        "<lambda1>",
        "<lambda1>.<lambda1>",
        "g",
        "<lambda2>",
        "g.<lambda1>",
        "g.<lambda2>",
    ]
    found = facts.functions["<lambda1>"]
    assert found.body == (Return(Lambda("<lambda1>.<lambda1>"), 1),)
    assert (found.name, found.place) == ("<lambda1>", Place(1, 5, 1, 11))
    assert facts.functions["g"].parameters == (Parameter("h", "normal", None, Lambda("<lambda2>")),)


def test_class_keeps_bases_keywords_and_docstring() -> None:
    facts = module(
        """
        @register
        class Order(Base, *mixins, metaclass=Meta, **options):
            "An order."
            total: int = 0
        """
    )
    found = facts.classes["Order"]
    assert found.bases == (Name("Base"), ir.Star(Name("mixins")))
    assert found.keywords == (("metaclass", Name("Meta")), ("", Name("options")))
    assert found.decorators == (Name("register"),)
    assert found.docstring == "An order."
    assert found.body == (ir.Assign((Name("total"),), Const(0), 5, Name("int")),)
    assert found.place == Place(3, 7, 3, 12)


@pytest.mark.parametrize("first", ['f"{x}"', 'b"bytes"', "x", "1", '"a" + x'])
def test_what_is_no_docstring_stays_in_the_body(first: str) -> None:
    found = function(f"def f():\n    {first}\n")
    assert found.docstring is None
    assert len(found.body) == 1


def test_docstring_of_the_module_is_no_statement() -> None:
    assert module('"""Orders."""\nx = 1\n').body == (ir.Assign((Name("x"),), Const(1), 2),)


def test_body_of_a_stub_shows_the_ellipsis() -> None:
    assert function("def f(): ...").body == (ir.Evaluate(Const("..."), 1),)


def test_type_parameters_are_passed() -> None:
    facts = module("def f[T: (int, str), *Ts, **P](a: T) -> T: return a\nclass C[T = int](B[T]): pass\n")
    assert facts.functions["f"].parameters == (Parameter("a", "normal", Name("T"), None),)
    assert facts.classes["C"].bases == (ir.Index(Name("B"), Name("T")),)


def test_imports_bind_names_wherever_they_stand() -> None:
    facts = module(
        """
        import a.b, c as d
        from ..p import (
            q as r,
            s,
        )
        from . import t
        from u.v import *

        def f():
            import w.x as y
        """
    )
    assert facts.body[:-1] == (
        Import("a", "a", None, 0, "a.b", 2),
        Import("d", "c", None, 0, "c", 2),
        Import("r", "p", "q", 2, "p.q", 3),
        Import("s", "p", "s", 2, "p.s", 3),
        Import("t", "", "t", 1, "t", 7),
        Import("*", "u.v", "*", 0, "u.v", 8),
    )
    assert facts.functions["f"].body == (Import("y", "w.x", None, 0, "w.x", 11),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", None),
        ("__all__ = ['a', 'b']", ("a", "b")),
        ("__all__ = ('a',) + ('b',)", ("a", "b")),
        ("__all__: list[str] = ['a']", ("a",)),
        ("__all__ = ['a']\n__all__ += ['b']\n__all__.append('c')\n__all__.extend(['d'])", ("a", "b", "c", "d")),
        ("__all__ = ['a']\n__all__ = ['b']", ("b",)),
        ("__all__ = []", ()),
        ("__all__ = ['a']\n__all__ += other.__all__", None),
        ("__all__ = [name for name in dir()]", None),
        ("__all__ += ['a']", None),
    ],
)
def test_exports_are_the_literal_all(source: str, expected: tuple[str, ...] | None) -> None:
    assert module(source).exports == expected
