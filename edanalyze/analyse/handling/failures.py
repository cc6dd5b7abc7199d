"""Failures in tests: which side of a branch runs because a call did not go well."""

from __future__ import annotations

import re

from edanalyze.facts import ir

_BAD = re.compile(r"(^|_)(errors?|failed|failure|failures|exception|exc|err|invalid|is_error|is_client_error)$", re.I)
_GOOD = re.compile(
    r"(^|_)(ok|success|succeeded|successful|is_success|valid|is_valid|accepted|approved|completed)$", re.I
)
_STATUS = re.compile(r"(^|_)(status_code|status|state|code|result|outcome|response|resp|res|reply|answer)$", re.I)
_BAD_WORD = re.compile(r"fail|error|declin|reject|cancel|invalid|denied|unavailable|insufficient|out_of", re.I)
_GOOD_WORD = re.compile(r"ok|succe|accept|approv|complet|confirm|paid|reserved|created|done", re.I)
_ANSWER = re.compile(r"(^|_)(resp|response|res|result|reply|answer)(_|$)", re.I)


def fails(test: ir.Expr, outcome: bool) -> bool:
    """Whether a test with this outcome says that something failed: a status, an error, an answer that is missing."""
    match test:
        case ir.Operation(operator="not", operands=(inner,)):
            return fails(inner, not outcome)
        case ir.Choice(kind="and" | "or", options=options):
            return any(fails(option, outcome) for option in options)
        case ir.Operation(operator="is" | "==", operands=(left, ir.Const(value=None | False))):
            return outcome and _is_answer(left)
        case ir.Operation(operator="is not" | "!=", operands=(left, ir.Const(value=None | False))):
            return not outcome and _is_answer(left)
        case ir.Operation(operator=operator, operands=(left, right)) if _STATUS.search(name_of(left)):
            return _compared(operator, right, outcome)
        case _:
            name = name_of(test)
            if _BAD.search(name):
                return outcome
            return not outcome and bool(_GOOD.search(name) or _is_answer(test))


def _compared(operator: str, right: ir.Expr, outcome: bool) -> bool:
    """Whether comparing a status with something says that it is a bad one."""
    values = right.items if isinstance(right, ir.Items) else (right,)
    good = [_is_good(value) for value in values]
    if operator in {">=", ">"}:
        return outcome
    if operator in {"<", "<="}:
        return not outcome
    if operator in {"==", "in", "is"}:
        return outcome == (False in good) if None not in good else False
    if operator in {"!=", "not in", "is not"}:
        return outcome != (False in good) if None not in good else False
    return False


def _is_good(value: ir.Expr) -> bool | None:
    match value:
        case ir.Const(value=bool() as flag):
            return flag
        case ir.Const(value=int() as code):
            return code < 400
        case ir.Const(value=str() as text):
            return False if _BAD_WORD.search(text) else True if _GOOD_WORD.search(text) else None
        case ir.Attr(name=name) | ir.Name(id=name):
            if _BAD_WORD.search(name):
                return False
            return True if _GOOD_WORD.search(name) or "200" in name or "201" in name else None
        case _:
            return None


def _is_answer(expr: ir.Expr) -> bool:
    return bool(_ANSWER.search(name_of(expr)))


def name_of(expr: ir.Expr) -> str:
    """The last name that an expression is spelled with."""
    match expr:
        case ir.Attr(name=name) | ir.Name(id=name):
            return name
        case ir.Call(function=ir.Attr(name="get"), arguments=(ir.Const(value=str() as key), *_)):
            return key
        case ir.Call(function=function):
            return name_of(function)
        case ir.Index(key=ir.Const(value=str() as key)):
            return key
        case ir.Await(value=value) | ir.Bind(value=value):
            return name_of(value)
        case _:
            return ""
