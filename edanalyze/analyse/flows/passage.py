"""Passages: the tests that lie on the way from the start of a handler to what it sends, and what they let through.

A test of what a message says or of what is stored may end a circle of messages. Tests that the next message on the
circle passes as surely as this one end nothing: whether an object that the handler looks up exists, whether a message
could be read, whether a call went well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from edanalyze.facts import ir
from edanalyze.facts.children import spelled
from edanalyze.link.evaluate import Evaluator
from edanalyze.link.values import Constant, Frame

# The keys and attributes under which messages hold their type.
KINDS = frozenset(
    {"type", "event_type", "eventType", "event", "event_name", "eventName", "kind", "action", "message_type"}
    | {"messageType", "msg_type", "command", "operationType", "operation_type", "detail-type", "detail_type", "subject"}
)
_READ = re.compile(
    r"^a?(get|find|fetch|load|loads|read|parse|decode|deserialize|poll|receive|first|one|lookup|validate"
    r"|unpack|retrieve|model_validate|from_json|json|value|consume)(_|$)|_or_none$|^scalar",
    re.I,
)
_FLAG = re.compile(
    r"^(is|has|had|was|should|can|needs?|first|new|created|force|dry|parent|child|cursor|retr\w*|attempt\w*|claimed|acquired|inserted|changed"
    r"|updated|done|already|exists?|seen|next\w*|more|rest|remaining|pending\w*|left|unprocessed|duplicate\w*)(_|$)"
    r"|_(next|more|remaining|pending|left|changed|count|status|state)$",
    re.I,
)
_FAILED = re.compile(r"(^|_)(errors?|failed|failure|exception|exc|err|invalid|is_error)$", re.I)
_WENT_WELL = re.compile(r"(^|_)(ok|success|succeeded|successful|is_success|valid|is_valid|status_code|verified)$", re.I)
_SETTINGS = re.compile(
    r"(^|\.)(settings|config|conf|environ|env|flags|app\.config|current_app\.config)(\.|\[|\()", re.I
)


@dataclass(frozen=True, slots=True)
class Passage:
    """What is known of a message that gets to some point.

    `guarded`: a test of what it says or of what is stored was passed. `accepted`: it is of one of these types (None:
    of any). `refused`: it is of none of these. `outward`: the guard holds for the caller, too, because it raises.
    """

    guarded: bool = False
    accepted: frozenset[str] | None = None
    refused: frozenset[str] = frozenset()
    outward: bool = False

    def lets_through(self, kinds: frozenset[str]) -> bool:
        """Whether a message of one of these types (none: its type is not known) certainly gets here."""
        if self.guarded:
            return False
        if self.accepted is None and not self.refused:
            return True
        if not kinds:
            return False
        return kinds <= (self.accepted if self.accepted is not None else kinds) and not kinds & self.refused


class Passages:
    """Judges tests."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def after(self, test: ir.Expr, outcome: bool, frame: Frame, before: Passage) -> Passage:
        """The passage on one side of a test."""
        match test:
            case ir.Operation(operator="not", operands=(inner,)):
                return self.after(inner, not outcome, frame, before)
            case ir.Choice(kind="and" | "or" as kind, options=options):
                if (kind == "and") == outcome:  # all of them have this outcome
                    for option in options:
                        before = self.after(option, outcome, frame, before)
                    return before
                sides = [self.after(option, outcome, frame, before) for option in options]
                return before if all(side == before for side in sides) else replace(before, guarded=True)
            case ir.Bind(value=value):
                return before if outcome and self._is_looked_up(value, frame) else replace(before, guarded=True)
            case _:
                return self._atom(test, outcome, frame, before)

    def _atom(self, test: ir.Expr, outcome: bool, frame: Frame, before: Passage) -> Passage:
        kinds = self._kinds(test, frame)
        if kinds is not None:
            names, equal = kinds
            if equal == outcome:
                accepted = names if before.accepted is None else before.accepted & names
                return replace(before, accepted=accepted)
            return replace(before, refused=before.refused | names)
        if self._says_nothing(test, outcome, frame):
            return before
        return replace(before, guarded=True)

    # ------------------------------------------------------------------- types

    def _kinds(self, test: ir.Expr, frame: Frame) -> tuple[frozenset[str], bool] | None:
        """The types that a comparison of a message's type names, and whether it holds when the type is one of them."""
        match test:
            case ir.Operation(operator="==" | "!=" | "in" | "not in" as operator, operands=(left, right)):
                if not is_kind(left):
                    left, right = right, left
                if not is_kind(left):
                    return None
                options = right.items if isinstance(right, ir.Items) else (right,)
                names = frozenset(text for option in options for text in self._evaluator.literals(option, frame))
                return (names, operator in {"==", "in"}) if names else None
            case _:
                return None

    # --------------------------------------------------------------- existence

    def _says_nothing(self, test: ir.Expr, outcome: bool, frame: Frame) -> bool:
        """Whether the next message on the circle has this outcome as surely as this one."""
        match test:
            case ir.Const():
                return True
            case ir.Operation(operator="is" | "==", operands=(left, ir.Const(value=None))):
                return not outcome and self._is_looked_up(left, frame)
            case ir.Operation(operator="is not" | "!=", operands=(left, ir.Const(value=None))):
                return outcome and self._is_looked_up(left, frame)
            case ir.Operation(operator="==" | "in" | "<" | "<=", operands=(left, *_)) if _last(left) == "status_code":
                return outcome
            case ir.Operation(operator="!=" | "not in" | ">" | ">=", operands=(left, *_)) if (
                _last(left) == "status_code"
            ):
                return not outcome
            case ir.Operation(operator="in", operands=(ir.Const(value=str()), _)):  # a field is there
                return outcome
            case ir.Operation(operator="not in", operands=(ir.Const(value=str()), _)):
                return not outcome
            case ir.Call(function=ir.Name(id="isinstance" | "hasattr" | "callable")):
                return False
            case _:
                pass
        name = _last(test)
        if _FAILED.search(name):
            return not outcome
        if _WENT_WELL.search(name):
            return outcome
        if self._is_setting(test, frame):
            return True
        return outcome and self._is_looked_up(test, frame)

    def _is_setting(self, test: ir.Expr, frame: Frame) -> bool:
        if _SETTINGS.search(f"{spelled(test)}."):
            return True
        if not isinstance(test, ir.Name | ir.Attr):
            return False
        name = test.id if isinstance(test, ir.Name) else test.name
        if not name.isupper():
            return False
        values = self._evaluator.values(test, frame)
        return not values or all(isinstance(value, Constant) for value in values)

    def _is_looked_up(self, expr: ir.Expr, frame: Frame) -> bool:
        """Whether an expression stands for one object that was read: from a store, a message or a parser."""
        match expr:
            case ir.Await(value=value) | ir.Bind(value=value):
                return self._is_looked_up(value, frame)
            case ir.Call(function=function):
                name = _last(function)
                return bool(_READ.search(name)) and not _FLAG.search(name) and not _is_plural(name)
            case ir.Name(id=name):
                if _FLAG.search(name) or _is_plural(name):
                    return False
                return self._is_read(name, frame)
            case _:
                return False

    def _is_read(self, name: str, frame: Frame) -> bool:
        scope = frame.scope
        while name not in scope.bindings:
            if scope.parent is None:
                return False
            scope = scope.parent
        kinds = {binding.kind for binding in scope.bindings[name]}
        if kinds <= {"parameter", "item", "unpack item"}:
            return True
        return all(
            binding.kind == "value"
            and binding.expr is not None
            and (isinstance(binding.expr, ir.Const) or self._is_looked_up(binding.expr, frame))
            for binding in scope.bindings[name]
        )


def is_kind(expr: ir.Expr) -> bool:
    """Whether an expression reads the type of a message: `event["type"]`, `event.get("type")`, `event.type`."""
    match expr:
        case ir.Index(key=ir.Const(value=key)):
            return key in KINDS
        case ir.Call(function=ir.Attr(name="get"), arguments=(ir.Const(value=key), *_)):
            return key in KINDS
        case ir.Attr(name=name) | ir.Name(id=name):
            return name in KINDS
        case ir.Call(function=ir.Attr(value=value, name="lower" | "upper" | "strip" | "decode")):
            return is_kind(value)
        case _:
            return False


def _last(expr: ir.Expr) -> str:
    match expr:
        case ir.Attr(name=name) | ir.Name(id=name):
            return name
        case ir.Call(function=function):
            return _last(function)
        case ir.Await(value=value):
            return _last(value)
        case ir.Index(key=ir.Const(value=str() as name)):
            return name
        case _:
            return ""


def _is_plural(name: str) -> bool:
    word = name.rpartition("_")[2].lower()
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "loads", "news", "args", "kwargs"))
