"""Guards against repetition: which side of a test is the first delivery of a message."""

from __future__ import annotations

import enum
import re

from edanalyze.analyse.effects import Effects
from edanalyze.facts import ir
from edanalyze.facts.children import calls, spelled, statements, walk
from edanalyze.link.scopes import Scope
from edanalyze.link.values import Frame, Function


class Guard(enum.Enum):
    """What kind of guard a test is.

    LOOKUP asks whether something is stored already, without storing it; CLAIM stores a marker and tells whether it
    was new; STATE asks for the status or version of an entity.
    """

    LOOKUP = "lookup"
    CLAIM = "claim"
    STATE = "state"


Verdict = tuple[Guard, bool | None]  # the kind, and the outcome of the test on a first delivery (None: either)

_STATE = re.compile(
    r"(^|_)(status|state|version|phase|stage|step|revision|sequence|offset|seq|last_\w+|updated_at|timestamp)$"
    r"|^(is_|has_|was_|already_)|_(at|on|id|done|sent|processed|paid|shipped|confirmed|cancelled|canceled|reserved)$"
    r"|^(processed|handled|completed|sent|paid|shipped|confirmed|cancelled|canceled|closed|done|finished|reserved)$",
    re.I,
)
_FOUND = re.compile(r"already|processed|handled|seen|duplicate|exists|known|is_done|has_been|was_|find|get|lookup|load|fetch", re.I)
_CLAIMS = re.compile(r"claim|acquire|first_time|is_new|reserve|mark_|register|remember|set_?nx|try_|begin_once|lock", re.I)
_READS = frozenset(
    {
        "get", "first", "one", "one_or_none", "scalar", "scalar_one_or_none", "scalars", "exists", "aexists", "find_one",
        "find", "fetchone", "fetchrow", "fetchval", "fetch_one", "get_or_none", "count", "count_documents", "sismember",
        "hexists", "hget", "filter", "filter_by", "afirst", "aget", "all", "get_item", "scan", "query", "fetch_val",
        "in_bulk", "get_entity_by_id", "select", "execute",
    }
)  # fmt: skip
DEEPEST = 3


