"""Records put together from lowered parts, the same whichever reader lowered the parts.

What a reader of syntax trees does after it has lowered the operands, arguments or arms of a node stands here, so
that the two readers cannot come to differ in it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from edanalyze.facts.ir import (
    Assert,
    Attr,
    Await,
    Branch,
    Call,
    Case,
    Choice,
    Const,
    Expr,
    Hole,
    Items,
    Match,
    Operation,
    Raise,
    Stmt,
)
from edanalyze.syntax.formatting import is_plain, joined, percent, str_format
from edanalyze.syntax.strings import is_string, text

Body = tuple[Stmt, ...]
Arm = tuple[Expr, Body, int]
"""Test, body and line of an `if` or `elif`."""

ELLIPSIS = "..."
"""The value of the constant `...`."""

NO_NUMBER = "number"
"""The reason of the hole that stands for a number which is not kept."""

LARGEST = 2**63 - 1
"""The largest integer that is kept."""

_LONGEST_NEST = 64


def identifier(name: str) -> str:
    """A name as Python compares it: normalised when it is not ASCII."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


# ---------------------------------------------------------------- expressions


def binary(operators: list[str], operands: list[Expr]) -> Expr:
    """Binary operators applied from left to right; strings put together by them become one string.

    Takes one operand more than operators.
    """
    applied: list[str] = []
    terms = operands[:1]
    concatenates = False  # whether the terms are those of a string
    for operator, value in zip(operators, operands[1:], strict=True):
        alone = not applied
        if operator == "+" and (concatenates or is_string(value) or (alone and is_string(terms[0]))):
            if any(other != "+" for other in applied):
                terms = [_nested(applied, terms)]
            applied, concatenates = [], True
            terms.append(value)
            continue
        if concatenates:
            terms, concatenates = [text(terms)], False
        folded = percent(terms[0], value) if operator == "%" and alone else None
        if folded is None:
            applied.append(operator)
            terms.append(value)
        else:
            terms = [folded]
    return text(terms) if concatenates else _nested(applied, terms)


def _nested(operators: list[str], operands: list[Expr]) -> Expr:
    """Operators applied from left to right; a very long chain in one operation, so that it nests no deeper."""
    if len(operators) > _LONGEST_NEST:
        return chain(operators, operands)
    value = operands[0]
    for operator, operand in zip(operators, operands[1:], strict=True):
        value = Operation(operator, (value, operand))
    return value


def chain(operators: list[str], operands: list[Expr]) -> Expr:
    """One operation of several operators, written with blanks between (`< <=`), or once when all are the same."""
    return Operation(operators[0] if len(set(operators)) == 1 else " ".join(operators), tuple(operands))


def unary(operator: str, value: Expr) -> Expr:
    """An operator before its operand; a negative number is a constant."""
    if operator == "-" and type(value) is Const and type(value.value) in (int, float):
        return Const(-value.value)  # type: ignore[operator]
    return Operation(operator, (value,))


def method_of_literal(
    function: Attr, arguments: tuple[Expr, ...], keywords: tuple[tuple[str, Expr], ...]
) -> Expr | None:
    """The string that `.format` or `.join` of a literal builds; None when the call has to stay."""
    receiver = function.value
    if type(receiver) is Const and type(receiver.value) is str:
        if function.name == "format":
            return str_format(receiver.value, arguments, keywords)
        if function.name == "join":
            return joined(receiver.value, arguments, keywords)
    return None


def awaited(value: Expr) -> Expr:
    """`await value`."""
    if type(value) is Call and not value.awaited:  # a second `await` waits for what the first gave
        return Call(value.function, value.arguments, value.keywords, value.place, True, value.named)
    return Await(value)


def slice_of(bounds: list[Expr]) -> Expr:
    """A slice with those of its bounds that are given."""
    return Hole("slice") if all(map(is_plain, bounds)) else Operation(":", tuple(bounds))


def hole(value: Expr, specification: list[Expr]) -> Expr:
    """A hole of an f-string, with the parts of its format specification."""
    widths = [part for part in specification if not is_plain(part)]
    return Operation("format", (value, *widths)) if widths else value


# ----------------------------------------------------------------- statements


def branches(arms: Sequence[Arm], orelse: Body) -> Body:
    """An `if` with its `elif`s and its `else`."""
    if len(arms) > _LONGEST_NEST:
        return (_guarded_cases(arms, orelse),)
    for test, body, line in reversed(arms):
        orelse = (Branch(test, body, orelse, line),)
    return orelse


def _guarded_cases(arms: Sequence[Arm], orelse: Body) -> Match:
    """A long `elif` chain as a match of guarded cases: it means the same and nests no deeper for each arm."""
    cases = [Case((), (), test, body, True) for test, body, _ in arms]
    if orelse:
        cases.append(Case((), (), None, orelse, True))
    return Match(Const(None), tuple(cases), arms[0][2])


def raising(value: Expr | None, cause: Expr | None, line: int) -> Raise:
    """`raise value from cause`."""
    if value is not None and cause is not None and not is_plain(cause):
        value = Operation("from", (value, cause))
    return Raise(value, line)


def asserting(test: Expr, message: Expr | None, line: int) -> Assert:
    """`assert test, message`."""
    if message is not None and not is_plain(message):
        test = Choice("or", None, (test, message))
    return Assert(test, line)


def deleted(targets: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The targets of `del`; a tuple stands for what it holds."""
    if len(targets) == 1:
        (target,) = targets
        if isinstance(target, Items) and target.kind == "tuple":
            return target.items
    return targets