class Guards:
    """Judges tests."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._evaluator = effects.evaluator
        self._memo: dict[tuple[int, str], Verdict | None] = {}

    def judge(self, test: ir.Expr, scope: Scope) -> Verdict | None:
        """Whether a test tells a first delivery from a repeated one, and which outcome it has on the first."""
        key = (id(test), scope.id)
        if key not in self._memo:
            self._memo[key] = None
            self._memo[key] = self._judge(test, scope, 0)
        return self._memo[key]

    def _judge(self, test: ir.Expr, scope: Scope, depth: int) -> Verdict | None:
        match test:
            case ir.Operation(operator="not", operands=(inner,)):
                return _inverted(self._judge(inner, scope, depth))
            case ir.Operation(operator="is" | "==", operands=(left, ir.Const(value=None | False | 0))):
                return _inverted(self._judge(left, scope, depth)) or self._state(left)
            case ir.Operation(operator="is not" | "!=" | ">", operands=(left, ir.Const(value=None | False | 0))):
                return self._judge(left, scope, depth) or self._state(left)
            case ir.Operation(operator="is" | "==", operands=(left, ir.Const(value=True))):
                return self._judge(left, scope, depth)
            case ir.Operation(operator="in" | "not in" as operator, operands=(_, container)):
                if isinstance(container, ir.Items | ir.Mapping | ir.Const):
                    return self._state(test.operands[0])
                if self._is_request(container):
                    return None
                return (Guard.CLAIM, operator == "not in")
            case ir.Operation(operator="==" | "!=" | "<" | "<=" | ">" | ">=", operands=operands):
                for operand in operands:
                    found = self._state(operand) or self._judge(operand, scope, depth)
                    if found is not None:
                        return (found[0], None)
                return None
            case ir.Choice(kind="and" | "or", options=options):
                return next((found for option in options if (found := self._judge(option, scope, depth))), None)
            case ir.Await(value=value) | ir.Bind(value=value):
                return self._judge(value, scope, depth)
            case ir.Call():
                return self._call(test, scope, depth)
            case ir.Name(id=name):
                return self._name(name, scope, depth)
            case ir.Attr():
                return self._state(test)
            case ir.Index(value=value):
                return self._judge(value, scope, depth)
            case _:
                return None

    @staticmethod
    def _is_request(container: ir.Expr) -> bool:
        """Membership in the message itself says nothing about earlier deliveries."""
        text = spelled(container).lower()
        return any(word in text for word in ("payload", "message", "event", "body", "data", "headers", "request", "settings"))

    @staticmethod
    def _state(expr: ir.Expr) -> Verdict | None:
        match expr:
            case ir.Attr(name=name, value=value) if _STATE.search(name):
                root = spelled(value).partition(".")[0].lower()
                if root in {"self", "cls", "settings", "config", "event", "message", "msg", "payload", "request", "response"}:
                    return None
                return (Guard.STATE, None)
            case ir.Index(key=ir.Const(value=str() as key), value=value) if _STATE.search(key):
                root = spelled(value).partition(".")[0].lower()
                if root in {"event", "message", "msg", "payload", "data", "body", "record"}:
                    return None
                return (Guard.STATE, None)
            case _:
                return None

    def _name(self, name: str, scope: Scope, depth: int) -> Verdict | None:
        where: Scope | None = scope
        while where is not None and name not in where.bindings:
            where = where.parent
        if where is None or where.kind == "module":
            return None
        for binding in where.bindings[name]:
            if binding.kind in {"unpack", "unpack item"} and binding.index == 1 and isinstance(binding.expr, ir.Call):
                if re.search(r"get_or_create|update_or_create|created", f"{spelled(binding.expr)} {name}"):
                    return (Guard.CLAIM, True)
            if binding.kind in {"value", "unpack"} and binding.expr is not None and depth <= DEEPEST:
                found = self._judge(binding.expr, where, depth + 1)
                if found is not None:
                    return found
        return None

    def _call(self, call: ir.Call, scope: Scope, depth: int) -> Verdict | None:
        effects, targets = self._effects.classify(call, self._frame(scope))
        for effect in effects:
            if effect.kind == "dedupe":
                signal = effect.api.data.get("signal")
                return (Guard.CLAIM, True if signal in {"falsy", "created"} else None)
            if effect.kind == "check":
                return (Guard.LOOKUP, False)
            if effect.kind == "guard":
                return (Guard.CLAIM, None)
        for target in targets:
            found = self._function(target, depth)
            if found is not None:
                return found
        name = call.function.name if isinstance(call.function, ir.Attr) else ""
        if name in {"bool", "any", "len", "int"} and call.arguments:
            return self._judge(call.arguments[0], scope, depth)
        if isinstance(call.function, ir.Name) and call.function.id in {"bool", "any", "len", "int"} and call.arguments:
            return self._judge(call.arguments[0], scope, depth)
        if name in _READS and not targets and self._is_stored(call):
            return (Guard.LOOKUP, False)
        if isinstance(call.function, ir.Attr):  # `session.query(...).filter(...).first()`, `(await x.execute()).scalar()`
            inner = call.function.value
            inner = inner.value if isinstance(inner, ir.Await) else inner
            if isinstance(inner, ir.Call):
                return self._judge(inner, scope, depth)
        return None

    @staticmethod
    def _is_stored(call: ir.Call) -> bool:
        """A look-up in a store, not in the message: `body.get("x")` is none."""
        assert isinstance(call.function, ir.Attr)
        receiver = call.function.value
        text = spelled(receiver).lower()
        last = text.removesuffix("()").rsplit(".", 1)[-1]
        if re.search(r"(payload|message|msg|event|body|data|headers?|params|kwargs|environ|record|attributes|json|config)$", last):
            return False
        if call.function.name == "get" and "." not in text and not re.search(
            r"repo|store|session|db|cache|redis|table|dao|objects|inbox|client|registry|collection", text
        ):
            return False
        return True

    def _function(self, function: Function, depth: int) -> Verdict | None:
        """A project function used as a test: what its return value tells."""
        if depth > DEEPEST:
            return None
        program = self._evaluator.program
        facts = program.functions.get(function.id)
        scope = program.scopes.get(function.id)
        if facts is None or scope is None:
            return None
        for statement in statements(facts.body):
            if isinstance(statement, ir.Return) and statement.value is not None:
                found = self._judge(statement.value, scope, depth + 1)
                if found is not None:
                    return found
        constants = self._returns(facts.body)
        kinds = {
            effect.kind
            for statement in statements(facts.body)
            for expr in _expressions(statement)
            for call in calls(expr)
            for effect in self._effects.classify(call, self._frame(scope))[0]
        }
        if {True, False} <= constants and ("dedupe" in kinds or "write" in kinds) and _CLAIMS.search(facts.name):
            return (Guard.CLAIM, True)
        if ("dedupe" in kinds or "write" in kinds) and {True, False} <= constants:
            return (Guard.CLAIM, None)
        if "check" in kinds or (_FOUND.search(facts.name) and self._reads(facts.body)):
            return (Guard.LOOKUP, False)
        return None

    @staticmethod
    def _returns(body: tuple[ir.Stmt, ...]) -> set[object]:
        return {
            statement.value.value
            for statement in statements(body)
            if isinstance(statement, ir.Return) and isinstance(statement.value, ir.Const)
        }

    @staticmethod
    def _reads(body: tuple[ir.Stmt, ...]) -> bool:
        return any(
            isinstance(call.function, ir.Attr) and call.function.name in _READS
            for statement in statements(body)
            for expr in _expressions(statement)
            for call in calls(expr)
        )

    def _frame(self, scope: Scope) -> Frame:
        return self._evaluator.root(scope)


def _expressions(statement: ir.Stmt) -> tuple[ir.Expr, ...]:
    from edanalyze.facts.children import expressions

    return expressions(statement)


def _inverted(verdict: Verdict | None) -> Verdict | None:
    if verdict is None or verdict[1] is None:
        return verdict
    return (verdict[0], not verdict[1])


def catches_duplicates(handler: ir.Handler) -> bool:
    """Whether an `except` clause names the error that a unique key raises (or a database error above it)."""
    if handler.types is None:
        return False
    names = {node.id if isinstance(node, ir.Name) else node.name for node in walk(handler.types) if isinstance(node, ir.Name | ir.Attr)}
    return any(
        re.search(r"Integrity|Unique|Duplicate|AlreadyExists|Conflict|ConditionalCheckFailed|ClientError|DatabaseError|SQLAlchemyError|DBAPIError|PreconditionFailed", name)
        for name in names
    )
